import type { CapturedFrame } from '@feedtape/capture/node';
import type { Clock } from '../model/clock.ts';
import type { SubscriptionsOpening } from '../exchange/exchange-core.ts';
import type { WireChannel } from '../market/publication.ts';
import { acknowledgement } from '../connection/acknowledgement.ts';
import {
  hasProducts,
  isPrivate,
  isServed,
  productOf,
  type RequestChannel,
  wireName,
} from '../market/channels.ts';
import type { Request } from '../connection/request.ts';
import type { Subscriptions } from '../connection/subscriptions.ts';
import { TOO_MANY_L2 } from '../connection/subscriptions.ts';
import { createPendingAcks } from './pending-acks.ts';
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
  readonly opening: SubscriptionsOpening;
}

/** Subscriptions that a capture serves; requests are handled as those to a market. */
export interface PlaybackSubscriptions extends Subscriptions {
  drained(): void;
  stop(): void;
}

/** Bytes in a socket's buffer at which playback pauses. */
const HIGH_WATER = 1024 * 1024;

export function createPlaybackSubscriptions(ports: PlaybackPorts): PlaybackSubscriptions {
  const { recording, mode, clock, opening } = ports;
  const { outlet, link } = opening;
  const { captureIndex } = recording;
  const channels = new Map<RequestChannel, Set<string>>();
  /** Books subscribed during playback: their updates are held until the next snapshot. */
  const waiting = new Set<string>();
  const stopping = new AbortController();
  const merge = createMerge();
  const acks = createPendingAcks(clock);
  let timer: unknown;
  let playback: 'new' | 'ready' | 'running' = 'new';
  /** That of the newest frame; acknowledgements carry it too. */
  let timestamp = captureIndex.timestamp();
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
    // A channel that only some readers see: no token was checked for it.
    if (holdsPrivate && !isPrivate(channel as RequestChannel) && mayBePrivate(frame.bytes)) return;
    if (!merge.admits(frame, parts) || !isWanted(parts)) return;
    const tail = splitAtEvents(frame, parts)?.tail ?? '';
    timestamp = parts.timestamp ?? timestamp;
    const publication = { at: 0, channel: channel as WireChannel, product: product ?? '', tail };
    outlet.send({ ...publication, timestamp: parts.timestamp });
    if (parts.isSnapshot) acks.snapshotSent(subject(channel ?? '', product));
  };

  const room = async (): Promise<void> => {
    while (link.bufferedBytes() > HIGH_WATER && !stopping.signal.aborted)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };

  const play = async (): Promise<void> => {
    playback = 'running';
    try {
      for await (const batch of recording.play(recorded, stopping.signal)) {
        for (const frame of batch) deliver(frame);
        opening.flush();
        await room();
        if (stopping.signal.aborted) return;
      }
      acks.finish();
      opening.end('the capture ended', 1000);
    } catch {
      if (!stopping.signal.aborted) opening.end('the capture cannot be read on', 1011);
    }
  };

  /** Products that the capture lacks are silently omitted, as the exchange omits unknown ones. */
  const grant = (channel: RequestChannel, products: readonly string[]): readonly string[] => {
    const named = [...new Set(products.map((id) => productOf(channel, id)))];
    return hasProducts(channel) ? named.filter((id) => captureIndex.has(channel, id)) : named;
  };

  /** Returns the subjects whose snapshots precede the acknowledgement, or the error that replies to the request. */
  const subscribe = (channel: RequestChannel, products: readonly string[]): Set<string> | string => {
    const granted = grant(channel, products);
    const held = channels.get(channel) ?? new Set<string>();
    const fresh = granted.filter((id) => !held.has(id));
    if (channel === 'level2' && held.size + fresh.length > ports.mostLevel2Products) return TOO_MANY_L2;
    for (const id of fresh) held.add(id);
    const isThere = hasProducts(channel) ? held.size > 0 : captureIndex.serves(channel);
    if (isThere) channels.set(channel, held);
    if (playback === 'running' && channel === 'level2') for (const id of fresh) waiting.add(id);
    const awaited = playback === 'running' && channel !== 'level2' ? [] : fresh;
    const opened = awaited.filter((id) => captureIndex.opensWithSnapshot(channel, id));
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
    acks.add({
      after: new Set(),
      send() {
        outlet.sendError(message);
        opening.flush();
      },
    });
  const acknowledge = (after: Set<string>): void => {
    const { tail } = acknowledgement(0, channels, captureIndex.ids);
    acks.add({
      after,
      send() {
        outlet.send({ at: 0, channel: 'subscriptions', product: '', tail, timestamp });
        opening.flush();
      },
    });
  };

  return {
    channels,
    // Byte for byte includes private frames, whatever was subscribed.
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
      if (mode === 'merged') acknowledge(outcome);
      if (playback !== 'new') return;
      playback = 'ready';
      // A burst of requests arrives before playback starts.
      timer = clock.setTimeout(() => void play(), ports.intakeMs);
    },
    drained() {
      wake?.();
    },
    stop() {
      clock.clearTimeout(timer);
      acks.stop();
      stopping.abort();
      wake?.();
    },
  };
}
