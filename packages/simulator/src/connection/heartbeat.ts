import type { EventQueue } from '../model/event-queue.ts';
import { type Publication, tailOf } from '../market/publication.ts';
import { below, type Random } from '../model/random.ts';
import { MS, SECOND } from '../market/wire-text.ts';
import type { Supply } from './supply.ts';

/** One beat a second, counted by the uptime of the server process this connection landed on. */
export interface Heartbeat {
  start(at: number): void;
  stop(): void;
}

interface HeartbeatPorts {
  readonly queue: EventQueue<(at: number) => void>;
  readonly supply: Supply;
  readonly random: Random;
  readonly send: (publication: Publication) => void;
}

const FIRST_BEAT = 380 * MS;
/** From the time a beat shows to the time its frame shows. */
const TO_THE_WIRE = 787_537;

export function createHeartbeat({ queue, supply, random, send }: HeartbeatPorts): Heartbeat {
  // Another connection, another process: the counters of two connections have nothing to do with each other.
  const uptimeAtStart = (1_000 + below(random, 400_000)) * SECOND + below(random, SECOND / 2);
  let generation = 0;

  const beat = (at: number, current: number, uptime: number): void => {
    if (current !== generation) return;
    const jitter = below(random, MS);
    const counter = Math.floor((uptime + jitter) / SECOND);
    const currentTime = supply.heartbeatTime(at + jitter, uptime + jitter);
    const tail = tailOf(`{"current_time":"${currentTime}","heartbeat_counter":${counter}}`);
    send({ at: at + jitter + TO_THE_WIRE, channel: 'heartbeats', product: '', tail });
    queue.add(at + SECOND, (now) => beat(now, current, uptime + SECOND));
  };

  return {
    start(at) {
      generation += 1;
      const current = generation;
      // Whole seconds of uptime since the exchange began, so that a second subscription counts on.
      const since = Math.floor(at / SECOND) * SECOND;
      queue.add(at + FIRST_BEAT, (now) => beat(now, current, uptimeAtStart + since));
    },
    stop() {
      generation += 1;
    },
  };
}
