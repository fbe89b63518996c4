import type { Command } from 'commander';
import { repairCapture, type RepairReport } from '@feedtape/capture/node';
import { lockWatched } from '../events/describe.ts';
import { countText } from '../output/format.ts';
import { planReading } from '../read/reading-plan.ts';
import { showReading } from '../read/reading-progress.ts';
import { say, sayJson, type Terminal } from '../output/terminal.ts';

interface RepairFlags {
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds options and action of `repair`. */
export function addRepair(command: Command, terminal: Terminal): void {
  command
    .argument('<folder>', 'folder of the capture')
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
The next recording in the folder does the same when it starts.

Examples:
  ${terminal.name} repair captures
  ${terminal.name} repair captures && ${terminal.name} verify captures`,
    )
    .action(async (folder: string, { json, quiet }: RepairFlags) => {
      // A folder without a capture has nothing to repair.
      const files = await planReading([folder]).catch(() => []);
      const partials = files.filter(({ path }) => path.endsWith('.partial'));
      const options = { verb: 'sealing', quiet: quiet === true, files: partials };
      const progress = showReading(terminal, options);
      const report = await repairCapture(folder, {
        onWatch: (holder) => say(terminal.stderr, lockWatched(holder)),
        onProgress: progress.update,
      }).finally(progress.stop);
      if (json) sayJson(terminal, { path: folder, ...report });
      else for (const line of reportLines(report)) say(terminal.stdout, line);
    });
}

function reportLines({ sealed, empty, entered, removed, lost, unsettled }: RepairReport): readonly string[] {
  const lines = [
    ...sealed.map(({ file, frames, tornBytes }) => {
      const torn = tornBytes === 0 ? '' : `, ${countText(tornBytes, 'torn byte')} kept in ${file}.torn`;
      return `sealed ${file}: ${countText(frames, 'frame')}${torn}`;
    }),
    ...empty.map((file) => `${file} held no complete line; its bytes are in ${file}.torn`),
    ...entered.map((file) => `added ${file} to the manifest`),
    ...removed.map((file) => `removed ${file}, left over by an interrupted step`),
    ...lost.map(
      ({ run, from, to }) =>
        `segments ${from} to ${to} of run ${run} are missing and in no manifest: recorded as lost`,
    ),
    ...unsettled.map(({ file, reason }) => `left ${file} unchanged: it ${reason}`),
  ];
  return lines.length === 0 ? ['Nothing to repair.'] : lines;
}
