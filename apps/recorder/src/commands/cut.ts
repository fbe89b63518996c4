import type { Command } from 'commander';
import { editCapture } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { frameRefs, names } from '../cli/option-parsers.ts';
import { addSelection, selectionOf, type SelectionFlags } from '../cli/selection-options.ts';
import { sayMade, untilStopped } from '../output/output-file.ts';
import type { Terminal } from '../output/terminal.ts';

interface CutFlags extends SelectionFlags {
  readonly out: string;
  readonly drop?: readonly { readonly connection: number; readonly index: number }[];
  readonly redact?: readonly string[];
  readonly note?: string;
  readonly json?: boolean;
}

/** Adds options and action of `cut`. */
export function addCut(command: Command, terminal: Terminal): void {
  addSelection(command)
    .argument('<path...>', 'files, folders or patterns')
    .requiredOption('-o, --out <file>', 'new capture; existing files are not overwritten')
    .option('--drop <frame>', 'omit a frame, as INDEX or CONNECTION:INDEX; repeatable', frameRefs)
    .option('--redact <key>', 'redact the values of a key in every frame; repeatable', names)
    .option('--note <text>', 'note for the header of the new capture')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name} cut captures --from 2026-11-22T05:54:12Z --to 2026-11-22T05:54:20Z -p BTC-USD -o gap.ndjson
  ${terminal.name} cut captures --drop 17 -o missing-17.ndjson`,
    )
    .action((paths: readonly string[], flags: CutFlags) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], flags: CutFlags, terminal: Terminal): Promise<void> {
  const { out, drop, redact, note, json } = flags;
  const made = await untilStopped(terminal, out, (signal) =>
    editCapture(paths, out, {
      ...selectionOf(flags),
      numberOf: (bytes) => peek(bytes).sequence,
      ...(drop === undefined ? {} : { drop }),
      ...(redact === undefined ? {} : { redact }),
      ...(note === undefined ? {} : { note }),
      signal,
    }),
  );
  if (made !== undefined) sayMade(terminal, made, json);
}
