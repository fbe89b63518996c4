import type { Command } from 'commander';
import { repairCapture, type RepairReport } from '@feedtape/capture/node';
import { countText } from '../figures.ts';
import { say, sayJson, type Terminal } from '../terminal.ts';

interface RepairFlags {
  readonly json?: true;
}

/** Adds `repair` to the program. */
export function addRepair(program: Command, terminal: Terminal): void {
  program
    .command('repair')
    .description('seal what a crash left in a folder; no whole line is changed, torn bytes are kept')
    .argument('<folder>', 'folder of the capture')
    .option('--json', 'print one JSON object')
    .action(async (folder: string, { json }: RepairFlags) => {
      const report = await repairCapture(folder);
      if (json) sayJson(terminal, { path: folder, ...report });
      else for (const line of reportLines(report)) say(terminal.stdout, line);
    });
}

function reportLines({ sealed, empty, entered, removed }: RepairReport): readonly string[] {
  const lines = [
    ...sealed.map(({ file, frames, tornBytes }) => {
      const torn = tornBytes === 0 ? '' : `, ${countText(tornBytes, 'torn byte')} kept in ${file}.torn`;
      return `sealed ${file}: ${countText(frames, 'frame')}${torn}`;
    }),
    ...empty.map((file) => `${file} held no whole line; its bytes are in ${file}.torn`),
    ...entered.map((file) => `entered ${file} in the manifest`),
    ...removed.map((file) => `removed ${file}, an unfinished copy`),
  ];
  return lines.length === 0 ? ['Nothing to repair.'] : lines;
}
