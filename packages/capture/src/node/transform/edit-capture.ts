import { basename } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import { CAPTURE_VERSION } from '../../format/records.ts';
import type { HeaderRecord } from '../../format/records.ts';
import { publicUrl } from '../../format/redact-request.ts';
import { groupRuns } from '../folder/list-files.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { openCapture } from '../read/open-capture.ts';
import { isRunName } from '../../format/segment-name.ts';
import { readHeader } from '../read/segment-reader.ts';
import { goneSegments } from '../read/segment-walk.ts';
import { writeDerivedFile } from './write-capture-file.ts';
import type { DerivedCapture } from './write-capture-file.ts';
import { editedRecords } from './edited-records.ts';
import type { EditOptions } from './edit-options.ts';

/**
 * Makes a smaller capture of a capture: cut, with frames dropped or swapped, redacted. The result is one new
 * file with one sealed segment that verifies, and whose header says what it was made from, and what that
 * was made from. It is compressed when `to` ends in `.zst` or `.gz`. The bytes of a frame stay what they were
 * unless `redact` changes them.
 *
 * Frames and connections are counted anew, so that nothing is missing but what the exchange's own numbers
 * show. Recorded `sequence` gaps are left out, because they say what the frames say, but for a cut by channel,
 * product or `where`: its numbers jump over what was left out, too. Several runs become one, with their wall clock
 * between them.
 *
 * @throws CaptureError CAPTURE_OPTION for a frame that is not there, CAPTURE_IO when `to` exists, and as
 * `openCapture`
 */
export async function editCapture(
  source: CaptureSource,
  to: string,
  options: EditOptions = {},
): Promise<DerivedCapture> {
  const header = await editedHeader(source, to, options);
  return writeDerivedFile(to, editedRecords(source, header, options), options.signal);
}

/** The header but for its time, which is that of the first record that is kept. */
async function editedHeader(source: CaptureSource, to: string, options: EditOptions): Promise<HeaderRecord> {
  const files = await openCapture(source).segments();
  const headers: HeaderRecord[] = [];
  for (const run of groupRuns(files)) {
    const header = await headerOf(run);
    if (header !== undefined) headers.push(header);
  }
  const name = basename(to).replace(/\.ndjson(?:\.zst|\.gz)?$/, '');
  const run = options.run ?? (isRunName(name) ? name : 'edited');
  const chosenBy = chosenByOf(options, headers);
  if (!isRunName(run)) throw new CaptureError('CAPTURE_OPTION', { option: 'run', reason: 'not a run name' });
  return {
    kind: 'header',
    version: CAPTURE_VERSION,
    run,
    segment: 0,
    previous: null,
    software: (headers[0]?.software ?? 'unknown').slice(0, MOST_TEXT),
    url: publicUrl(headers[0]?.url ?? 'unknown').slice(0, MOST_TEXT),
    at: '',
    mono: 0,
    fsync: 'never',
    private: headers.some((header) => header.private),
    origin: {
      how: 'edited',
      from: shortened([
        ...groupRuns(files).map(nameOfRun),
        ...headers.flatMap(({ origin }) => origin?.from ?? []),
      ]),
      note: [noteOf(options), ...headers.flatMap(({ origin }) => origin?.note ?? [])]
        .join('; before: ')
        .slice(0, MOST_TEXT),
      ...(chosenBy.length > 0 && { chosenBy }),
    },
  };
}

/** A header has to stay one that can be read, whatever it was made from. */
const MOST_TEXT = 4096;
const MOST_NAMES = 100;
const MOST_NAME = 256;

function shortened(names: readonly string[]): readonly string[] {
  const more = names.length > MOST_NAMES ? [`and ${names.length - MOST_NAMES} more`] : [];
  return [...names.slice(0, MOST_NAMES).map((name) => name.slice(0, MOST_NAME)), ...more];
}

/** Of the first segment that is still there: a recorder that is at work deletes the oldest. */
async function headerOf(run: readonly CaptureFile[]): Promise<HeaderRecord | undefined> {
  for (const file of run) {
    try {
      return await readHeader(file);
    } catch (error) {
      if (goneSegments(error) === undefined) throw error;
    }
  }
  return undefined;
}

function nameOfRun(run: readonly CaptureFile[]): string {
  const [first, ...more] = run.map(({ path }) => basename(path));
  return more.length === 0 ? (first ?? '') : `${first} to ${more.at(-1)}`;
}

const FILTERS = ['connection', 'from', 'to', 'channel', 'product', 'where'] as const;

/** By this edit or by one before; a run whose first segments are not there begins late, too. */
function chosenByOf(options: EditOptions, headers: readonly HeaderRecord[]): readonly string[] {
  const before = new Set(headers.flatMap(({ origin }) => origin?.chosenBy ?? []));
  if (headers.some(({ segment }) => segment > 0)) before.add('from');
  return FILTERS.filter((key) => options[key] !== undefined || before.has(key));
}

function noteOf({ drop = [], swap = [], redact = [], note, ...filter }: EditOptions): string {
  const cuts = FILTERS.filter((key) => filter[key] !== undefined);
  const parts = [
    ...(cuts.length > 0 ? [`cut by ${cuts.join(', ')}`] : []),
    ...(drop.length > 0 ? [`${drop.length} frames dropped`] : []),
    ...(swap.length > 0 ? [`${swap.length} pairs of frames swapped`] : []),
    ...(redact.length > 0 ? [`redacted ${redact.join(', ')}`] : []),
    ...(note === undefined ? [] : [note]),
  ];
  return parts.join('; ');
}
