import { handedOver } from './life-ledger.ts';
import type { LifeLedger } from './life-ledger.ts';
import type { Line, SegmentText } from './segment-text.ts';

/** A segment of a run: what is or was in it. */
export interface RunSegment {
  readonly name: string;
  readonly number: number;
  readonly text: SegmentText;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

interface Hole {
  readonly from: number;
  readonly to: number;
  /** Somebody said here that nobody knows what is missing. */
  readonly excused: boolean;
}

interface Connection {
  next: number;
  /** Frames so far. */
  seen: number;
  excused: boolean;
  readonly holes: Hole[];
  readonly stated: Range[];
}

/** What is known of the first segments of a run that are gone without anybody having seen them. */
export interface Unseen {
  readonly segments: number;
  readonly frames: number;
}

/**
 * Compares what is on the disk of a run, or was until retention took it, with what was handed over and what was
 * reported. Names everything that is lost and not stated, that is there twice, or that nobody handed over.
 */
export function judgeRun(
  ledger: LifeLedger,
  segments: readonly RunSegment[],
  unseen: Unseen = { segments: 0, frames: 0 },
): string[] {
  const wrong: string[] = [];
  const say = (finding: string): void => void wrong.push(`run ${ledger.run}: ${finding}`);
  const connections = new Map<number, Connection>();
  const notices = new Set<number>();
  let found = unseen.frames;

  function connectionOf(number: number): Connection {
    const known = connections.get(number);
    if (known !== undefined) return known;
    const connection: Connection = { next: 0, seen: 0, excused: false, holes: [], stated: [] };
    connections.set(number, connection);
    return connection;
  }

  function takeFrame(line: Line, payload: Buffer): void {
    const number = line['connection'] as number;
    const index = line['index'] as number;
    const connection = connectionOf(number);
    // What came before the first that is there nobody can know.
    if (unseen.segments > 0 && connection.seen === 0) connection.next = index;
    connection.seen += 1;
    const handed = ledger.frames.get(number)?.[index];
    const place = `frame ${index} of connection ${number}`;
    if (handed === undefined) say(`${place} was never handed over`);
    else if (!handed.bytes.equals(payload) || handed.binary !== (line['binary'] === true))
      say(`${place} is not what was handed over`);
    found += 1;
    if (index < connection.next) say(`${place} comes again, or too late: expected ${connection.next}`);
    if (index > connection.next)
      connection.holes.push({ from: connection.next, to: index - 1, excused: connection.excused });
    connection.next = Math.max(connection.next, index + 1);
    connection.excused = false;
  }

  function takeGap(line: Line): void {
    const { connection: number, count, from, to, why } = line as unknown as Record<string, number | null>;
    const known = String(why) === 'disk_full' || String(why) === 'backpressure';
    if (number === null || number === undefined) {
      if (count === null) for (const connection of connections.values()) connection.excused = true;
      return;
    }
    const connection = connectionOf(number);
    if (count === null) connection.excused = true;
    else if (known && typeof from === 'number' && typeof to === 'number' && typeof count === 'number') {
      if (count !== to - from + 1)
        say(`a gap of connection ${number} counts ${count} frames from ${from} to ${to}`);
      connection.stated.push({ from, to, count });
    }
  }

  function takeNotice(id: unknown): void {
    if (typeof id !== 'number') return;
    if (notices.has(id)) say(`notice ${id} is there twice`);
    if (!ledger.notices.includes(id)) say(`notice ${id} was never handed over`);
    notices.add(id);
  }

  function take(line: Line, payload: () => Buffer): void {
    if (line.kind === 'header')
      for (const number of (line['open'] as number[] | undefined) ?? []) connectionOf(number);
    if (line.kind === 'frame') takeFrame(line, payload());
    if (line.kind === 'gap') takeGap(line);
    if (line.kind === 'connection') connectionOf(line['connection'] as number);
    if (line.kind === 'connection' || line.kind === 'gap') takeNotice(line['id']);
    if (line.kind === 'sent') {
      connectionOf(line['connection'] as number);
      takeNotice((line['raw'] as { readonly id?: number }).id);
    }
  }

  for (const { text } of segments) {
    let frame = 0;
    for (const line of text.lines) {
      take(line, () => {
        frame += 1;
        return text.payloads[frame - 1] as Buffer;
      });
    }
  }
  judgeChain(segments, unseen.segments, say);
  for (const [number, frames] of ledger.frames) {
    const connection = connections.get(number);
    // Nothing of it ever reached the disk, so that nobody can name it.
    if (connection === undefined) {
      if (unseen.segments > 0) continue;
      // Nor was there a place to say so when the disk took nothing any more, or the folder could be another's, but in
      // the answer of close().
      const isCounted = ledger.isMute && (ledger.result?.dropped ?? 0) >= frames.length;
      if (ledger.ending === 'closed' && !isCounted) say(`nothing of connection ${number} is there`);
      continue;
    }
    if (unseen.segments > 0 && connection.seen === 0) continue;
    if (frames.length > connection.next)
      connection.holes.push({ from: connection.next, to: frames.length - 1, excused: connection.excused });
    judgeHoles(number, connection, say);
    if (unseen.segments === 0) judgeStatements(number, connection, ledger.ending === 'closed', say);
  }
  judgeReports(ledger, found, unseen.segments === 0 ? notices.size : ledger.notices.length, say);
  return wrong;
}

/** How many of the indices lie within one of the ranges. */
const countWithin = (from: number, to: number, others: readonly { from: number; to: number }[]): number => {
  let count = 0;
  for (let index = from; index <= to; index += 1)
    if (others.some((other) => other.from <= index && index <= other.to)) count += 1;
  return count;
};

function judgeHoles(number: number, { holes, stated }: Connection, say: (finding: string) => void): void {
  for (const { from, to, excused } of holes) {
    if (!excused && countWithin(from, to, stated) < to - from + 1)
      say(`frames ${from} to ${to} of connection ${number} are missing, and nothing says so`);
  }
}

/** What is said to be missing is missing; when nothing but that is, all of it is said. */
function judgeStatements(
  number: number,
  { holes, stated }: Connection,
  exact: boolean,
  say: (finding: string) => void,
): void {
  const missing = holes.reduce((sum, { from, to }) => sum + countWithin(from, to, stated), 0);
  const said = stated.reduce((sum, { count }) => sum + count, 0);
  if (said > missing || (exact && said < missing))
    say(`gaps of connection ${number} state ${said} frames; ${missing} of those are missing`);
}

function judgeChain(segments: readonly RunSegment[], first: number, say: (finding: string) => void): void {
  let last: RunSegment | undefined;
  for (const segment of segments) {
    const { name, number, text } = segment;
    for (const finding of text.wrong) say(`${name}: ${finding}`);
    if (text.header?.['segment'] !== number)
      say(`${name} says that it is segment ${String(text.header?.['segment'])}`);
    const expected = last === undefined ? first : last.number + 1;
    if (number !== expected) say(`segments ${expected} to ${number - 1} are nowhere`);
    const previous = text.header?.['previous'];
    if (number === 0 && previous !== null) say(`${name} names one before it`);
    if (number > 0 && number === expected && last?.text.end !== undefined) {
      // What a crash cut is said there, and no hash fits any more.
      if (last.text.end['why'] !== 'crash' && previous !== last.text.end['sha256'])
        say(`${name} does not continue ${last.name}`);
    }
    last = segment;
  }
}

function judgeReports(
  ledger: LifeLedger,
  found: number,
  notices: number,
  say: (finding: string) => void,
): void {
  const { ending, written, durable, result, troubled } = ledger;
  const promised = ending === 'power' || ending === 'fenced' ? durable : written;
  if (found < promised) say(`${promised} frames were reported (${ending}); ${found} are there`);
  if (ending !== 'closed' || result === undefined) return;
  const handed = handedOver(ledger);
  if (result.frames !== found) say(`close() says ${result.frames} frames; ${found} are there`);
  if (result.dropped !== handed - found)
    say(`close() says ${result.dropped} dropped; ${handed} were handed over, ${found} are there`);
  if (!troubled && ledger.notices.length !== notices)
    say(`${ledger.notices.length} notices were handed over, ${notices} are there`);
}
