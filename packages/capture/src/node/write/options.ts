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
  /** Made with mode 700 when it is not there. One writer at a time. */
  readonly folder: string;
  /** Where the frames come from, for the header; without user, password and query. */
  readonly url: string;
  /** Name and version of the program, for the header. */
  readonly software?: string;
  /** The capture may hold private frames: refuse a folder that others can read. Default false. */
  readonly private?: boolean;
  /** The start of every file name of this run; unique by default. */
  readonly run?: string;
  /**
   * A segment ends before it grows beyond `bytes` (default 256 MiB) or its age in ms (default an hour). Sooner
   * where the system limits the size of a file (`ulimit -f`).
   */
  readonly rotate?: { readonly bytes?: number; readonly ms?: number };
  /** When written frames are made durable: after every write, at an interval (default 1,000 ms), or never. */
  readonly fsync?: 'always' | 'never' | { readonly everyMs: number };
  /** What sealed segments are compressed with in the background. Default `none`. */
  readonly compress?: Compression;
  /** Frames beyond this many waiting bytes are dropped and counted. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
  readonly retention?: Retention;
  /** Space kept aside so that a full disk leaves room to seal what there is. Default 1 MiB; 0 for none. */
  readonly reserveBytes?: number;
  /** Less free space than this is reported once, as `low-space`. Default 256 MiB. */
  readonly lowSpaceBytes?: number;
  /**
   * Aborting it rejects the opening with its reason, which may have to read long files that a crash left; they stay
   * as they are. An open writer is ended by `close`.
   */
  readonly signal?: AbortSignal;
  readonly clock?: CaptureClock;
  /** Called synchronously. What it throws reaches the process as an uncaught exception, never the writer. */
  readonly onEvent?: (event: WriterEvent) => void;
  /** The file system; `node:fs/promises` by default. */
  readonly files?: Files;
  /** The rest of what is outside the writer, for simulations; the real one by default. */
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
