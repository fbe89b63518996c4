/** A run's name: the start of every file name of the run, so it can't hold anything but these letters. */
const RUN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const SEGMENT = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})-(\d{6,9})\.ndjson(\.partial|\.zst|\.gz)?$/;

export const MANIFEST = 'manifest.ndjson';
export const LOCK = 'writer.lock';
export const RESERVE = 'reserve.bin';

export function isRunName(text: string): boolean {
  return RUN.test(text);
}

/** Unique, and in the order of time as a string: the start in UTC and 32 random bits of a UUID. */
export function createRunName(wallMs: number, uuid: string): string {
  const start = new Date(wallMs).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '');
  return `${start}Z-${uuid.slice(0, 8)}`;
}

/** The name of a sealed segment; while it is written, `.partial` follows it. */
export function segmentName(run: string, segment: number): string {
  return `${run}-${String(segment).padStart(6, '0')}.ndjson`;
}

export interface SegmentName {
  readonly file: string;
  readonly run: string;
  readonly segment: number;
  readonly form: 'plain' | 'partial' | 'zst' | 'gz';
  /** The name of the sealed plain file. */
  readonly plain: string;
}

/** Takes a file name apart; `undefined` when it is not a segment's. */
export function parseSegmentName(file: string): SegmentName | undefined {
  const [, run, segment, suffix] = SEGMENT.exec(file) ?? [];
  if (run === undefined || segment === undefined) return undefined;
  const form = suffix === undefined ? 'plain' : (suffix.slice(1) as 'partial' | 'zst' | 'gz');
  const plain = suffix === undefined ? file : file.slice(0, -suffix.length);
  return { file, run, segment: Number(segment), form, plain };
}

const TEMPORARY = /^(.+?)(?:\.sha256|\.torn(?:\.\d{1,6})?)?\.tmp$/;

/** Whether a file is one of ours that was being put in place: a copy, sidecar or torn end of a segment, or a manifest. */
export function isTemporaryName(file: string): boolean {
  if (file === `${MANIFEST}.tmp`) return true;
  const [, name = ''] = TEMPORARY.exec(file) ?? [];
  return parseSegmentName(name) !== undefined;
}
