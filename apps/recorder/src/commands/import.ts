import { Option, type Command } from 'commander';
import { importFrames, type ImportOptions } from '@feedtape/capture/node';
import { sayMade, untilStopped } from '../output/output-file.ts';
import type { Terminal } from '../output/terminal.ts';

interface ImportFlags extends Pick<ImportOptions, 'format' | 'clock' | 'unit' | 'url'> {
  readonly out: string;
  readonly source: string;
  readonly startedAt?: string;
  readonly frameKey?: string;
  readonly json?: boolean;
}

/** Gives `import` its options and what it does. */
export function addImport(command: Command, terminal: Terminal): void {
  command
    .argument('<file>', 'TSV (a time, a tab, the frame) or NDJSON (a frame a line), also as .gz or .zst')
    .requiredOption('-o, --out <file>', 'the new capture; nothing is overwritten')
    .requiredOption('--source <text>', 'where the frames come from: a link, a citation, a person')
    .addOption(new Option('--format <format>', 'default: what the name ends with').choices(['tsv', 'ndjson']))
    .addOption(
      new Option('--clock <clock>', 'what the time column is (default: monotonic)').choices([
        'monotonic',
        'unix',
      ]),
    )
    .addOption(
      new Option('--unit <unit>', 'of the time column (default: ns)').choices(['ns', 'us', 'ms', 's']),
    )
    .option('--started-at <time>', 'the wall clock at the first frame, where the file does not say')
    .option('--frame-key <key>', 'the key that holds the frame, where a line is an object around it')
    .option('--url <address>', 'the address that the frames were received from')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name} import frames.tsv --source https://example.org/frames -o frames.ndjson
  ${terminal.name} import log.ndjson --frame-key data --unit ms --clock unix --source 'my old script' -o log.capture.ndjson`,
    )
    .action(async (file: string, { out, json, ...options }: ImportFlags) => {
      const made = await untilStopped(terminal, out, (signal) =>
        importFrames(file, out, { ...options, signal }),
      );
      if (made !== undefined) sayMade(terminal, made, json);
    });
}
