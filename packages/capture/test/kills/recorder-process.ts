import { readFileSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { openWriter } from '@feedtape/capture/node';
import type { WriterOptions } from '@feedtape/capture/node';
import { ledgerFrame, ledgerPlace } from '../ledger.ts';

// A recorder for the tests that kill one: offers the frames of a ledger to a writer, at a pace or as fast as
// they are taken, and says on standard output when it is ready and how many frames are durable.

export interface RecorderTask {
  readonly options: Omit<WriterOptions, 'onEvent' | 'clock' | 'files'>;
  readonly seed: number;
  readonly connections: number;
  /** How many frames in all; without it, it goes on until it is stopped. */
  readonly frames?: number;
  /** Frames a millisecond. Without it, one at a time, each written before the next. */
  readonly pace?: number;
  /** Say so for every event and every durable frame. */
  readonly verbose?: boolean;
}

const task = JSON.parse(process.argv[2] ?? '') as RecorderTask;
const say = (text: string): void => {
  if (task.verbose === true) process.stdout.write(`${text}\n`);
};

const writer = await openWriter({
  ...task.options,
  onEvent: (event) => {
    say(`event ${event.kind}`);
    if (event.kind === 'failed') process.exitCode = 74;
  },
});
let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143);
    stopping = true;
  });
}

let offered = 0;
function offer(): void {
  const { connection, index } = ledgerPlace(offered, task.connections);
  const { bytes, binary } = ledgerFrame(task.seed, connection, index);
  writer.frame(connection, bytes, performance.now(), binary);
  offered += 1;
}

process.stdout.write(`ready ${writer.run}\n`);
const startMs = performance.now();
let durable = 0;
const isDone = (): boolean => stopping || (task.frames !== undefined && offered >= task.frames);
while (!isDone()) {
  if (task.pace === undefined) {
    offer();
    await writer.drained();
    await setImmediate();
  } else {
    const due = Math.ceil((performance.now() - startMs) * task.pace);
    while (offered < due && !isDone()) offer();
    await setTimeout(1);
  }
  if (writer.stats.durableFrames > durable) {
    durable = writer.stats.durableFrames;
    say(`durable ${durable}`);
  }
}
const { frames, dropped } = await writer.close();
const peakKib = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
process.stdout.write(`closed ${JSON.stringify({ offered, frames, dropped, peakKib: Number(peakKib) })}\n`);
