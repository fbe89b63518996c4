import type { Clock } from '../time/clock.ts';
import { type Backing, createFrontDesk, type ExchangeCore } from '../exchange/exchange-core.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Connection } from '../session/connection.ts';
import { createTimeText } from '../market/wire-text.ts';
import { type CaptureMode, createPlaybackSession, type PlaybackSession } from './playback-session.ts';
import type { Recording } from './recording.ts';

/** An exchange with a capture behind it instead of a market; limits, tokens, faults and ledger are the same. */
export function createCaptureExchange(
  options: ResolvedOptions,
  clock: Clock,
  { recording, mode }: { readonly recording: Recording; readonly mode: CaptureMode },
): ExchangeCore {
  const sessions = new Set<PlaybackSession>();
  const connections = new Set<Connection>();
  const beganAt = clock.now();
  const backing: Backing = {
    openSession(opening) {
      const { intakeMs } = options.timings;
      const mostLevel2Products = options.limits.level2Products;
      const session = createPlaybackSession({
        recording,
        mode,
        clock,
        intakeMs,
        mostLevel2Products,
        opening,
      });
      sessions.add(session);
      return session;
    },
    now: () => Math.floor((clock.now() - beganAt) * 1e6),
    beforeMessage() {},
    afterMessage() {},
    drained() {
      const open = new Set([...connections].map(({ session }) => session));
      for (const session of sessions) {
        session.drained();
        if (open.has(session)) continue;
        session.stop();
        sessions.delete(session);
      }
    },
    stop() {
      for (const session of sessions) session.stop();
    },
  };
  return createFrontDesk({ options, clock, time: createTimeText(options.epochMs), connections, backing });
}
