import type { CapturedFrame } from '@feedtape/capture/node';
import type { Clock } from '../time/clock.ts';
import type { SessionOpening } from '../exchange/exchange-core.ts';
import type { WireChannel } from '../market/publication.ts';
import { acknowledgement } from '../session/acknowledgement.ts';
import {
  hasProducts,
  isPrivate,
  isServed,
  productOf,
  type RequestChannel,
  wireName,
} from '../session/channels.ts';
import type { Request } from '../session/request.ts';
import type { Session } from '../session/session.ts';
import { TOO_MANY_L2 } from '../session/session.ts';
import { createAnswers } from './pending-acks.ts';
import { type FrameParts, splitAtEvents, takeApart } from './frame-parts.ts';
import { mayBePrivate, subject } from './capture-index.ts';
import { createMerge } from './merge.ts';
import type { Recording } from './recording.ts';

/** How a capture is served. */
export type CaptureMode =
  /** The n-th connection gets the n-th recorded one, byte for byte, from its first granted request on. */
  | 'connections'
  /** Every connection gets what it subscribed to, out of all recorded ones, with numbers of its own. */
  | 'merged';

export interface PlaybackPorts {
  readonly recording: Recording;
  readonly mode: CaptureMode;
  readonly clock: Clock;
  readonly intakeMs: number;
  readonly mostLevel2Products: number;
  readonly opening: SessionOpening;
}

/** A session that plays instead of living: requests are taken as a market's session takes them. */
export interface PlaybackSession extends Session {
  drained(): void;
  stop(): void;
}

/** What a socket may hold before the tape waits for it. */
const HIGH_WATER = 1024 * 1024;

export function createPlaybackSession(ports: PlaybackPorts): PlaybackSession {
  const { recording, mode, clock, opening } = ports;
  const { outlet, link } = opening;
  const { listings } = recording;
  const channels = new Map<RequestChannel, Set<string>>();
  /** Books that were subscribed while the tape ran: their updates wait for the next snapshot. */
  const waiting = new Set<string>();
  const stopping = new AbortController();
  const merge = createMerge();
  const answers = createAnswers(clock);
  let timer: unknown;
  let tape: 'new' | 'ready' | 'running' = 'new';
  /** What the newest frame showed: acknowledgements are of the same time. */
  let timestamp = listings.timestamp();
  let wake: (() => void) | undefined;
  const { connections } = recording;
  const holdsPrivate = connections.some((connection) => connection.isPrivate);
  const recorded = mode === 'connections' ? connections[opening.connection % connections.length] : undefined;

  const isWanted = ({ channel, product, isSnapshot }: FrameParts): boolean => {
    const held = channels.get(channel === 'l2_data' ? 'level2' : (channel as RequestChannel));
    if (held === undefined) return false;
    if (product === undefined || held.size === 0) return true;
    if (!held.has(product)) return false;
    if (channel !== 'l2_data' || !waiting.has(product)) return true;
    if (isSnapshot) waiting.delete(product);
    return isSnapshot;
  };

  const deliver = (frame: CapturedFrame): void => {
    const parts = takeApart(frame);
    const { channel, product, sequence } = parts;
    if (mode === 'connections') {
      const bytes = Buffer.from(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.length);
      const split = splitAtEvents(frame, parts);
      outlet.sendRecorded({ bytes, binary: frame.binary, sequence, channel, product, split });
      return;
    }
    // Nobody was checked for a channel that only some readers see.
    if (holdsPrivate && !isPrivate(channel as RequestChannel) && mayBePrivate(frame.bytes)) return;
    if (!merge.admits(frame, parts) || !isWanted(parts)) return;
    const tail = splitAtEvents(frame, parts)?.tail ?? '';
    timestamp = parts.timestamp ?? timestamp;
    const publication = { at: 0, channel: channel as WireChannel, product: product ?? '', tail };
    outlet.send({ ...publication, timestamp: parts.timestamp });
    if (parts.isSnapshot) answers.told(subject(channel ?? '', product));
  };

  const room = async (): Promise<void> => {
    while (link.bufferedBytes() > HIGH_WATER && !stopping.signal.aborted)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };

  const play = async (): Promise<void> => {
    tape = 'running';
    try {
      for await (const batch of recording.play(recorded, stopping.signal)) {
        for (const frame of batch) deliver(frame);
        opening.flush();
        await room();
        if (stopping.signal.aborted) return;
      }
      answers.finish();
      opening.end('the capture ended', 1000);
    } catch {
      if (!stopping.signal.aborted) opening.end('the capture cannot be read on', 1011);
    }
  };

  /** What is not in the capture is left out without a word, as the exchange does with what it does not know. */
  const grant = (channel: RequestChannel, products: readonly string[]): readonly string[] => {
    const named = [...new Set(products.map((id) => productOf(channel, id)))];
    return hasProducts(channel) ? named.filter((id) => listings.has(channel, id)) : named;
  };

  /** Takes a request; returns the subjects whose snapshots its answer follows, or the error that answers it. */
  const subscribe = (channel: RequestChannel, products: readonly string[]): Set<string> | string => {
    const granted = grant(channel, products);
    const held = channels.get(channel) ?? new Set<string>();
    const fresh = granted.filter((id) => !held.has(id));
    if (channel === 'level2' && held.size + fresh.length > ports.mostLevel2Products) return TOO_MANY_L2;
    for (const id of fresh) held.add(id);
    const isThere = hasProducts(channel) ? held.size > 0 : listings.serves(channel);
    if (isThere) channels.set(channel, held);
    if (tape === 'running' && channel === 'level2') for (const id of fresh) waiting.add(id);
    const awaited = tape === 'running' && channel !== 'level2' ? [] : fresh;
    const opened = awaited.filter((id) => listings.opensWithSnapshot(channel, id));
    return new Set(opened.map((id) => subject(wireName(channel), id)));
  };
  const unsubscribe = (channel: RequestChannel, products: readonly string[]): Set<string> => {
    const held = channels.get(channel);
    const named = products.map((id) => productOf(channel, id));
    for (const id of named.length === 0 ? [...(held ?? [])] : named) held?.delete(id);
    if (held?.size === 0) channels.delete(channel);
    return new Set();
  };
  const change = ({ type, channel, products = [] }: Request): Set<string> | string => {
    if (!isServed(channel, opening.endpoint)) return new Set();
    return type === 'subscribe' ? subscribe(channel, products) : unsubscribe(channel, products);
  };

  const refuse = (message: string): void =>
    answers.add({
      after: new Set(),
      say() {
        outlet.sendError(message);
        opening.flush();
      },
    });
  const answer = (after: Set<string>): void => {
    const { tail } = acknowledgement(0, channels, listings.ids);
    answers.add({
      after,
      say() {
        outlet.send({ at: 0, channel: 'subscriptions', product: '', tail, timestamp });
        opening.flush();
      },
    });
  };

  return {
    channels,
    // Byte for byte means the private frames too, whatever was asked for.
    needsToken: recorded?.isPrivate === true,
    nextAt: () => Number.POSITIVE_INFINITY,
    advance() {},
    publish() {},
    request(request, refusal) {
      const outcome = refusal ?? change(request);
      if (typeof outcome === 'string') {
        refuse(outcome);
        return;
      }
      if (mode === 'merged') answer(outcome);
      if (tape !== 'new') return;
      tape = 'ready';
      // A burst of requests is in before the tape starts.
      timer = clock.setTimeout(() => void play(), ports.intakeMs);
    },
    drained() {
      wake?.();
    },
    stop() {
      clock.clearTimeout(timer);
      answers.stop();
      stopping.abort();
      wake?.();
    },
  };
}
