import type { Command } from 'commander';
import { inspectCapture, type Inspection } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { inspectionText } from '../inspection-text.ts';
import { createFrameAccounting } from '../sequence-accounting.ts';
import { say, sayJson, type Terminal } from '../terminal.ts';

interface InspectFlags {
  readonly json?: true;
}

/** Adds `inspect` to the program. */
export function addInspect(program: Command, terminal: Terminal): void {
  program
    .command('inspect')
    .description('say what is in a capture: runs, connections, channels, products, rates, gaps, sizes')
    .argument('<path...>', 'files, folders or patterns')
    .option('--json', 'print one JSON object')
    .action((paths: readonly string[], flags: InspectFlags) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], { json }: InspectFlags, terminal: Terminal): Promise<void> {
  const accounting = createFrameAccounting();
  const inspection = await inspectCapture(paths, {
    classify: peek,
    onFrame: ({ connection, bytes, run: name }) => void accounting.judge(connection, bytes, name),
  });
  if (json) {
    const path = paths.length === 1 ? paths[0] : paths;
    sayJson(terminal, { path, ...inspection, ...accounting.figures, gaps: gapRecords(inspection) });
  } else say(terminal.stdout, inspectionText(inspection, accounting.figures));
}

/** Gaps of every reason, as the capture states them. */
const gapRecords = ({ runs }: Inspection): number =>
  runs.flatMap(({ gaps }) => gaps).reduce((sum, { records }) => sum + records, 0);
