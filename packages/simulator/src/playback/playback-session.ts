import type { CapturedFrame } from '@feedtape/capture/node';
import type { Clock } from '../clock.ts';
import type { SessionOpening } from '../front-desk.ts';
import type { WireChannel } from '../market/publication.ts';
import { servedAs } from '../product-catalog.ts';
import { acknowledgement } from '../session/acknowledgement.ts';
import { isServed, type RequestChannel } from '../session/channels.ts';
import type { Request } from '../session/request.ts';
import type { Session } from '../session/session.ts';
import { type FrameParts, takeApart } from './frame-parts.ts';
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
  const channels = new Map<RequestChannel, Set<string>>();
  /** Books that were subscribed while the tape ran: their updates wait for the next snapshot. */
  const waiting = new Set<string>();
  const stopping = new AbortController();
  const merge = createMerge();
  let isPlaying = false;
  let wake: (() => void) | undefined;

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
    const { channel, product, sequence, timestamp, tail } = parts;
    if (mode === 'connections') {
      const bytes = Buffer.from(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.length);
      outlet.sendRecorded({ bytes, binary: frame.binary, sequence, channel, product });
    } else if (merge.admits(frame, parts) && isWanted(parts) && tail !== undefined) {
      outlet.send({ at: 0, channel: channel as WireChannel, product: product ?? '', tail, timestamp });
    }
  };

  const room = async (): Promise<void> => {
    while (link.bufferedBytes() > HIGH_WATER && !stopping.signal.aborted)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };

  const play = async (): Promise<void> => {
    const { connections } = recording;
    const of = mode === 'connections' ? connections[opening.connection % connections.length] : undefined;
    try {
      for await (const batch of recording.play(of, stopping.signal)) {
        for (const frame of batch) deliver(frame);
        link.flush();
        await room();
        if (stopping.signal.aborted) return;
      }
      opening.end('the capture ended', 1000);
    } catch {
      if (!stopping.signal.aborted) opening.end('the capture cannot be read on', 1011);
    }
  };

  const change = ({ type, channel, products }: Request): void => {
    if (!isServed(channel, opening.endpoint)) return;
    const named = (products ?? []).map((id) => (channel === 'user' ? id : servedAs(id)));
    const held = channels.get(channel) ?? new Set<string>();
    if (type === 'subscribe') {
      channels.set(channel, held);
      for (const id of named) {
        if (isPlaying && channel === 'level2' && !held.has(id)) waiting.add(id);
        held.add(id);
      }
    } else {
      for (const id of named.length === 0 ? [...held] : named) held.delete(id);
      if (held.size === 0) channels.delete(channel);
    }
  };

  return {
    channels,
    nextAt: () => Number.POSITIVE_INFINITY,
    advance() {},
    publish() {},
    request(request, refusal) {
      if (refusal !== undefined) {
        outlet.sendError(refusal);
        return;
      }
      change(request);
      if (mode === 'merged') outlet.send(acknowledgement(0, channels, new Map()));
      if (isPlaying) return;
      isPlaying = true;
      // A burst of requests is in before the tape starts.
      clock.setTimeout(() => void play(), ports.intakeMs);
    },
    drained() {
      wake?.();
    },
    stop() {
      stopping.abort();
      wake?.();
    },
  };
}
