import type { Clock } from '../model/clock.ts';
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
import type { Random } from '../model/random.ts';
import type { Link } from './link.ts';
import type { NumberedFrame, Numbering } from './numbering.ts';
import { createRenumbering, type RecordedFrame } from './renumbering.ts';

/** Where the subscriptions of a connection send their frames. */
export interface FrameOutlet {
  /** Sends the next frame; the pipeline adds its sequence number. */
  readonly send: (publication: Publication) => void;
  /** Sends an error reply, the only kind of frame without a sequence number. */
  readonly sendError: (message: string) => void;
  /** Sends a recorded frame with its own number, byte for byte unless a fault applies. */
  readonly sendRecorded: (frame: RecordedFrame) => void;
}

/** The stages of a connection's frames: content faults, sequence number, frame faults, ledger, link. */
export interface FramePipeline extends FrameOutlet {
  /** The first fault that applies to a request. */
  struckRequest(channel: string | undefined, products: readonly string[]): RequestFault | undefined;
  /** Stops sending; frames still held back count as dropped. */
  stop(why: string): void;
}

export interface FramePipelinePorts {
  readonly link: Link;
  readonly clock: Clock;
  readonly page: LedgerPage;
  readonly numbering: Numbering;
  readonly rules: FaultRules;
  readonly random: Random;
  readonly strike: (fault: ConnectionFault) => void;
}

/** A numbered frame between the content faults and the link. */
interface OutgoingFrame {
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
/** A channel or product that sends nothing until a time of the clock, in milliseconds. */
interface Silence {
  readonly channel: string;
  readonly product: string;
  readonly until: number;
}

export function createFramePipeline(ports: FramePipelinePorts): FramePipeline {
  const { link, clock, page, numbering, rules } = ports;
  const versionOf = rules.version;
  const openedAt = clock.now();
  const renumbering = createRenumbering();
  let silences: readonly Silence[] = [];
  const delayed = new Map<OutgoingFrame, unknown>();
  let triggers = new Map<number, Trigger>();
  let version = -1;
  let swapped: OutgoingFrame | undefined;
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

  const post = (outgoing: OutgoingFrame, copy = 0, bytesPerSecond?: number): void => {
    const { bytes, generated, sequence, channel, binary, changed, faults } = outgoing;
    page.recordSent(bytes, { generated, copy, sequence, channel, binary, changed, faults });
    link.frame(bytes, binary, bytesPerSecond);
  };
  const lose = ({ generated, sequence, channel }: OutgoingFrame, fault: string): void => {
    page.recordDropped({ generated, sequence, channel, fault });
  };

  /** The path of almost every frame: no fault applies. */
  const sendPlain = ({ text, sequence, channel }: NumberedFrame): void => {
    page.recordPlain(link.asciiFrame(text), sequence, channel);
  };

  /** Applies frame faults to a numbered frame. */
  const dispatch = (outgoing: OutgoingFrame, faults: readonly Fault[]): void => {
    const outcome = applyFrameFaults(outgoing, faults, ports.random);
    const overtaken = swapped;
    swapped = undefined;
    if (outcome.lost !== undefined) lose(outgoing, outcome.lost);
    else if (outcome.delayMs !== undefined) {
      const timer = clock.setTimeout(() => {
        delayed.delete(outgoing);
        post(outgoing);
        link.flush();
      }, outcome.delayMs);
      delayed.set(outgoing, timer);
    } else if (outcome.swap) swapped = outgoing;
    else for (let copy = 0; copy <= outcome.copies; copy += 1) post(outgoing, copy, outcome.bytesPerSecond);
    if (overtaken !== undefined) post(overtaken);
    for (const fault of faults) if (isConnectionFault(fault)) ports.strike(fault);
  };

  const outgoingFrame = (bytes: Buffer, sequence?: number, channel?: string): OutgoingFrame => ({
    generated: page.recordGenerated(),
    sequence,
    channel,
    bytes,
    binary: false,
    changed: false,
    faults: [],
  });

  /** Applies content faults in order; each sees the result of the one before. */
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

  /** An error that replies to no request. */
  const sendStray = (
    { message = 'authentication failure', numbered = false }: StrayError,
    beside: Publication,
    numbers: Numbering,
  ): void => {
    const sequence = numbered ? numbers.number(beside).sequence : undefined;
    const error = { type: 'error', message, ...(sequence !== undefined && { sequence_num: sequence }) };
    const outgoing = outgoingFrame(Buffer.from(JSON.stringify(error)), sequence);
    outgoing.faults.push('made-up');
    post(outgoing);
  };

  /** Sends frames changed by content faults, and text that is not ASCII. */
  const sendShaped = (publication: Publication, faults: readonly Fault[], numbers: Numbering): void => {
    const content = faults.filter(isContentFault).map(({ kind }) => kind);
    const publications = shape(publication, faults, numbers);
    for (const fault of faults) if (fault.kind === 'stray-error') sendStray(fault, publication, numbers);
    for (const each of publications) {
      const { text, sequence, channel } = numbers.number(each);
      const outgoing = outgoingFrame(Buffer.from(text, 'latin1'), sequence, channel);
      const isOriginal = each === publications.at(-1);
      outgoing.faults.push(...(isOriginal ? content : ['made-up']));
      outgoing.changed = isOriginal && each !== publication;
      dispatch(outgoing, isOriginal ? faults : NO_FAULTS);
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
      // The market writes ASCII; recorded frames may hold any bytes.
      if (faults.length === 0 && swapped === undefined && publication.timestamp === undefined)
        sendPlain(numbering.number(publication));
      else sendShaped(publication, faults, numbering);
    },
    sendError(message) {
      if (stopped) return;
      const faults = struckBy({});
      dispatch(outgoingFrame(Buffer.from(JSON.stringify({ type: 'error', message }))), faults);
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
      const outgoing = outgoingFrame(bytes, sequence, channel);
      outgoing.binary = binary;
      dispatch(outgoing, faults);
    },
    struckRequest: (channel, products) => struckBy({ channel, requested: products }).find(isRequestFault),
    stop(why) {
      stopped = true;
      for (const [outgoing, timer] of delayed) {
        clock.clearTimeout(timer);
        lose(outgoing, why);
      }
      delayed.clear();
      if (swapped !== undefined) lose(swapped, why);
      swapped = undefined;
    },
  };
}

interface Outcome {
  lost: string | undefined;
  delayMs: number | undefined;
  bytesPerSecond: number | undefined;
  swap: boolean;
  copies: number;
}

function applyFrameFaults(outgoing: OutgoingFrame, faults: readonly Fault[], random: Random): Outcome {
  const outcome: Outcome = {
    lost: undefined,
    delayMs: undefined,
    bytesPerSecond: undefined,
    swap: false,
    copies: 0,
  };
  for (const fault of faults) {
    if (!isFrameFault(fault)) continue;
    outgoing.faults.push(fault.kind);
    const spoilt = spoil(outgoing.bytes, fault, random);
    if (spoilt !== undefined) {
      outgoing.bytes = spoilt;
      outgoing.changed = true;
    }
    if (fault.kind === 'drop') outcome.lost = 'drop';
    if (fault.kind === 'duplicate') outcome.copies += fault.copies ?? 1;
    if (fault.kind === 'delay') outcome.delayMs = fault.ms;
    if (fault.kind === 'swap') outcome.swap = true;
    if (fault.kind === 'drip') outcome.bytesPerSecond = fault.bytesPerSecond ?? 1_000;
    if (fault.kind === 'binary') {
      outgoing.binary = true;
      outgoing.changed = true;
    }
  }
  return outcome;
}
