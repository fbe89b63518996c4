import { setTimeout } from 'node:timers/promises';
import { openWriter } from '@feedtape/capture/node';
import { makeFrame } from './life-ledger.ts';
import type { RetentionPlan, LifePlan } from './world-plan.ts';

// One life on a real file system, for a parent that kills it: does what a plan says, and says what is durable.

export interface RealLife {
  readonly folder: string;
  readonly run: string;
  readonly life: LifePlan;
  readonly retention: RetentionPlan | null;
}

/** Nothing of a plan waits longer than this. */
const LONGEST_WAIT_MS = 60;

const { folder, run, life, retention } = JSON.parse(process.argv[2] as string) as RealLife;
const { rotateBytes, rotateMs, fsync, compress, maxQueuedBytes, reserveBytes } = life.options;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const writer = await openWriter({
  folder,
  url: 'wss://example.test',
  run,
  rotate: { bytes: rotateBytes, ms: rotateMs },
  fsync,
  compress,
  maxQueuedBytes,
  reserveBytes,
  ...(retention !== null && { retention }),
});
say('ready');
let notices = 0;
let reported = '';
const report = (): void => {
  const { frames, durableFrames } = writer.stats;
  const now = `reported ${frames} ${durableFrames}`;
  if (now !== reported) say(now);
  reported = now;
};
const next = new Map<number, number>();
for (const step of life.steps) {
  switch (step.do) {
    case 'frames': {
      const { connection, count, of, everyMs } = step;
      for (let n = 0; n < count; n += 1) {
        const index = next.get(connection) ?? 0;
        next.set(connection, index + 1);
        const { bytes, binary } = makeFrame(run, connection, index, of);
        writer.frame(connection, bytes, performance.now(), binary);
        if (everyMs > 0) await setTimeout(Math.min(everyMs, 3));
        report();
      }
      break;
    }
    case 'open':
    case 'close':
      writer.connection(step.connection, step.do, { id: ++notices });
      break;
    case 'sent':
      writer.sent(step.connection, { type: 'subscribe', id: ++notices });
      break;
    case 'gap':
      writer.gap({
        connection: step.connection,
        why: 'sequence',
        count: 3,
        from: 1,
        to: 3,
        id: ++notices,
      });
      break;
    case 'wait':
      await setTimeout(Math.min(step.ms, LONGEST_WAIT_MS));
      break;
    case 'drain':
      await writer.drained();
      break;
    case 'wall':
    case 'room':
    case 'freeze':
    case 'rival':
    case 'unpack':
    case 'lock':
  }
  report();
}
const closing = writer.close();
const closed = await closing;
report();
say(`closed ${JSON.stringify(closed)}`);
