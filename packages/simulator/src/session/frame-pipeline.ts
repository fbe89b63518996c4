import type { Clock } from '../time/clock.ts';
import {
  type ConnectionFault,
  type Fault,
  isConnectionFault,
  isContentFault,
  isFrameFault,
  isRequestFault,
  type RequestFault,
} from '../faults/fault.ts';
import { reshape } from '../faults/content-faults.ts';
import type { FaultRules } from '../faults/fault-control.ts';
import { spoil } from '../faults/frame-faults.ts';
import type { Occasion, Trigger } from '../faults/trigger.ts';
import type { LedgerPage } from '../ledger/ledger.ts';
import type { Publication, WireChannel } from '../market/publication.ts';
import type { Random } from '../random.ts';
import type { Link } from './connection.ts';
import type { NumberedFrame, Numbering } from './numbering.ts';
import { createRenumbering, type RecordedFrame } from './renumbering.ts';

/** Where a session puts what it has to say. */
export interface SessionOutlet {
  /** Takes the next frame, still without a sequence number. */
  readonly send: (publication: Publication) => void;
  /** Takes an error reply: the one kind of frame that never has a number. */
  readonly sendError: (message: string) => void;
  /** Takes a frame that was recorded, number and all: byte for byte, unless a fault strikes. */
  readonly sendRecorded: (frame: RecordedFrame) => void;
}

/** The way of a connection's frames to its socket: content faults, number, frame faults, ledger, link. */
export interface Outbox extends SessionOutlet {
  /** The first fault that strikes a request. */
  struckRequest(channel: string | undefined, products: readonly string[]): RequestFault | undefined;
  /** Nothing leaves any more; what was held back counts as dropped. */
  stop(why: string): void;
}

export interface OutboxPorts {
  readonly link: Link;
  readonly clock: Clock;
  readonly page: LedgerPage;
  readonly numbering: Numbering;
  readonly rules: FaultRules;
  readonly random: Random;
  readonly strike: (fault: ConnectionFault) => void;
}

/** A frame on its way. */
interface Parcel {
  readonly generated: number;
  readonly sequence: number | undefined;
  readonly channel: string | undefined;
  bytes: Buffer;
  binary: boolean;
  changed: boolean;
  readonly faults: string[];
}

type StrayError = Extract<Fault, { kind: 'stray-error' }>;

const NO_FAULTS: readonly Fault[] = [];
/** A channel or a product that says nothing until then, in milliseconds of the clock. */
interface Silence {
  readonly channel: string;
  readonly product: string;
  readonly until: number;
}

