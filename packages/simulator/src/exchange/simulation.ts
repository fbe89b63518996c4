import type { Clock } from '../model/clock.ts';
import { MS, SECOND } from '../market/wire-text.ts';

/** Everything that moves in exchange time (nanoseconds since the exchange started): market and subscriptions. */
export interface Simulation {
  /** When the next event is due. */
  nextAt(): number;
  /** Whether any connection is subscribed. */
  isWatched(): boolean;
  /** Runs the next event; returns its time, which was `nextAt()`. */
  step(): number;
  /** Jumps to `to` without simulating the time between; only while no connection is subscribed. */
  skip(to: number): void;
  /** Starts exchange time. */
  begin(): void;
  /** Writes queued frames to the sockets. */
  flush(): void;
  /** Bytes in the fullest socket buffer. */
  bufferedBytes(): number;
  /** Frames sent so far to the busiest connection. */
  framesSent(): number;
}

/** How exchange time passes: at `speed` times the clock, or at a number of frames per second. */
export type Pace =
  | { readonly kind: 'clock'; readonly speed: number }
  | { readonly kind: 'frames'; readonly perSecond: number };

/** Drives a simulation through exchange time. */
export interface Timeline {
  /** Nanoseconds since the exchange started, which is its first request, so that every run is the same. */
  now(): number;
  /** Call before a request: runs all events that are due. */
  catchUp(): void;
  /** Call after a request: arms the timer for the next event. */
  schedule(): void;
  /** A socket's buffer is empty. */
  drained(): void;
  stop(): void;
}

export function createTimeline(simulation: Simulation, clock: Clock, pace: Pace): Timeline {
  return pace.kind === 'clock'
    ? clockTimeline(simulation, clock, pace.speed)
    : frameTimeline(simulation, clock, pace.perSecond);
}

/** Longer times without subscriptions are skipped instead of simulated. */
const LONGEST_CATCH_UP = 60 * SECOND;

function clockTimeline(simulation: Simulation, clock: Clock, speed: number): Timeline {
  let beganAt: number | undefined;
  let timer: unknown;
  let timerAt = Number.POSITIVE_INFINITY;

  const now = (): number => (beganAt === undefined ? 0 : Math.floor((clock.now() - beganAt) * speed * MS));
  const catchUp = (): void => {
    if (beganAt === undefined) {
      beganAt = clock.now();
      simulation.begin();
    }
    const until = now();
    if (!simulation.isWatched() && simulation.nextAt() < until - LONGEST_CATCH_UP)
      simulation.skip(until - LONGEST_CATCH_UP);
    while (simulation.nextAt() <= until) simulation.step();
  };
  const turn = (): void => {
    timerAt = Number.POSITIVE_INFINITY;
    catchUp();
    simulation.flush();
    schedule();
  };
  const schedule = (): void => {
    const at = simulation.isWatched() ? simulation.nextAt() : Number.POSITIVE_INFINITY;
    if (at >= timerAt) return;
    clock.clearTimeout(timer);
    timerAt = at;
    timer = clock.setTimeout(turn, Math.max(0, (at - now()) / MS / speed));
  };
  return { now, catchUp, schedule, drained: () => {}, stop: () => clock.clearTimeout(timer) };
}

/** Delay before the first frame, so that a burst of requests arrives first. */
const INTAKE_MS = 20;
/** Time between two turns at a limited rate. */
const TURN_MS = 5;
/** The longest delay that a late turn makes up for at a limited rate. */
const LONGEST_BURST_MS = 100;
/** Bytes in a socket's buffer at which the exchange pauses. */
const HIGH_WATER = 1024 * 1024;
/** Steps between two checks of the socket buffers. */
const STEPS_A_LOOK = 32;
/** Work per turn of the event loop, however much the sockets accept. */
const MOST_FRAMES_A_TURN = 2_000;
const MOST_STEPS_A_TURN = 4_000;

function frameTimeline(simulation: Simulation, clock: Clock, perSecond: number): Timeline {
  const isLimited = perSecond !== Number.POSITIVE_INFINITY;
  let at = 0;
  let began = false;
  let running = false;
  let waitsForDrain = false;
  let stopped = false;
  let lastTurnAt = 0;
  let allowance = isLimited ? 0 : Number.POSITIVE_INFINITY;
  let accounted = 0;

  const run = (): void => {
    if (stopped) return;
    if (!simulation.isWatched()) {
      running = false;
      return;
    }
    const now = clock.now();
    if (isLimited) allowance += (Math.min(now - lastTurnAt, LONGEST_BURST_MS) * perSecond) / 1000;
    lastTurnAt = now;
    accounted = Math.min(accounted, simulation.framesSent());
    const goal = accounted + Math.min(allowance, MOST_FRAMES_A_TURN);
    for (let step = 0; step < MOST_STEPS_A_TURN; step += 1) {
      const looks = step % STEPS_A_LOOK === 0;
      if ((looks || isLimited) && simulation.framesSent() >= goal) break;
      if (looks && simulation.bufferedBytes() >= HIGH_WATER) break;
      at = simulation.step();
    }
    allowance -= simulation.framesSent() - accounted;
    accounted = simulation.framesSent();
    simulation.flush();
    waitsForDrain = simulation.bufferedBytes() >= HIGH_WATER;
    if (waitsForDrain) return;
    if (isLimited) clock.setTimeout(run, TURN_MS);
    else defer(clock, run);
  };
  return {
    now: () => at,
    catchUp() {},
    schedule() {
      if (running) return;
      if (!began) simulation.begin();
      began = true;
      running = true;
      lastTurnAt = clock.now() + INTAKE_MS;
      clock.setTimeout(run, INTAKE_MS);
    },
    drained() {
      if (!waitsForDrain) return;
      waitsForDrain = false;
      defer(clock, run);
    },
    stop() {
      stopped = true;
    },
  };
}

function defer(clock: Clock, fn: () => void): void {
  if (clock.defer === undefined) clock.setTimeout(fn, 0);
  else clock.defer(fn);
}
