import type { Command } from 'commander';
import { frames } from '@feedtape/capture/node';
import { createDriftReport, type DriftSummary, LIMITS } from '@feedtape/protocol';
import { countText } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';
import { addSelection, selectionOf, type SelectionFlags } from '../cli/selection-options.ts';
import { planReading } from '../read/reading-plan.ts';
import { followReading } from '../read/reading-steps.ts';
import { table } from '../output/table.ts';
import { pipedName, say, sayJson, type Terminal } from '../output/terminal.ts';

interface DriftFlags extends SelectionFlags {
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds options and action of `drift`. */
export function addDrift(command: Command, terminal: Terminal): void {
  addSelection(command)
    .argument('<path...>', 'files, folders or patterns')
    .option('--json', 'print one JSON object at the end')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Drift is not an error: the exit code is 0 either way. Scripts can read "drifts" of --json.

Examples:
  ${terminal.name} drift captures
  ${pipedName(terminal)} drift captures --from 2026-11-22T00:00:00Z --json | jq '.drifts | length'`,
    )
    .action((paths: readonly string[], flags: DriftFlags) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], flags: DriftFlags, terminal: Terminal): Promise<void> {
  const files = await planReading(paths);
  const selection = selectionOf(flags);
  const drift = createDriftReport();
  let notCompared = 0;
  const steps = followReading(terminal, { verb: 'comparing', quiet: flags.quiet === true, files });
  try {
    const all = frames(files, { ...selection, ...steps.options, strict: true });
    for await (const batch of all.batches({ reuse: true })) {
      let bytes = 0;
      for (const frame of batch) {
        // The exchange sends no longer frames, and parsed JSON takes many times their size.
        if (frame.byteLength <= LIMITS.largestFrameBytes) drift.add(frame.bytes);
        else notCompared += 1;
        bytes += frame.byteLength;
      }
      steps.advance(bytes);
    }
  } finally {
    steps.stop();
  }
  const summary = drift.report();
  if (flags.json) sayJson(terminal, { path: paths.length === 1 ? paths[0] : paths, ...summary, notCompared });
  else say(terminal.stdout, driftText(summary));
  if (notCompared > 0 && !flags.json)
    say(terminal.stdout, `${countText(notCompared, 'frame')} larger than 16 MiB not compared`);
}

/** Examples have up to 200 characters, too many for a column. */
const EXAMPLE_COLUMNS = 60;

function driftText({ frames: read, drifts, unlisted }: DriftSummary): readonly string[] {
  if (drifts.length === 0) return [`No drift: the schemas describe all of ${countText(read, 'frame')}.`];
  const rows = drifts.map(({ kind, where, count, example }) => [
    kind,
    oneLine(where),
    String(count),
    oneLine(example).slice(0, EXAMPLE_COLUMNS),
  ]);
  const more = unlisted === 0 ? [] : [`and ${unlisted} more that are not listed`];
  return [
    `${countText(drifts.length, 'drift')} in ${countText(read, 'frame')}:`,
    ...table(['kind', 'where', 'count', 'example'], rows),
    ...more,
  ];
}
