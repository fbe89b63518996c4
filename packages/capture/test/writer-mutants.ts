/** A mistake in the writer: one replacement in one source file, and the test that has to notice it. */
export interface Mutant {
  readonly mistake: string;
  /** Below src/node. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** A test file, and how the test's name starts. */
  readonly noticedBy: readonly [file: string, test: string];
}

/**
 * The mistakes that recorders are known to make. A test suite is worth what it notices: each of these must
 * make the named test fail.
 */
export const mutants: readonly Mutant[] = [
  {
    mistake: 'a checkpoint without fdatasync',
    file: 'segment-file.ts',
    from: "await appendLine(encodeRecord({ kind: 'checkpoint', offset, lines, sha256: sha256() }));\n      await datasync();",
    to: "await appendLine(encodeRecord({ kind: 'checkpoint', offset, lines, sha256: sha256() }));",
    noticedBy: ['durability.test.ts', 'a checkpoint is followed by'],
  },
  {
    mistake: 'no fsync of the folder after a file is made',
    file: 'segment-file.ts',
    from: 'await syncFolder(files, folder);',
    to: '',
    noticedBy: ['durability.test.ts', 'a new segment is durable'],
  },
  {
    mistake: 'a rename before the end is synced',
    file: 'segment-file.ts',
    from: 'await datasync();\n        return await finished(counts, why);',
    to: 'return await finished(counts, why);',
    noticedBy: ['durability.test.ts', 'a segment gets its name'],
  },
  {
    mistake: 'no fsync of the folder after the rename',
    file: 'sealing.ts',
    from: 'await persistently(timers, () => syncFolder(files, folder));\n',
    to: '',
    noticedBy: ['durability.test.ts', 'a segment gets its name'],
  },
  {
    mistake: 'the torn tail is kept',
    file: 'seal-partial.ts',
    from: 'if (scan.torn.length > 0) await handle.truncate(scan.bytes);',
    to: '',
    noticedBy: ['repair.test.ts', 'a segment cut at any byte'],
  },
  {
    mistake: 'the torn bytes are thrown away',
    file: 'seal-partial.ts',
    from: 'await keepTorn(files, join(folder, `${name.plain}.torn`), scan.torn);',
    to: '',
    noticedBy: ['repair.test.ts', 'a segment cut at any byte'],
  },
  {
    mistake: 'no loop around short writes',
    file: 'segment-file.ts',
    from: 'while (written < tally.bytes) {',
    to: 'for (let once = 0; once < 1; once += 1) {',
    noticedBy: ['io-errors.test.ts', 'short writes'],
  },
  {
    mistake: 'after a short write the blocks that follow begin anew',
    file: 'segment-file.ts',
    from: 'skip -= from;',
    to: 'skip -= 0;',
    noticedBy: ['io-errors.test.ts', 'short writes of several blocks'],
  },
  {
    mistake: 'what could not be stated is forgotten',
    file: 'write-loop.ts',
    from: 'recordsIn(block).forEach(discard);\n      throw error;',
    to: 'throw error;',
    noticedBy: ['disk-full.test.ts', 'what was dropped is stated'],
  },
  {
    mistake: 'what had not joined the queue is forgotten when a recording fails',
    file: 'write-loop.ts',
    from: 'queue.flush();\n    discardQueue();',
    to: 'discardQueue();',
    noticedBy: ['io-errors.test.ts', 'a recording that fails counts'],
  },
  {
    mistake: 'half a line stays when a write fails',
    file: 'segment-file.ts',
    from: '=> handle.truncate(offset);',
    to: '=> Promise.resolve();',
    noticedBy: ['disk-full.test.ts', 'space that comes back'],
  },
  {
    mistake: 'an old partial is continued',
    file: 'open-writer.ts',
    from: 'const { sealed } = await repairFolder(settings, folder);',
    to: 'const sealed: { file: string; tornBytes: number }[] = [];',
    noticedBy: ['repair.test.ts', 'a new run never adds'],
  },
  {
    mistake: 'the extent of a crash is 0 where nobody knows it',
    file: 'seal-partial.ts',
    from: 'count: null',
    to: 'count: 0',
    noticedBy: ['repair.test.ts', 'repair states a gap of unknown extent'],
  },
  {
    mistake: 'the wall clock decides about rotation',
    file: 'timekeeper.ts',
    from: 'const ns = Math.round((this.#plausible(ms) - this.#zeroMs) * 1e6);',
    to: 'const ns = Math.round((ms && this.#clock.wallMs() - this.#zeroSeconds * 1000) * 1e6);',
    noticedBy: ['rotation.test.ts', 'a quiet feed rotates'],
  },
  {
    mistake: 'a limit on the size of a file is met by chance',
    file: 'environment.ts',
    from: 'environment?.maxFileBytes ?? fileSizeLimit()',
    to: 'Number.POSITIVE_INFINITY',
    noticedBy: ['file-size-limit.test.ts', 'under ulimit -f'],
  },
  {
    mistake: 'files that others can read',
    file: 'segment-file.ts',
    from: 'await handle.chmod(0o600);',
    to: 'await handle.chmod(0o644);',
    noticedBy: ['folder-lock.test.ts', 'whatever the umask'],
  },
  {
    mistake: 'a failed fsync is tried again',
    file: 'segment-file.ts',
    from: "if (why === 'fsync') return finished(counts, why);",
    to: '',
    noticedBy: ['io-errors.test.ts', 'a failed fsync is never tried again'],
  },
  {
    mistake: 'dropped frames are forgotten',
    file: 'recording.ts',
    from: 'this.#drops.count(connection, index, bytes.length);',
    to: '',
    noticedBy: ['disk-full.test.ts', 'a full disk stops nothing'],
  },
  {
    mistake: 'the queue has no limit',
    file: 'recording.ts',
    from: 'return this.#queue.queuedBytes + bytes <= limit;',
    to: 'return limit > 0;',
    noticedBy: ['disk-full.test.ts', 'a disk that is slow'],
  },
  {
    mistake: 'the index of a dropped frame is given out again',
    file: 'recording.ts',
    from: 'this.#indices[connection] = index + 1;',
    to: 'if (this.#accepts(bytes.length)) this.#indices[connection] = index + 1;',
    noticedBy: ['disk-full.test.ts', 'a disk that is slow'],
  },
  {
    mistake: 'a lock is believed for ever',
    file: 'folder-lock.ts',
    from: 'return started === null || processes.startOf(pid) === started;',
    to: 'return true;',
    noticedBy: ['folder-lock.test.ts', 'of fifty that start at once on a folder'],
  },
  {
    mistake: 'who replaces a dead lock does not look again',
    file: 'folder-lock.ts',
    from: 'if (idOf(now) !== dead)',
    to: 'if (idOf(now) === undefined)',
    noticedBy: ['folder-lock.test.ts', 'who comes late'],
  },
  {
    mistake: 'the old segment is sealed before the new one is open',
    file: 'write-loop.ts',
    from: "segment = await series.open(zero, open);\n      if (old !== undefined) await series.sealBeside(old, 'rotate');",
    to: "if (old !== undefined) await series.seal(old, 'rotate');\n      segment = await series.open(zero, open);",
    noticedBy: ['rotation.test.ts', 'the next segment is there'],
  },
  {
    mistake: 'retention takes all it may not',
    file: 'retention.ts',
    from: 'const ALWAYS_KEPT = 2;',
    to: 'const ALWAYS_KEPT = 1;',
    noticedBy: ['rotation.test.ts', 'retention deletes'],
  },
  {
    mistake: 'the plain file goes before the compressed one is verified',
    file: 'compression.ts',
    from: "if (!same) throw new Error('the compressed copy does not read back as the segment');",
    to: '',
    noticedBy: ['compression.test.ts', 'a compressed copy that does not read back'],
  },
  {
    mistake: 'a raw frame is not checked',
    file: 'recording.ts',
    from: 'if (binary || !isOneLineObject(bytes)) {',
    to: 'if (binary) {',
    noticedBy: ['writer.test.ts', 'a run is one sealed'],
  },
  {
    mistake: 'a step of the wall clock goes unsaid',
    file: 'recording.ts',
    from: "this.#record((stamp) => ({ kind: 'clock', offsetMs, ...stamp }));",
    to: '',
    noticedBy: ['rotation.test.ts', 'a step of the wall clock'],
  },
  {
    mistake: 'a step just before the end goes unsaid',
    file: 'recording.ts',
    from: 'this.#stateStep();\n      this.#closing',
    to: 'this.#closing',
    noticedBy: ['rotation.test.ts', 'a step just before the end'],
  },
  {
    mistake: 'a segment that is gone is compressed',
    file: 'housekeeping.ts',
    from: 'if (waiting.delete(file)) await',
    to: 'await',
    noticedBy: ['compression.test.ts', 'a segment that retention takes'],
  },
  {
    mistake: 'the monotonic clock runs backwards with the receive times',
    file: 'timekeeper.ts',
    from: 'this.#set(ns > this.mono ? ns : this.mono);',
    to: 'this.#set(ns);',
    noticedBy: ['rotation.test.ts', 'a step of the wall clock'],
  },
  {
    mistake: 'a new segment takes over the wall clock, and with it a step that nobody states',
    file: 'timekeeper.ts',
    from: 'this.#anchor(isStep(offsetMs) ? { wallMs: reading.wallMs - offsetMs, ms: reading.ms } : reading);',
    to: 'this.#anchor(reading);',
    noticedBy: ['rotation.test.ts', 'a step that a new segment meets first'],
  },
];
