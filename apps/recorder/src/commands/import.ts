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

/** Adds options and action of `import`. */
export function addImport(command: Command, terminal: Terminal): void {
  command
    .argument('<file>', 'TSV (time, tab, frame) or NDJSON (one frame per line), also as .gz or .zst')
    .requiredOption('-o, --out <file>', 'new capture; existing files are not overwritten')
    .requiredOption('--source <text>', 'origin of the frames: a link, a citation, a person')
    .addOption(
      new Option('--format <format>', 'format of the file (default: by its extension)').choices([
        'tsv',
        'ndjson',
      ]),
    )
    .addOption(
      new Option('--clock <clock>', 'clock of the time column (default: monotonic)').choices([
        'monotonic',
        'unix',
      ]),
    )
    .addOption(
      new Option('--unit <unit>', 'unit of the time column (default: ns)').choices(['ns', 'us', 'ms', 's']),
    )
    .option('--started-at <time>', 'wall-clock time of the first frame, if the file has none')
    .option('--frame-key <key>', 'key that holds the frame, if a line is an object around it')
    .option('--url <address>', 'address that the frames were received from')
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
