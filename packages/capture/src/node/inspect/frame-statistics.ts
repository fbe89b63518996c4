import type { CapturedFrame } from '../read/frame-view.ts';
import type { Classify } from '../read/filter.ts';

const NS_PER_SECOND = 1e9;
/** Names beyond these are counted under `other`, so that hostile frames cannot fill the memory. */
const MAX_NAMES = 1000;
/** The same for the events of a connection, of which there may be many; a recorder has ten. */
const MAX_EVENTS = 16;
const MAX_NAME_LENGTH = 256;
export const OTHER = 'other' as const;

export interface Share {
  readonly name: string;
  readonly frames: number;
  readonly bytes: number;
}

export interface FrameSummary {
  readonly frames: number;
  readonly frameBytes: number;
  /** When the first and the last frame were received; `undefined` without frames. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Between those two, on the monotonic clock. */
  readonly spanMs: number;
  readonly framesPerSecond: number;
  /** The most frames in one whole second since the start of the run, and when it began, in ms after that. */
  readonly busiestSecond: { readonly frames: number; readonly atMs: number };
  /** The longest time without a frame, and when it began. */
  readonly longestSilence: { readonly ms: number; readonly atMs: number };
  /**
   * By the frame's channel and product, the most frames first; only with a `classify`. A frame about several products
   * counts for each of them.
   */
  readonly channels: readonly Share[];
  readonly products: readonly Share[];
}

export interface ConnectionSummary {
  readonly connection: number;
  readonly frames: number;
  readonly bytes: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** How often each event of its life was recorded. */
  readonly events: Readonly<Record<string, number>>;
}

export interface LargeFrame {
  readonly run: string;
  readonly connection: number;
  readonly index: number;
  readonly at: string;
  readonly bytes: number;
}

/** Adds up the frames of one run. */
export interface FrameStatistics {
  add(batch: readonly CapturedFrame[]): void;
  event(connection: number, event: string): void;
  summary(): FrameSummary;
  connections(): readonly ConnectionSummary[];
  largest(): readonly LargeFrame[];
}

interface Connection {
  frames: number;
  bytes: number;
  from: string | undefined;
  to: string | undefined;
  readonly events: Map<string, number>;
}

interface Tally {
  frames: number;
  bytes: number;
}

interface Options {
  readonly classify: Classify | undefined;
  readonly largest: number;
}

export function createFrameStatistics({ classify, largest }: Options): FrameStatistics {
  const connections = new Map<number, Connection>();
  const channels = new Map<string, Tally>();
  const products = new Map<string, Tally>();
  const large: LargeFrame[] = [];
  const rate = createRate();
  const total: Tally = { frames: 0, bytes: 0 };
  let from: string | undefined;
  let to: string | undefined;

  function connectionOf(number: number): Connection {
    let connection = connections.get(number);
    if (connection === undefined) {
      connection = { frames: 0, bytes: 0, from: undefined, to: undefined, events: new Map() };
      connections.set(number, connection);
    }
    return connection;
  }

  function add(frame: CapturedFrame): void {
    const { byteLength } = frame;
    const connection = connectionOf(frame.connection);
    connection.from ??= frame.at;
    count(connection, byteLength);
    count(total, byteLength);
    rate.add(frame.mono);
    if (classify !== undefined) {
      const { channel, productId, otherProductIds } = classify(frame.bytes);
      if (channel !== undefined) countName(channels, channel, byteLength);
      if (productId !== undefined) countName(products, productId, byteLength);
      if (otherProductIds !== undefined)
        for (const product of otherProductIds) countName(products, product, byteLength);
    }
    if (large.length < largest || byteLength > (large.at(-1)?.bytes ?? 0)) insert(frame, byteLength);
  }

  function insert({ run, connection, index, at }: CapturedFrame, bytes: number): void {
    const before = large.findIndex((other) => other.bytes < bytes);
    large.splice(before < 0 ? large.length : before, 0, { run, connection, index, at, bytes });
    if (large.length > largest) large.pop();
  }

  return {
    add(batch) {
      const last = new Map<number, CapturedFrame>();
      for (const frame of batch) {
        add(frame);
        last.set(frame.connection, frame);
      }
      // A time is text made of the bytes: once a batch is enough for the last one.
      for (const [number, frame] of last) connectionOf(number).to = frame.at;
      from ??= batch[0]?.at;
      to = batch.at(-1)?.at ?? to;
    },
    event(connection, event) {
      const { events } = connectionOf(connection);
      const known = nameIn(events, event, MAX_EVENTS);
      events.set(known, (events.get(known) ?? 0) + 1);
    },
    summary() {
      const { spanMs, ...rates } = rate.summary();
      const framesPerSecond = spanMs > 0 ? total.frames / (spanMs / 1000) : 0;
      const shares = { channels: sharesOf(channels), products: sharesOf(products) };
      return {
        frames: total.frames,
        frameBytes: total.bytes,
        from,
        to,
        spanMs,
        framesPerSecond,
        ...rates,
        ...shares,
      };
    },
    connections: () =>
      [...connections].map(([connection, { events, ...summary }]) => ({
        connection,
        ...summary,
        events: Object.fromEntries(events),
      })),
    largest: () => large,
  };
}

type Rates = Pick<FrameSummary, 'spanMs' | 'busiestSecond' | 'longestSilence'>;

/** Follows the times of the frames. */
function createRate(): { add(mono: number): void; summary(): Rates } {
  let first: number | undefined;
  let last = 0;
  let second = -1;
  let inSecond = 0;
  let busiestSecond = { frames: 0, atMs: 0 };
  let longestSilence = { ms: 0, atMs: 0 };
  return {
    add(mono) {
      const silence = mono - last;
      if (first !== undefined && silence / 1e6 > longestSilence.ms) {
        longestSilence = { ms: silence / 1e6, atMs: last / 1e6 };
      }
      first ??= mono;
      last = mono;
      const current = Math.floor(mono / NS_PER_SECOND);
      inSecond = current === second ? inSecond + 1 : 1;
      second = current;
      if (inSecond > busiestSecond.frames) busiestSecond = { frames: inSecond, atMs: current * 1000 };
    },
    summary: () => ({ spanMs: (last - (first ?? last)) / 1e6, busiestSecond, longestSilence }),
  };
}

function count(tally: Tally, bytes: number): void {
  tally.frames += 1;
  tally.bytes += bytes;
}

/** The name itself while few others are known. */
function nameIn(known: ReadonlyMap<string, unknown>, name: string, most: number): string {
  if (known.has(name)) return name;
  return known.size < most && name.length <= MAX_NAME_LENGTH ? name : OTHER;
}

function countName(tallies: Map<string, Tally>, name: string, bytes: number): void {
  const known = nameIn(tallies, name, MAX_NAMES);
  const tally = tallies.get(known) ?? { frames: 0, bytes: 0 };
  tallies.set(known, tally);
  count(tally, bytes);
}

function sharesOf(tallies: ReadonlyMap<string, Tally>): readonly Share[] {
  return [...tallies].map(([name, tally]) => ({ name, ...tally })).toSorted((a, b) => b.frames - a.frames);
}
