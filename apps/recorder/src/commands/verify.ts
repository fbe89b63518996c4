import type { Command } from 'commander';
import { verifyCapture, type Finding, type VerifyReport } from '@feedtape/capture/node';
import { EXIT } from '../process/exit-codes.ts';
import { bytesText, countText } from '../output/format.ts';
import { createFrameAccounting } from '../read/frame-accounting.ts';
import {
  figuresOf,
  missingText,
  NO_FIGURES,
  repeatedTexts,
  type SequenceFigures,
} from '../read/sequence-figures.ts';
import { planReading } from '../read/reading-plan.ts';
import { showReading } from '../read/reading-progress.ts';
import { pipedName, say, sayJson, type Terminal } from '../output/terminal.ts';

interface VerifyFlags {
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds options and action of `verify`. */
export function addVerify(command: Command, terminal: Terminal): void {
  command
    .argument('<path...>', 'files, folders or patterns')
    .option('--json', 'print one JSON object at the end')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name} verify captures
  ${pipedName(terminal)} verify captures --json | jq '.findings[]'`,
    )
    .action((paths: readonly string[], flags: VerifyFlags) => run(paths, flags, terminal));
}

async function run(
  paths: readonly string[],
  { json, quiet }: VerifyFlags,
  terminal: Terminal,
): Promise<void> {
  const accounting = createFrameAccounting();
  const files = await planReading(paths);
  const progress = showReading(terminal, { verb: 'verifying', quiet: quiet === true, files });
  const report = await verifyCapture(paths, { accounting, onProgress: progress.update }).finally(
    progress.stop,
  );
  const sequence = figuresOf(report.sequence ?? NO_FIGURES);
  if (json)
    sayJson(terminal, {
      path: paths.length === 1 ? paths[0] : paths,
      ...reportOf(report, sequence),
    });
  else sayReport(terminal, report, sequence);
  if (!report.ok) process.exitCode = EXIT.verificationFailed;
}

/** Ends with the figures that all commands report of a capture. */
function reportOf(report: VerifyReport, sequence: SequenceFigures): object {
  return { ...report, ...sequence, sequence: undefined };
}

function sayReport(terminal: Terminal, report: VerifyReport, sequence: SequenceFigures): void {
  for (const finding of report.findings) say(terminal.stdout, findingText(finding));
  const { connections, gaps } = sequence;
  const read = [
    countText(report.runs, 'run'),
    countText(report.segments, 'segment'),
    `${bytesText(report.bytesOnDisk)} on disk`,
    countText(connections, 'connection'),
    countText(report.frames, 'frame'),
    `${countText(gaps, 'gap')} (${missingText(sequence)})`,
    ...repeatedTexts(sequence),
  ].join(' · ');
  say(terminal.stdout, read);
  const hidden = report.broken - report.findings.filter(({ severity }) => severity === 'broken').length;
  const more = hidden > 0 ? ` (${hidden} of them not listed)` : '';
  say(
    terminal.stdout,
    report.ok
      ? 'Every promise of the format holds.'
      : `BROKEN: ${countText(report.broken, 'promise')} of the format${more}.`,
  );
}

function findingText({ severity, promise, file, line, from, to, message }: Finding): string {
  const place = line === undefined ? file : `${file}:${line} (bytes ${from} to ${to})`;
  return `${severity === 'broken' ? 'BROKEN' : severity} ${promise}: ${place}: ${message}`;
}
