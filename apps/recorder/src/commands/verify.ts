import type { Command } from 'commander';
import { verifyCapture, type Finding, type VerifyReport } from '@feedtape/capture/node';
import { EXIT } from '../exit-codes.ts';
import { bytesText, countText } from '../figures.ts';
import { createFrameAccounting, type SequenceFigures } from '../sequence-accounting.ts';
import { planReading } from '../reading-plan.ts';
import { showReading } from '../reading-progress.ts';
import { pipedName, say, sayJson, type Terminal } from '../terminal.ts';

interface VerifyFlags {
  readonly json?: true;
  readonly quiet?: true;
}

/** Gives `verify` its options and what it does. */
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
  if (json)
    sayJson(terminal, {
      path: paths.length === 1 ? paths[0] : paths,
      ...figuresOf(report, accounting.figures),
    });
  else sayReport(terminal, report, accounting.figures);
  if (!report.ok) process.exitCode = EXIT.verificationFailed;
}

/** `gaps` is what the capture states, of any reason; the rest is what its frames show. */
function figuresOf(
  report: VerifyReport,
  { connections, missing, late, duplicates }: SequenceFigures,
): object {
  const { ok, broken, findings, runs, segments, lines, frames, gaps, bytes } = report;
  return {
    ok,
    broken,
    findings,
    runs,
    segments,
    lines,
    frames,
    gaps,
    bytes,
    connections,
    missing,
    late,
    duplicates,
  };
}

function sayReport(
  terminal: Terminal,
  report: VerifyReport,
  { connections, missing, duplicates }: SequenceFigures,
): void {
  for (const finding of report.findings) say(terminal.stdout, findingText(finding));
  const read = [
    countText(report.runs, 'run'),
    countText(report.segments, 'segment'),
    bytesText(report.bytes),
    countText(connections, 'connection'),
    countText(report.frames, 'frame'),
    `${countText(report.gaps, 'gap')} (${missing} missing)`,
    countText(duplicates, 'duplicate'),
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
  return `${severity === 'broken' ? 'BROKEN' : 'advice'} ${promise}: ${place}: ${message}`;
}
