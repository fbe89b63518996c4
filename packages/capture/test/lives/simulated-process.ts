import { Transform } from 'node:stream';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Codecs, ProcessIdentity, WriterEnvironment } from '@feedtape/capture/node';
import type { MemoryDisk } from './memory-disk.ts';
import { MountedDisk } from './mounted-disk.ts';
import type { CallPlan } from './mounted-disk.ts';
import { mixed } from './seeded-random.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** All processes of a simulated host. */
export class ProcessTable {
  readonly running = new Map<number, string>();
  #lastPid = 100;

  start(): { pid: number; started: string } {
    this.#lastPid += 1;
    const started = String(this.#lastPid * 7);
    this.running.set(this.#lastPid, started);
    return { pid: this.#lastPid, started };
  }
}

/** A process on a simulated host: the environment that a writer meets in it, and how it is stopped and killed. */
export class SimulatedProcess {
  readonly disk: MountedDisk;
  readonly #time: SimulatedTime;
  readonly #table: ProcessTable;
  readonly #identity: ProcessIdentity;
  readonly #maxFileBytes: number;
  #alive = true;
  #frozenUntilMs = 0;
  #uuids = 0;

  constructor(parts: {
    readonly time: SimulatedTime;
    readonly disk: MemoryDisk;
    readonly table: ProcessTable;
    readonly plan: CallPlan;
    /** A container of its own: its process numbers mean nothing outside. */
    readonly namespace?: string;
    readonly maxFileBytes?: number;
  }) {
    this.#time = parts.time;
    this.#table = parts.table;
    this.#maxFileBytes = parts.maxFileBytes ?? Number.POSITIVE_INFINITY;
    this.#identity = { host: 'host', namespace: parts.namespace ?? 'pid:[1]', ...parts.table.start() };
    this.disk = new MountedDisk({
      disk: parts.disk,
      plan: parts.plan,
      after: (ms, run) => this.after(ms, run),
      isAlive: () => this.#alive,
      wallMs: () => parts.time.wallMs,
    });
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isFrozen(): boolean {
    return this.#time.nowMs < this.#frozenUntilMs;
  }

  /** As a process does it: not while it is stopped, and never after it has died. */
  after(ms: number, run: () => void): () => void {
    let cancel = this.#time.after(ms, go);
    // eslint-disable-next-line typescript/no-this-alias
    const self = this;
    function go(): void {
      if (!self.#alive) return;
      const waitMs = self.#frozenUntilMs - self.#time.nowMs;
      if (waitMs > 0) cancel = self.#time.after(waitMs, go);
      else run();
    }
    return () => cancel();
  }

  /** SIGSTOP, a paused container, a suspended machine: nothing happens in it, and the time goes on. */
  freeze(ms: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#time.nowMs + ms);
  }

  kill(): void {
    this.#alive = false;
    this.#table.running.delete(this.#identity.pid);
    this.disk.abandon();
  }

  environment(): WriterEnvironment {
    const { pid } = this.#identity;
    return {
      files: this.disk.files,
      clock: { now: () => this.#time.nowMs, wallMs: () => this.#time.wallMs },
      timers: {
        after: (ms, run) => this.after(ms, run),
        afterInBackground: (ms, run) => this.after(ms, run),
      },
      processes: {
        self: () => this.#identity,
        isRunning: (other) => this.#table.running.has(other),
        startOf: (other) => this.#table.running.get(other) ?? null,
      },
      uuid: () => {
        this.#uuids += 1;
        const hex = (part: string): string => mixed(pid, this.#uuids, part).toString(16).padStart(8, '0');
        const text = hex('a') + hex('b') + hex('c') + hex('d');
        return [8, 12, 16, 20, 32]
          .map((to, at, all) => text.slice(at === 0 ? 0 : (all[at - 1] as number), to))
          .join('-');
      },
      codecs: synchronousCodecs,
      maxFileBytes: this.#maxFileBytes,
    };
  }
}

/** Collects what is written, and hands it on at the end, converted in the same turn. */
function whole(convert: (bytes: Buffer) => Buffer): () => Transform {
  return () => {
    const pieces: Buffer[] = [];
    return new Transform({
      transform(piece: Buffer, _encoding, done) {
        pieces.push(Buffer.from(piece));
        done();
      },
      flush(done) {
        try {
          done(null, convert(Buffer.concat(pieces)));
        } catch (error) {
          done(error as Error);
        }
      },
    });
  };
}

/** The real ones work in threads, which no seed decides about. */
const synchronousCodecs: Codecs = {
  zstd: { suffix: '.zst', compress: whole(zstdCompressSync), decompress: whole(zstdDecompressSync) },
  gzip: { suffix: '.gz', compress: whole(gzipSync), decompress: whole(gunzipSync) },
};
