import type { Command } from 'commander';
import { inspectCapture } from '@feedtape/capture/node';
import { createDriftReport, peek } from '@feedtape/protocol';
import { channels, productIds } from '../cli/option-parsers.ts';
import { countText } from '../output/format.ts';
import { selectionOf, type SelectionFlags } from '../cli/selection-options.ts';
import { inspectionText } from '../inspect/inspect-report.ts';
import { planReading } from '../read/reading-plan.ts';
import { showReading } from '../read/reading-progress.ts';
import { createRunTimeline, type RunTimeline } from '../inspect/run-timeline.ts';
import { createFrameAccounting } from '../read/frame-accounting.ts';
import { figuresOf, NO_FIGURES } from '../read/sequence-figures.ts';
import { pipedName, say, sayJson, type Terminal } from '../output/terminal.ts';

interface InspectFlags extends Pick<SelectionFlags, 'channel' | 'product'> {
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds options and action of `inspect`. */
export function addInspect(command: Command, terminal: Terminal): void {
  command
    .argument('<path...>', 'files, folders or patterns')
    .option('-c, --channel <name>', 'describe only frames of this channel; repeatable', channels)
    .option('-p, --product <id>', 'describe only frames about this product; repeatable', productIds)
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Gaps and missing frames always count all channels and products, which share one numbering.

Examples:
  ${terminal.name} inspect captures
  ${pipedName(terminal)} inspect captures --json | jq '.runs[].gaps'`,
    )
    .action((paths: readonly string[], flags: InspectFlags) => run(paths, flags, terminal));
}

async function run(
  paths: readonly string[],
  { json, quiet, ...selection }: InspectFlags,
  terminal: Terminal,
): Promise<void> {
  const files = await planReading(paths);
  const progress = showReading(terminal, { verb: 'reading', quiet: quiet === true, files });
  const drift = createDriftReport();
  const timelines = new Map<string, RunTimeline>();
  const timelineOf = (name: string): RunTimeline => {
    const timeline = timelines.get(name) ?? createRunTimeline();
    timelines.set(name, timeline);
    return timeline;
  };
  const inspection = await inspectCapture(paths, {
    classify: peek,
    accounting: createFrameAccounting(),
    filter: selectionOf(selection),
    onFrame({ bytes, run: name, mono }) {
      drift.add(bytes);
      timelineOf(name).frame(mono);
    },
    onGap: (_gap, name, mono) => timelineOf(name).gap(mono),
    onProgress: progress.update,
  }).finally(progress.stop);
  const { drifts, unlisted } = drift.report();
  if (json) {
    const path = paths.length === 1 ? paths[0] : paths;
    const { sequence = NO_FIGURES, ...inspected } = inspection;
    sayJson(terminal, {
      path,
      ...inspected,
      ...figuresOf(sequence),
      drifts: drifts.length + unlisted,
    });
  } else {
    const shape = new Map([...timelines].map(([name, { text }]) => [name, text]));
    say(terminal.stdout, inspectionText(inspection, shape));
    if (drifts.length > 0) {
      say(terminal.stdout, [
        '',
        `  ${countText(drifts.length + unlisted, 'drift')} from the schemas: see ${terminal.name} drift.`,
      ]);
    }
  }
}
