import { CaptureError } from '../../format/error.ts';
import { SECRET_QUOTED } from '../../format/redact-request.ts';
import type {
  CaptureRecord,
  ConnectionRecord,
  FrameRecord,
  GapRecord,
  HeaderRecord,
} from '../../format/records.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import { MAX_CONNECTIONS } from '../fs/limits.ts';
import { openCapture } from '../read/open-capture.ts';
import { choosesWithin } from '../inspect/sequence-count.ts';
import type { EditOptions } from './edit-options.ts';
import { createEditedTime } from './edited-time.ts';
import { createFrameRefs, keyOf } from './frame-refs.ts';
import { findLeftOutLate } from './left-out-late.ts';
import { createRedaction, type Redaction } from './redact-record.ts';

/** Records kept besides the frames: those with a time, without gaps that the frames themselves still show. */
type KeptRecord = Exclude<CaptureRecord, { kind: 'header' | 'checkpoint' | 'end' }>;

/** The swapped part of a frame: the bytes and their encoding, not the time. */
type Body = Pick<FrameRecord, 'encoding' | 'payload' | 'binary'>;

/** The records of an edited capture, the header first. */
export async function* editedRecords(
  source: CaptureSource,
  header: HeaderRecord,
  options: EditOptions,
): AsyncGenerator<CaptureRecord, void, undefined> {
  const keepsGaps = choosesWithin(header.origin?.chosenBy ?? []);
  const edit = await createEdit(source, options, keepsGaps);
  const openParts =
    keepsGaps && options.numberOf !== undefined
      ? await findLeftOutLate(source, options, options.numberOf)
      : undefined;
  let run = '';
  let started = false;
  for await (const record of openCapture(source, { ...options, strict: true })) {
    if (record.kind === 'header') ({ run } = record);
    const parts = record.kind === 'gap' && openParts !== undefined ? openParts(run, record) : [record];
    for (const part of parts) {
      const edited = edit(part);
      if (edited === undefined) continue;
      if (!started) yield { ...header, at: edited.at };
      started = true;
      yield edited;
    }
  }
  if (!started) throw new CaptureError('CAPTURE_OPTION', { option: 'filter', reason: 'nothing is left' });
  edit.finish();
}

interface Edit {
  /** `undefined` for a record that is left out. */
  (record: CaptureRecord): KeptRecord | undefined;
  finish(): void;
}

async function createEdit(source: CaptureSource, options: EditOptions, keepsGaps: boolean): Promise<Edit> {
  const redaction = createRedaction(options.redact);
  const dropped = createFrameRefs('drop', options.drop ?? []);
  const swapped = await swappedBodies(source, options);
  const quoting = await learnSecrets(source, redaction, options.signal);
  const numbers = createNumbering();
  const time = createEditedTime();
  let run = '';

  function editFrame(record: FrameRecord): FrameRecord | undefined {
    if (dropped.has(run, record)) return undefined;
    const other = swapped(run, record);
    const { binary, ...body } = other ?? record;
    const quotes = other === undefined ? quoting.has(keyOf(run, record)) : quoting.size > 0;
    const { encoding, payload } = redaction.payload(body, quotes);
    return {
      kind: 'frame',
      ...numbers.frame(run, record),
      ...time.stamp(record),
      ...(binary === true && encoding === 'base64' ? { binary } : {}),
      encoding,
      payload,
    };
  }

  function edit(record: CaptureRecord): KeptRecord | undefined {
    switch (record.kind) {
      case 'header':
        run = record.run;
        time.segment(record);
        return undefined;
      case 'checkpoint':
      case 'end':
        return undefined;
      case 'frame':
        return editFrame(record);
      case 'sent': {
        const { encoding, payload } = redaction.payload(record);
        const connection = numbers.connection(run, record.connection);
        return { ...record, connection, ...time.stamp(record), encoding, payload };
      }
      case 'connection': {
        const connection = numbers.connection(run, record.connection);
        const event = { ...redaction.details(record), connection, ...time.stamp(record) };
        if (record.event !== SECRET_QUOTED) return event;
        // It is about the frame before it, unless that was left out or hides its secret now.
        const frame = numbers.lastFrame(run, record);
        return frame === undefined || redaction.active ? undefined : { ...event, frame };
      }
      case 'gap': {
        if (record.why === 'sequence' && !keepsGaps) return undefined;
        const connection = record.connection === null ? null : numbers.connection(run, record.connection);
        const gap = { ...redaction.details(record), connection, ...time.stamp(record) };
        return countsIndices(record) ? withoutRange(gap) : gap;
      }
      case 'clock':
        return { ...record, ...time.stamp(record) };
    }
  }

  return Object.assign(edit, { finish: () => dropped.finish() });
}

