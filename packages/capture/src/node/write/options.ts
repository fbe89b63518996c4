import { publicUrl } from '../../format/redact-request.ts';
import { environmentOf } from '../fs/environment.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import type { Files } from '../fs/file-system.ts';
import { createRunName, isRunName } from '../../format/segment-name.ts';
import type { CaptureClock } from '../system/clock.ts';
import type { Compression } from '../seal/compress.ts';
import type { Retention } from '../seal/retention.ts';
import type { WriterEvent } from './events.ts';
import {
  aBoolean,
  aFunction,
  aPositive,
  aSize,
  aString,
  checkRules,
  group,
  refuse,
  rule,
  type Rules,
  withMethods,
} from './option-rules.ts';

export interface WriterOptions {
  /** Path of the capture folder. Created with mode 700 when it does not exist; one writer at a time. */
  readonly folder: string;
  /** Address of the feed, at most 4,096 characters. The header keeps it without user, password and query. */
  readonly url: string;
  /** Name and version of the program for the header, at most 4,096 characters. @default '@feedtape/capture' */
  readonly software?: string;
  /** Whether the capture may hold private frames: a folder that others can read is refused. @default false */
  readonly private?: boolean;
  /**
   * Start of every file name of this run: at most 64 letters, digits, `-` and `_`, not starting with `-` or `_`.
   * @default the start in UTC and 32 random bits
   */
  readonly run?: string;
  /**
   * Limits of a segment: `bytes` (default 256 MiB) and age in `ms` (default 3,600,000), both more than 0. A file-size
   * limit of the system (`ulimit -f`) ends it sooner.
   */
  readonly rotate?: { readonly bytes?: number; readonly ms?: number };
  /**
   * When written frames are made durable: after every write, every `everyMs` ms (at most 2,147,483,647), or never.
   * @default { everyMs: 1000 }
   */
  readonly fsync?: 'always' | 'never' | { readonly everyMs: number };
  /** Compresses sealed segments in the background. @default 'none' */
  readonly compress?: Compression;
  /** Limit of the write queue in bytes, more than 0: frames beyond it are dropped and counted. @default 64 MiB */
  readonly maxQueuedBytes?: number;
  /** Deletes the oldest sealed segments while a limit is exceeded. @default keeps everything */
  readonly retention?: Retention;
  /** Bytes reserved so that a segment can be sealed on a full disk; 0 for none. @default 1 MiB */
  readonly reserveBytes?: number;
  /** Reports `low-space` once when fewer bytes than this are free. @default 256 MiB */
  readonly lowSpaceBytes?: number;
  /**
   * Rejects `openWriter` with its reason when it aborts, for example while long files of a crash are being repaired; they
   * stay unchanged. It has no effect on an open writer: use `close`.
   */
  readonly signal?: AbortSignal;
  /** Monotonic clock in ms and wall clock in ms since 1970. @default `performance.now` and `Date.now` */
  readonly clock?: CaptureClock;
  /** Called synchronously with each event. An exception becomes an uncaught one of the process, never the writer's. */
  readonly onEvent?: (event: WriterEvent) => void;
  /** File system. @default `node:fs/promises`, which follows no links and opens only regular files */
  readonly files?: Files;
  /** Replaces further parts of the environment, for simulations. @default the system's */
  readonly environment?: Partial<WriterEnvironment>;
}

export interface WriterSettings extends WriterEnvironment {
  readonly folder: string;
  readonly url: string;
  readonly software: string;
  readonly private: boolean;
  readonly run: string;
  readonly rotateBytes: number;
  readonly rotateMs: number;
  readonly fsync: 'always' | 'never' | { readonly everyMs: number };
  readonly compress: Compression;
  readonly maxQueuedBytes: number;
  readonly retention: Retention | undefined;
  readonly reserveBytes: number;
  readonly lowSpaceBytes: number;
  readonly emit: (event: WriterEvent) => void;
}

const MIB = 1024 * 1024;
/** Of what a header says of the recording. */
const MOST_TEXT = 4096;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const FSYNC = group<{ everyMs: number }>({ everyMs: aPositive });

const RULES: Rules<WriterOptions> = {
  folder: { ...aString, required: true },
  url: { ...aString, required: true },
  software: aString,
  private: aBoolean,
  run: aString,
  rotate: group<NonNullable<WriterOptions['rotate']>>({ bytes: aPositive, ms: aPositive }),
  fsync: {
    ...FSYNC,
    expected: "'always', 'never' or { everyMs }",
    holds: (value) =>
      value === 'always' ||
      value === 'never' ||
      (FSYNC.holds(value) && Object.hasOwn(value as object, 'everyMs')),
  },
  compress: rule(
    "'none', 'zstd' or 'gzip'",
    (value) => value === 'none' || value === 'zstd' || value === 'gzip',
  ),
  maxQueuedBytes: aPositive,
  retention: group<Retention>({ bytes: aSize, segments: aSize, ms: aSize, freeBytes: aSize }),
  reserveBytes: aSize,
  lowSpaceBytes: aSize,
  signal: withMethods('throwIfAborted', 'addEventListener', 'removeEventListener'),
  clock: withMethods('now', 'wallMs'),
  onEvent: aFunction,
  files: withMethods(),
  environment: withMethods(),
};

/** @throws CaptureError `CAPTURE_OPTION` for a value that makes no sense, and for a name that no option has */
export function settingsOf(options: WriterOptions): WriterSettings {
  checkRules(RULES, options);
  const environment = environmentOf(options);
  const run = options.run ?? createRunName(environment.clock.wallMs(), environment.uuid());
  if (!isRunName(run)) refuse('run', 'at most 64 letters, digits, - and _, not starting with - or _');
  for (const option of ['url', 'software'] as const) {
    if ((options[option]?.length ?? 0) > MOST_TEXT) refuse(option, `at most ${MOST_TEXT} characters`);
  }
  const fsync = options.fsync ?? { everyMs: 1000 };
  if (typeof fsync === 'object' && fsync.everyMs > LONGEST_TIMER_MS) {
    refuse('fsync.everyMs', 'at most 2147483647 ms, which is as long as a timer runs');
  }
  return {
    ...environment,
    folder: options.folder,
    url: publicUrl(options.url),
    software: options.software ?? '@feedtape/capture',
    private: options.private ?? false,
    run,
    rotateBytes: options.rotate?.bytes ?? 256 * MIB,
    rotateMs: options.rotate?.ms ?? 3_600_000,
    fsync,
    compress: options.compress ?? 'none',
    maxQueuedBytes: options.maxQueuedBytes ?? 64 * MIB,
    retention: options.retention,
    reserveBytes: options.reserveBytes ?? MIB,
    lowSpaceBytes: options.lowSpaceBytes ?? 256 * MIB,
    emit: safely(options.onEvent ?? (() => undefined)),
  };
}

/** The policy as the header states it: `always`, `never`, `1s`, `250ms`. */
export function fsyncText(fsync: WriterSettings['fsync']): string {
  if (typeof fsync === 'string') return fsync;
  return fsync.everyMs % 1000 === 0 ? `${fsync.everyMs / 1000}s` : `${fsync.everyMs}ms`;
}

function safely(onEvent: (event: WriterEvent) => void): (event: WriterEvent) => void {
  return (event) => {
    try {
      onEvent(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}
