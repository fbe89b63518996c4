import type { CaptureFile } from '../folder/capture-file.ts';
import { createConnectionBudget } from '../read/connection-budget.ts';
import { readHeader } from '../read/segment-reader.ts';
import type { Findings } from './finding.ts';
import { createFrameIndices } from './frame-indices.ts';
import type { SequenceAccounting } from './sequence-accounting.ts';
import { verifySegment } from './verify-segment.ts';
import type { RunChecks, SegmentFacts } from './verify-segment.ts';

/** Result of reading the files of a run once. */
export interface RunFacts {
  readonly run: string;
  readonly segments: readonly SegmentFacts[];
  /** Files of segments that were gone when their turn came. */
  readonly gone: readonly CaptureFile[];
}

export interface RunReading {
  readonly findings: Findings;
  readonly sequence: SequenceAccounting | undefined;
  readonly signal: AbortSignal | undefined;
  readonly progress: (file: CaptureFile) => (bytes: number) => void;
}

/** Reads the segments of a run and checks what they say, each by itself and all together. */
export async function verifyRun(
  files: readonly CaptureFile[],
  { findings, sequence, signal, progress }: RunReading,
): Promise<RunFacts> {
  const [first] = files as readonly [CaptureFile, ...CaptureFile[]];
  const header = await readHeader(first).catch(() => undefined);
  const name = header?.run ?? first.run ?? '';
  const indices = createFrameIndices(findings);
  let current = first.path;
  const whole = (first.segment ?? header?.segment ?? 0) === 0;
  sequence?.startRun({
    run: name,
    whole,
    chosenBy: header?.origin?.chosenBy ?? [],
    recorded: header?.origin === undefined,
  });
  const budget = createConnectionBudget();
  const run: RunChecks = {
    frame(connection, index, bytes, place) {
      budget.see(connection, current);
      const verdict = indices.frame(connection, index, place);
      sequence?.frame({ connection, index, bytes, verdict }, place);
    },
    opened(connection) {
      budget.see(connection, current);
      sequence?.opened(connection);
    },
    gap(record, place) {
      if (record.connection !== null) budget.see(record.connection, current);
      indices.gap(record, place);
      sequence?.gap(record, place);
    },
  };
  const segments: SegmentFacts[] = [];
  const gone: CaptureFile[] = [];
  let expected = 0;
  for (const file of files) {
    current = file.path;
    const number = file.segment ?? header?.segment ?? 0;
    const onOpen = (): void => {
      if (number !== expected) indices.skip();
      expected = number + 1;
      sequence?.segment(number);
    };
    const facts = await verifySegment(file, { findings, run, signal, onOpen, onBytes: progress(file) });
    if (facts === undefined) gone.push(file);
    else segments.push(facts);
  }
  indices.finish();
  sequence?.finishRun(goesOn(segments.at(-1)));
  return { run: name, segments, gone };
}

/** Whether what the recorder was about to note of the last frames is in another segment, or nowhere. */
function goesOn(last: SegmentFacts | undefined): boolean {
  const why = last?.end?.why;
  return last?.file.form === 'partial' || why === 'crash' || why === 'rotate';
}
