import type { Clock } from '../model/clock.ts';
import { type Backing, createExchangeCore, type ExchangeCore } from '../exchange/exchange-core.ts';
import type { ResolvedOptions } from '../exchange/options.ts';
import type { Connection } from '../connection/connection.ts';
import { createTimeText } from '../market/wire-text.ts';
import {
  type CaptureMode,
  createPlaybackSubscriptions,
  type PlaybackSubscriptions,
} from './playback-subscriptions.ts';
import type { Recording } from './recording.ts';

/** An exchange with a capture behind it instead of a market; limits, tokens, faults and ledger are the same. */
export function createCaptureExchange(
  options: ResolvedOptions,
  clock: Clock,
  { recording, mode }: { readonly recording: Recording; readonly mode: CaptureMode },
): ExchangeCore {
  const served = new Set<PlaybackSubscriptions>();
  const connections = new Set<Connection>();
  const beganAt = clock.now();
  const backing: Backing = {
    openSubscriptions(opening) {
      const { intakeMs } = options.timings;
      const mostLevel2Products = options.limits.level2Products;
      const subscriptions = createPlaybackSubscriptions({
        recording,
        mode,
        clock,
        intakeMs,
        mostLevel2Products,
        opening,
      });
      served.add(subscriptions);
      return subscriptions;
    },
    now: () => Math.floor((clock.now() - beganAt) * 1e6),
    beforeMessage() {},
    afterMessage() {},
    drained() {
      const open = new Set([...connections].map(({ subscriptions }) => subscriptions));
      for (const subscriptions of served) {
        subscriptions.drained();
        if (open.has(subscriptions)) continue;
        subscriptions.stop();
        served.delete(subscriptions);
      }
    },
    stop() {
      for (const subscriptions of served) subscriptions.stop();
    },
  };
  return createExchangeCore({ options, clock, time: createTimeText(options.epochMs), connections, backing });
}