/** Frames that the recorder dropped are named by indices, which are others now. */
const countsIndices = ({ why }: GapRecord): boolean => why === 'disk_full' || why === 'backpressure';

function withoutRange({ from: _from, to: _to, ...gap }: GapRecord): GapRecord {
  return gap;
}

/** Counts connections over all runs, and the frames of each, anew from 0. */
function createNumbering(): {
  connection(run: string, connection: number): number;
  frame(
    run: string,
    frame: Pick<FrameRecord, 'connection' | 'index'>,
  ): Pick<FrameRecord, 'connection' | 'index'>;
  /** The new index of the frame that an event names, if it was the last one kept. */
  lastFrame(run: string, event: ConnectionRecord): number | undefined;
} {
  interface Numbers {
    readonly number: number;
    frames: number;
    lastIndex: number;
  }
  const connections = new Map<string, Numbers>();
  const entry = (run: string, connection: number): Numbers => {
    const key = `${run} ${connection}`;
    const known = connections.get(key);
    if (known !== undefined) return known;
    if (connections.size === MAX_CONNECTIONS) {
      throw new CaptureError('CAPTURE_LIMIT', {
        path: `run ${run}`,
        what: 'connections',
        most: MAX_CONNECTIONS,
      });
    }
    const fresh = { number: connections.size, frames: 0, lastIndex: -1 };
    connections.set(key, fresh);
    return fresh;
  };
  return {
    connection: (run, connection) => entry(run, connection).number,
    frame(run, { connection, index }) {
      const known = entry(run, connection);
      known.frames += 1;
      known.lastIndex = index;
      return { connection: known.number, index: known.frames - 1 };
    },
    lastFrame(run, { connection, frame }) {
      const known = entry(run, connection);
      return known.lastIndex === frame ? known.frames - 1 : undefined;
    },
  };
}

/**
 * Looks at all of the source before anything is hidden, also at what is not kept: an id may be told at the beginning and
 * quoted later. Returns the frames that the recorder saw quoting a secret.
 */
async function learnSecrets(
  source: CaptureSource,
  redaction: Redaction,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const quoting = new Set<string>();
  if (!redaction.active) return quoting;
  let run = '';
  for await (const record of openCapture(source, signal === undefined ? {} : { signal })) {
    if (record.kind === 'header') run = record.run;
    if (record.kind === 'frame' || record.kind === 'sent') redaction.learn(record);
    if (record.kind !== 'connection' || record.event !== SECRET_QUOTED) continue;
    if (typeof record['frame'] === 'number')
      quoting.add(keyOf(run, { connection: record.connection, index: record['frame'] }));
  }
  return quoting;
}

/** Reads the frames that change places, and gives each the bytes of the other. */
async function swappedBodies(
  source: CaptureSource,
  { swap = [], ...options }: EditOptions,
): Promise<(run: string, frame: FrameRecord) => Body | undefined> {
  const wanted = createFrameRefs('swap', swap.flat());
  const bodies = new Map<string, Body>();
  if (swap.length > 0) {
    let run = '';
    for await (const record of openCapture(source, { ...options, strict: true })) {
      if (record.kind === 'header') run = record.run;
      if (record.kind !== 'frame' || !wanted.has(run, record)) continue;
      const { encoding, payload, binary } = record;
      const body = { encoding, payload: new Uint8Array(payload), ...(binary && { binary }) };
      bodies.set(keyOf(run, record), body);
      bodies.set(keyOf(undefined, record), body);
    }
    wanted.finish();
  }
  const partners = new Map(
    swap.flatMap(([a, b]) => [[keyOf(a.run, a), b] as const, [keyOf(b.run, b), a] as const]),
  );
  return (run, frame) => {
    const partner = partners.get(keyOf(run, frame)) ?? partners.get(keyOf(undefined, frame));
    return partner && bodies.get(keyOf(partner.run, partner));
  };
}