export function createOutbox(ports: OutboxPorts): Outbox {
  const { link, clock, page, numbering, rules } = ports;
  const versionOf = rules.version;
  const openedAt = clock.now();
  const renumbering = createRenumbering();
  let silences: readonly Silence[] = [];
  const delayed = new Map<Parcel, unknown>();
  let triggers = new Map<number, Trigger>();
  let version = -1;
  let swapped: Parcel | undefined;
  let stopped = false;

  const struckBy = (about: Pick<Occasion, 'channel' | 'product' | 'requested'>): readonly Fault[] => {
    if (versionOf() !== version) {
      version = versionOf();
      triggers = rules.triggersFor(page.connection, triggers);
    }
    if (triggers.size === 0) return NO_FAULTS;
    const occasion = { ...about, frame: page.generated, ageMs: clock.now() - openedAt };
    return [...triggers.values()].filter((trigger) => trigger.strikes(occasion)).map(({ fault }) => fault);
  };

  const post = (parcel: Parcel, copy = 0, bytesPerSecond?: number): void => {
    const { bytes, generated, sequence, channel, binary, changed, faults } = parcel;
    page.recordSent(bytes, { generated, copy, sequence, channel, binary, changed, faults });
    link.frame(bytes, binary, bytesPerSecond);
  };
  const lose = ({ generated, sequence, channel }: Parcel, fault: string): void => {
    page.recordDropped({ generated, sequence, channel, fault });
  };

  /** Nothing is wrong with it: the way of almost every frame. */
  const sendPlain = ({ text, sequence, channel }: NumberedFrame): void => {
    page.recordPlain(link.asciiFrame(text), sequence, channel);
  };

  /** Puts a numbered frame through the frame faults that struck it. */
  const dispatch = (parcel: Parcel, faults: readonly Fault[]): void => {
    const fate = applyFrameFaults(parcel, faults, ports.random);
    const overtaken = swapped;
    swapped = undefined;
    if (fate.lost !== undefined) lose(parcel, fate.lost);
    else if (fate.delayMs !== undefined) {
      const timer = clock.setTimeout(() => {
        delayed.delete(parcel);
        post(parcel);
        link.flush();
      }, fate.delayMs);
      delayed.set(parcel, timer);
    } else if (fate.swap) swapped = parcel;
    else for (let copy = 0; copy <= fate.copies; copy += 1) post(parcel, copy, fate.bytesPerSecond);
    if (overtaken !== undefined) post(overtaken);
    for (const fault of faults) if (isConnectionFault(fault)) ports.strike(fault);
  };

  const parcelOf = (bytes: Buffer, sequence?: number, channel?: string): Parcel => ({
    generated: page.recordGenerated(),
    sequence,
    channel,
    bytes,
    binary: false,
    changed: false,
    faults: [],
  });

  /** Applies content faults one after the other; each sees what the one before left. */
  const shape = (
    publication: Publication,
    faults: readonly Fault[],
    numbers: Numbering,
  ): readonly Publication[] => {
    let publications: readonly Publication[] = [publication];
    for (const fault of faults) {
      if (!isContentFault(fault)) continue;
      if (fault.kind === 'sequence-restart') numbers.restart();
      if (fault.kind === 'silence') silence(publication, fault.ms);
      publications = publications.flatMap((each) => {
        if (each.channel !== publication.channel) return [each];
        const reshaped = reshape(each, fault);
        if (reshaped.withheld !== undefined) {
          const { channel, product } = publication;
          page.recordWithheld({ channel, product, fault: fault.kind, trades: reshaped.withheld });
        }
        return reshaped.publications;
      });
    }
    return publications;
  };
  const silence = ({ channel, product }: Publication, ms = Number.POSITIVE_INFINITY): void => {
    const now = clock.now();
    silences = [...silences.filter(({ until }) => until > now), { channel, product, until: now + ms }];
  };
  const isSilent = ({ channel, product }: Publication): boolean =>
    silences.some((each) => each.channel === channel && each.product === product && clock.now() < each.until);

  const withhold = ({ channel, product }: Publication): void =>
    page.recordWithheld({ channel, product, fault: 'silence', trades: [] });

  /** An error that answers nothing. */
  const sendStray = (
    { message = 'authentication failure', numbered = false }: StrayError,
    beside: Publication,
    numbers: Numbering,
  ): void => {
    const sequence = numbered ? numbers.number(beside).sequence : undefined;
    const error = { type: 'error', message, ...(sequence !== undefined && { sequence_num: sequence }) };
    const parcel = parcelOf(Buffer.from(JSON.stringify(error)), sequence);
    parcel.faults.push('made-up');
    post(parcel);
  };

  /** The way of what content faults struck, and of what is no plain text. */
  const sendShaped = (publication: Publication, faults: readonly Fault[], numbers: Numbering): void => {
    const content = faults.filter(isContentFault).map(({ kind }) => kind);
    const publications = shape(publication, faults, numbers);
    for (const fault of faults) if (fault.kind === 'stray-error') sendStray(fault, publication, numbers);
    for (const each of publications) {
      const { text, sequence, channel } = numbers.number(each);
      const parcel = parcelOf(Buffer.from(text, 'latin1'), sequence, channel);
      const isOriginal = each === publications.at(-1);
      parcel.faults.push(...(isOriginal ? content : ['made-up']));
      parcel.changed = isOriginal && each !== publication;
      dispatch(parcel, isOriginal ? faults : NO_FAULTS);
    }
  };

  return {
    send(publication) {
      if (stopped) return;
      if (silences.length > 0 && isSilent(publication)) {
        withhold(publication);
        return;
      }
      const faults = struckBy({ channel: publication.channel, product: publication.product });
      // What the market writes is ASCII; what was recorded may be anything.
      if (faults.length === 0 && swapped === undefined && publication.timestamp === undefined)
        sendPlain(numbering.number(publication));
      else sendShaped(publication, faults, numbering);
    },
    sendError(message) {
      if (stopped) return;
      const faults = struckBy({});
      dispatch(parcelOf(Buffer.from(JSON.stringify({ type: 'error', message }))), faults);
    },
    sendRecorded({ bytes, binary, sequence, channel, product, split }) {
      if (stopped) return;
      const hasEvents = split !== undefined && sequence !== undefined && channel !== undefined;
      const publication = {
        at: 0,
        channel: channel as WireChannel,
        product: product ?? '',
        tail: split?.tail ?? '',
      };
      if (hasEvents && isSilent(publication)) {
        renumbering.skip();
        withhold(publication);
        return;
      }
      const faults = struckBy({ channel: hasEvents ? channel : undefined, product });
      if (hasEvents && (renumbering.isOff() || faults.some(isContentFault))) {
        sendShaped(publication, faults, renumbering.of({ channel, sequence, head: split.head }));
        return;
      }
      const parcel = parcelOf(bytes, sequence, channel);
      parcel.binary = binary;
      dispatch(parcel, faults);
    },
    struckRequest: (channel, products) => struckBy({ channel, requested: products }).find(isRequestFault),
    stop(why) {
      stopped = true;
      for (const [parcel, timer] of delayed) {
        clock.clearTimeout(timer);
        lose(parcel, why);
      }
      delayed.clear();
      if (swapped !== undefined) lose(swapped, why);
      swapped = undefined;
    },
  };
}

interface Fate {
  lost: string | undefined;
  delayMs: number | undefined;
  bytesPerSecond: number | undefined;
  swap: boolean;
  copies: number;
}

function applyFrameFaults(parcel: Parcel, faults: readonly Fault[], random: Random): Fate {
  const fate: Fate = {
    lost: undefined,
    delayMs: undefined,
    bytesPerSecond: undefined,
    swap: false,
    copies: 0,
  };
  for (const fault of faults) {
    if (!isFrameFault(fault)) continue;
    parcel.faults.push(fault.kind);
    const spoilt = spoil(parcel.bytes, fault, random);
    if (spoilt !== undefined) {
      parcel.bytes = spoilt;
      parcel.changed = true;
    }
    if (fault.kind === 'drop') fate.lost = 'drop';
    if (fault.kind === 'duplicate') fate.copies += fault.copies ?? 1;
    if (fault.kind === 'delay') fate.delayMs = fault.ms;
    if (fault.kind === 'swap') fate.swap = true;
    if (fault.kind === 'drip') fate.bytesPerSecond = fault.bytesPerSecond ?? 1_000;
    if (fault.kind === 'binary') {
      parcel.binary = true;
      parcel.changed = true;
    }
  }
  return fate;
}
