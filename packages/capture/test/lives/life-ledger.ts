import { createHash } from 'node:crypto';
import type { CaptureWriter, WriterEvent, WriterResult } from '@feedtape/capture/node';
import type { FrameKind } from './world-plan.ts';

/** A frame that was handed over. */
export interface HandedFrame {
  readonly bytes: Buffer;
  readonly binary: boolean;
}

/** How a life ended: it never began, it closed, it died, or somebody took the folder from it. */
export type Ending = 'refused' | 'closed' | 'killed' | 'power' | 'fenced';

/** What was handed to one writer, and what it has said. Nothing in here comes from the disk. */
export interface LifeLedger {
  readonly run: string;
  /** By connection, in the order of their indices. */
  readonly frames: Map<number, HandedFrame[]>;
  /** Numbers of the requests, events and gaps that were handed over; each stands in its record. */
  readonly notices: number[];
  /** Frames reported as written, and as durable. */
  written: number;
  durable: number;
  ending: Ending;
  result: WriterResult | undefined;
  /** What it reports from now on says nothing: it has lost the folder without having been able to know. */
  deaf: boolean;
  /** Its last word could not be written: the disk took nothing any more, or the lock was out of sight for too long. */
  isMute: boolean;
  /** Something failed, was full or was slow while it lived. */
  troubled: boolean;
  readonly events: WriterEvent[];
}

export function createLedger(run: string): LifeLedger {
  return {
    run,
    frames: new Map(),
    notices: [],
    written: 0,
    durable: 0,
    ending: 'refused',
    result: undefined,
    deaf: false,
    isMute: false,
    troubled: false,
    events: [],
  };
}

export function handedOver({ frames }: LifeLedger): number {
  let count = 0;
  for (const list of frames.values()) count += list.length;
  return count;
}

/** Notes what the writer reports now. */
export function noteReports(ledger: LifeLedger, writer: CaptureWriter): void {
  if (ledger.deaf) return;
  const { frames, durableFrames } = writer.stats;
  ledger.written = Math.max(ledger.written, frames);
  ledger.durable = Math.max(ledger.durable, durableFrames);
}

/** A frame that its place alone decides. */
export function makeFrame(run: string, connection: number, index: number, of: FrameKind): HandedFrame {
  const random = createHash('md5').update(`${run}/${connection}/${index}`).digest();
  const filler = 'x'.repeat(random[0] as number);
  switch (of) {
    case 'object':
      return { bytes: Buffer.from(`{"c":${connection},"n":${index},"f":"${filler}"}`), binary: false };
    case 'wide':
      return {
        bytes: Buffer.from(`{"c":${connection},"n":${index},"f":"${filler.repeat(20)}"}`),
        binary: false,
      };
    case 'text':
      return {
        bytes: Buffer.from(`line ${index}\n{"kind":"end"}\n"\u2028é\u0001${filler}`),
        binary: false,
      };
    case 'binary':
      return { bytes: random, binary: (random[1] as number) < 128 };
    case 'long':
      return { bytes: Buffer.from(`{"n":${index},"f":"${'long '.repeat(60_000)}"}`), binary: false };
    case 'empty':
      return { bytes: Buffer.alloc(0), binary: false };
  }
}
