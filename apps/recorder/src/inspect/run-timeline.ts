/** Counts frames and gaps of a run over time, in buckets that widen as the run grows. */
export interface RunTimeline {
  /** `mono` is nanoseconds since the start of the run. */
  frame(mono: number): void;
  /** May be called before or after the frames around the gap. */
  gap(mono: number): void;
  /** A line of bars for frames and one of marks for gaps; empty for a run without frames. */
  readonly text: string;
}

const MAX_BUCKETS = 64;
const FIRST_BUCKET_NS = 100e6;
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export function createRunTimeline(): RunTimeline {
  let frames: number[] = [];
  let gaps: number[] = [];
  let bucketNs = FIRST_BUCKET_NS;

  const bucketOf = (mono: number): number => {
    while (mono / bucketNs >= MAX_BUCKETS) {
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
  // forEach skips holes, which are empty buckets.
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
