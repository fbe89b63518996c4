import type { Mutant } from './writer-mutants.ts';

const mutant = (
  mistake: string,
  file: string,
  change: readonly [from: string, to: string],
  noticedBy: Mutant['noticedBy'],
): Mutant => ({
  mistake,
  file,
  from: change[0],
  to: change[1],
  noticedBy,
});

/** Mistakes in reading, verifying, replaying and editing; each must make the named test fail. */
export const readerMutants: readonly Mutant[] = [
  mutant(
    'verify ignores lines after the end',
    'verify/verify-segment.ts',
    ["broken('end', 'a line after the `end` record');", ''],
    ['verify/verify-capture.test.ts', 'bytes after the end'],
  ),
  mutant(
    'verify believes the hashes in the file',
    'verify/text-hash.ts',
    ["hash.copy().digest('hex') === sha256", "sha256 !== ''"],
    ['verify/verify-capture.test.ts', 'a finding names the file'],
  ),
  mutant(
    'verify believes the counts of an end',
    'verify/verify-segment.ts',
    ['said !== undefined && said !== facts[key]', 'false'],
    ['verify/verify-capture.test.ts', 'an end, or a checkpoint, that counts'],
  ),
  mutant(
    'verify does not look at the segment before',
    'verify/verify-chain.ts',
    ["end !== undefined && end.why !== 'crash' && header.previous !== end.sha256", 'false'],
    ['verify/verify-capture.test.ts', 'a segment that names another'],
  ),
  mutant(
    'verify does not compare the sidecar',
    'verify/folder-records.ts',
    ['} else if (!isConfirmed(stored)) {', '} else if (false && !isConfirmed(stored)) {'],
    ['verify/damage.property.test.ts', 'every one of'],
  ),
  mutant(
    'verify takes stated losses for silent ones',
    'verify/frame-indices.ts',
    ['if (inStated(hole) >= hole.count) continue;', ''],
    ['verify/verify-capture.test.ts', 'a hole that a gap record states'],
  ),
  mutant(
    'the quick way of reading takes numbers that are not exact',
    'read/frame-line.ts',
    ['const MAX_DIGITS = 15;', 'const MAX_DIGITS = 18;'],
    ['read/frame-line.property.test.ts', 'lines that look nearly right'],
  ),
  mutant(
    'the quick way of reading goes on in the next line',
    'read/frame-line.ts',
    [' && cut.from < cut.to;', ';'],
    ['read/frame-line.property.test.ts', 'lines that look nearly right'],
  ),
  mutant(
    'blocks that were handed out are read into again',
    'read/line-blocks.ts',
    ['return reuse && size', 'return size'],
    ['read/reading-forms.property.test.ts', 'every way of reading'],
  ),
  mutant(
    'a tape that is stepped through reads into the frame it has looked at',
    'replay/step-through.ts',
    ['frames.batches({ reuse: false })', 'frames.batches()'],
    ['read/reading-forms.property.test.ts', 'every way of reading'],
  ),
  mutant(
    'a copy beside the plain file is read too',
    'folder/copy-choice.ts',
    ['return [...copies.values()].map(chosenOf);', 'return [...files];'],
    ['read/open-capture.test.ts', 'compressed segments read'],
  ),
  mutant(
    'what is no file hides a copy of its segment',
    'folder/copy-choice.ts',
    ['return [first, ...others].find(mayBeRead) ?? first;', 'return first;'],
    ['repair/odd-neighbours.test.ts', 'hides no X.ndjson.zst'],
  ),
  mutant(
    'a later caller overtakes one that waits for a frame',
    'read/batch-iterator.ts',
    ['if (waiting === 0 && at < batch.length)', 'if (at < batch.length)'],
    ['read/open-capture.test.ts', 'a caller that comes later'],
  ),
  mutant(
    'a frame is replayed before its time',
    'replay/replay.ts',
    ['if (dueMs <= clock.now()) continue;', 'if (dueMs <= clock.now() + 3) continue;'],
    ['replay/replay.test.ts', 'frames are replayed at the recorded pace or at a multiple of it'],
  ),
  mutant(
    'an edited capture keeps the indices of the one it was made from',
    'transform/edited-records.ts',
    ['...numbers.frame(run, record),', 'connection: 0, index: record.index,'],
    ['transform/edit-capture.test.ts', 'frames dropped and swapped'],
  ),
  mutant(
    'a segment is looked for only under the name that it was listed with',
    'folder/segment-location.ts',
    ['wanted = locateSegment(file);', 'wanted = undefined;'],
    ['read/reading-while-recording.test.ts', 'listed segments are read after a rename'],
  ),
  mutant(
    'a follower takes the end of a file for the end of a segment',
    'read/line-blocks.ts',
    ['if ((await tail?.mayGrow(offset)) === true) {', 'if (read < 0) {'],
    ['read/follow.test.ts', 'what is there comes first'],
  ),
  mutant(
    'a follower leaves a sealed segment without a last look',
    'read/line-blocks.ts',
    ['complete = await untilGrown(source.file);', 'if (await untilGrown(source.file)) return false;'],
    [
      'read/follow.test.ts',
      'lines written while a segment is checked for completeness are read before moving on',
    ],
  ),
  mutant(
    'a follower keeps the start of a line that was taken back',
    'read/line-blocks.ts',
    ['if (tail?.forget(offset) === true) {', 'if (offset < 0) {'],
    ['read/follow.test.ts', 'a line that is taken back while'],
  ),
  mutant(
    'a follower reads on after an end that was taken back',
    'read/segment-reader.ts',
    ['if (ended && options.untilGrown !== undefined) return;', ''],
    ['read/follow.test.ts', 'an end that a writer takes back'],
  ),
  mutant(
    'a follower passes over deleted segments in silence',
    'read/follow-segments.ts',
    ['onGone({ folder: dirname(listed.path),', '({ folder: dirname(listed.path),'],
    ['read/follow.test.ts', 'segments that were deleted before they were read are reported'],
  ),
  mutant(
    'from now is from the start of the segment that is being written',
    'read/follow-segments.ts',
    ['const begun = start(last, from);', 'const begun = start(last);'],
    ['read/follow.test.ts', 'from now leaves out'],
  ),
  mutant(
    'verify takes the frames of deleted segments for lost ones',
    'verify/verify-run.ts',
    ['indices.skip();', ''],
    ['verify/runs-in-parts.test.ts', 'what retention deleted is not missing'],
  ),
  mutant(
    'what the numbers jump over in deleted segments is missing',
    'inspect/sequence-count.ts',
    ['!continuity.follows(number, index)', 'false'],
    ['verify/runs-in-parts.test.ts', 'what retention deleted is not missing'],
  ),
  mutant(
    'a copy of a folder is more of the same run',
    'folder/list-files.ts',
    ['part.every(({ segment }) => !known.numbers.has(segment))', 'part.length > 0'],
    ['verify/runs-in-parts.test.ts', 'a copy of a folder is another run'],
  ),
  mutant(
    'verify does not know where segments were moved to',
    'verify/check-run.ts',
    ['if (folder !== undefined) return elsewhere(folder);', ''],
    ['verify/runs-in-parts.test.ts', 'were moved away is whole in each folder'],
  ),
  mutant(
    'a cut has its name before it is whole',
    'transform/write-capture-file.ts',
    ['const unfinished = unfinishedPath(path);', 'const unfinished = path;'],
    ['transform/edit-capture.test.ts', 'while it is made nothing has its name'],
  ),
  mutant(
    'redacting an event leaves what is nested under a key',
    'transform/redact-record.ts',
    ['isHidden || hidden.keys.has(key)', 'hidden.keys.has(key)'],
    ['transform/edit-capture.test.ts', 'redacting an event is redacting its values'],
  ),
  mutant(
    'details of an event are taken for a payload',
    '../format/parse.ts',
    ['if (hasPayload(kindOf(envelope))) {', 'if (envelope !== undefined) {'],
    ['format/records.test.ts', 'comes back with every detail'],
  ),
  mutant(
    'what stood under a redacted key is shown where it is quoted',
    'transform/redact-record.ts',
    ['(value) => values.add(value)', '() => {}'],
    ['write/quoted-secrets.test.ts', 'is hidden wherever it is quoted'],
  ),
  mutant(
    'a cut forgets which frames quote a secret',
    'transform/edited-records.ts',
    ['quoting.has(keyOf(run, record))', 'false'],
    ['write/quoted-secrets.test.ts', 'no part that the recorder saw'],
  ),
  mutant(
    'a header says the password of its URL',
    'write/options.ts',
    ['publicUrl(options.url)', 'options.url'],
    ['write/quoted-secrets.test.ts', 'writes no URL with a password'],
  ),
];
