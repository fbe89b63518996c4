import type { Clock } from '../time/clock.ts';
import { MS, SECOND } from '../market/wire-text.ts';

/** What lives in exchange time (nanoseconds since the exchange began): the market and the sessions. */
export interface Course {
  /** When the next thing is due. */
  nextAt(): number;
  /** Whether anybody would notice. */
  isWatched(): boolean;
  /** Lets happen what is due next; returns its instant, which was `nextAt()`. */
  step(): number;
  /** Nobody is there: moves on to `to` without living through it. */
  skip(to: number): void;
  /** Exchange time begins to pass. */
  begin(): void;
  /** Hands to the sockets what was sent. */
  flush(): void;
  /** The most bytes that any socket has not taken yet. */
  bufferedBytes(): number;
  /** Frames that the busiest connection was sent so far. */
  framesSent(): number;
}

/** How exchange time passes: `speed` times as fast as the clock, or as fast as so many frames a second take it. */
export type Pace =
  | { readonly kind: 'clock'; readonly speed: number }
  | { readonly kind: 'frames'; readonly perSecond: number };

/** Drives a course along exchange time. */
export interface Timeline {
  /** Nanoseconds since the exchange began; it begins with the first request, so that every run looks the same. */
  now(): number;
  /** To be called before a request: lives through what is due. */
  catchUp(): void;
  /** To be called after a request: makes sure that what comes next will come. */
  schedule(): void;
  /** A socket has taken what it had to. */
  drained(): void;
  stop(): void;
}

export function createTimeline(course: Course, clock: Clock, pace: Pace): Timeline {
  return pace.kind === 'clock'
    ? clockTimeline(course, clock, pace.speed)
    : frameTimeline(course, clock, pace.perSecond);
}

/** Longer silences are skipped instead of lived through when somebody subscribes again. */
const LONGEST_CATCH_UP = 60 * SECOND;

function clockTimeline(course: Course, clock: Clock, speed: number): Timeline {
  let beganAt: number | undefined;
  let timer: unknown;
  let timerAt = Number.POSITIVE_INFINITY;

  const now = (): number => (beganAt === undefined ? 0 : Math.floor((clock.now() - beganAt) * speed * MS));
  const catchUp = (): void => {
    if (beganAt === undefined) {
      beganAt = clock.now();
      course.begin();
    }
    const until = now();
    if (!course.isWatched() && course.nextAt() < until - LONGEST_CATCH_UP)
      course.skip(until - LONGEST_CATCH_UP);
    while (course.nextAt() <= until) course.step();
  };
  const turn = (): void => {
    timerAt = Number.POSITIVE_INFINITY;
    catchUp();
    course.flush();
    schedule();
  };
  const schedule = (): void => {
    const at = course.isWatched() ? course.nextAt() : Number.POSITIVE_INFINITY;
    if (at >= timerAt) return;
    clock.clearTimeout(timer);
    timerAt = at;
    timer = clock.setTimeout(turn, Math.max(0, (at - now()) / MS / speed));
  };
  return { now, catchUp, schedule, drained: () => {}, stop: () => clock.clearTimeout(timer) };
}

/** A burst of requests is in before the first frame leaves. */
const INTAKE_MS = 20;
/** Between two turns at a limited rate. */
const TURN_MS = 5;
/** At a limited rate, what a late turn makes up for at most. */
const LONGEST_BURST_MS = 100;
/** What a socket may hold before the exchange waits for it. */
const HIGH_WATER = 1024 * 1024;
/** Steps between two looks at the sockets. */
const STEPS_A_LOOK = 32;
/** After so much the event loop gets a turn, however willing the sockets are. */
const MOST_FRAMES_A_TURN = 2_000;
const MOST_STEPS_A_TURN = 4_000;

function frameTimeline(course: Course, clock: Clock, perSecond: number): Timeline {
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
    if (!course.isWatched()) {
      running = false;
      return;
    }
    const now = clock.now();
    if (isLimited) allowance += (Math.min(now - lastTurnAt, LONGEST_BURST_MS) * perSecond) / 1000;
    lastTurnAt = now;
    accounted = Math.min(accounted, course.framesSent());
    const goal = accounted + Math.min(allowance, MOST_FRAMES_A_TURN);
    for (let step = 0; step < MOST_STEPS_A_TURN; step += 1) {
      const looks = step % STEPS_A_LOOK === 0;
      if ((looks || isLimited) && course.framesSent() >= goal) break;
      if (looks && course.bufferedBytes() >= HIGH_WATER) break;
      at = course.step();
    }
    allowance -= course.framesSent() - accounted;
    accounted = course.framesSent();
    course.flush();
    waitsForDrain = course.bufferedBytes() >= HIGH_WATER;
    if (waitsForDrain) return;
    if (isLimited) clock.setTimeout(run, TURN_MS);
    else defer(clock, run);
  };
  return {
    now: () => at,
    catchUp() {},
    schedule() {
      if (running) return;
      if (!began) course.begin();
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
