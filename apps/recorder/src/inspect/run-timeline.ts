/** Frames and gaps of a run over its time, in bounded memory: buckets that grow as the run does. */
export interface RunTimeline {
  /** `mono` is nanoseconds since the start of the run. */
  frame(mono: number): void;
  /** Frames were found to be missing; before or after the frames around it are given. */
  gap(mono: number): void;
  /** Two lines of text: how many frames came when, and where something is missing; empty for a run without frames. */
  readonly text: string;
}

const MOST_BUCKETS = 64;
const FIRST_BUCKET_NS = 100e6;
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export function createRunTimeline(): RunTimeline {
  let frames: number[] = [];
  let gaps: number[] = [];
  let bucketNs = FIRST_BUCKET_NS;

  const bucketOf = (mono: number): number => {
    while (mono / bucketNs >= MOST_BUCKETS) {
      frames = halved(frames);
      gaps = halved(gaps);
      bucketNs *= 2;
    }
    return Math.floor(mono / bucketNs);
  };

  return {
    frame(mono) {
      const bucket = bucketOf(mono);
      frames[bucket] = (frames[bucket] ?? 0) + 1;
    },
    gap(mono) {
      const bucket = bucketOf(mono);
      gaps[bucket] = (gaps[bucket] ?? 0) + 1;
    },
    get text() {
      if (frames.length === 0) return '';
      const columns = Array.from({ length: Math.max(frames.length, gaps.length) }, (_, column) => column);
      const most = Math.max(...columns.map((column) => frames[column] ?? 0));
      const bars = columns.map((column) => barOf(frames[column] ?? 0, most)).join('');
      const marks = columns.map((column) => markOf(gaps[column] ?? 0)).join('');
      const lines = [`${bars}  ${secondsOf(bucketNs)} a column, at most ${most} frames`];
      if (gaps.length > 0) lines.push(`${marks}  gaps`);
      return lines.join('\n');
    },
  };
}

function halved(buckets: readonly number[]): number[] {
  const half: number[] = [];
  // A sparse array's holes are skipped, which is what an empty bucket adds.
  buckets.forEach((value, bucket) => {
    half[bucket >> 1] = (half[bucket >> 1] ?? 0) + value;
  });
  return half;
}

function barOf(frames: number, most: number): string {
  if (frames === 0) return ' ';
  return BARS[Math.min(BARS.length - 1, Math.floor((frames / most) * BARS.length))] ?? '█';
}

const markOf = (gaps: number): string => (gaps === 0 ? ' ' : gaps > 9 ? '+' : String(gaps));

const secondsOf = (ns: number): string => `${(ns / 1e9).toFixed(1)} s`;
