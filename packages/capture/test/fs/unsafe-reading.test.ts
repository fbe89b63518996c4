// @module-tag slow

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { encodeRecord } from '@feedtape/capture';
import {
  editCapture,
  frames,
  importFrames,
  inspectCapture,
  openCapture,
  verifyCapture,
} from '@feedtape/capture/node';
import type { CaptureSource } from '@feedtape/capture/node';
import { expect, onTestFinished, test } from 'vitest';
import { frameLine, headerLine, sealedText, temporaryFolder, writeSealed } from '../capture-files.ts';
import { skippedFrame } from './skipped-frame.ts';

const RUN = '20261122T055412Z-00000001';
const PLAIN = `${RUN}-000000.ndjson`;
const text = sealedText([headerLine({ run: RUN }), frameLine({ index: 0, ms: 1 })]);

async function count(source: CaptureSource): Promise<number> {
  let total = 0;
  for await (const _ of frames(source)) total += 1;
  return total;
}

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

/** Everything that reads a capture; `verify` says it as a finding. */
const READERS: readonly (readonly [string, (source: string) => Promise<unknown>])[] = [
  ['frames', count],
  ['records', async (source) => await readAll(openCapture(source))],
  [
    'records from an instant',
    async (source) => await readAll(openCapture(source, { from: '2026-11-22T05:00:00Z' })),
  ],
  ['inspect', (source) => inspectCapture(source)],
  ['edit', (source) => editCapture(source, join(temporaryFolder(), 'out.ndjson'))],
  [
    'verify',
    async (source) => {
      const { findings } = await verifyCapture(source);
      throw Object.assign(new Error('found'), {
        code: /is not opened/u.test(findings[0]?.message ?? '') && 'CAPTURE_UNSAFE',
      });
    },
  ],
];

interface Trap {
  readonly name: string;
  readonly set: (path: string) => Promise<void> | void;
}

const pipe: Trap = { name: 'a named pipe', set: (path) => void spawnSync('mkfifo', [path]) };
const device: Trap = { name: 'an endless device', set: (path) => symlinkSync('/dev/zero', path) };
const link: Trap = {
  name: 'a link to a file',
  set(path) {
    symlinkSync(writeSealed(temporaryFolder(), PLAIN, text), path);
  },
};
const socket: Trap = {
  name: 'a socket',
  async set(path) {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(path, listening));
    onTestFinished(() => void server.close());
  },
};
const shellPipe: Trap = {
  name: 'a pipe as a shell names it',
  set(path) {
    spawnSync('mkfifo', [`${path}.pipe`]);
    const descriptor = openSync(`${path}.pipe`, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(descriptor));
    rmSync(`${path}.pipe`);
    symlinkSync(`/dev/fd/${descriptor}`, path);
  },
};
const directory: Trap = { name: 'a folder', set: (path) => mkdirSync(path) };

for (const { name, set } of [pipe, device, link, socket, directory]) {
  for (const end of ['', '.partial', '.zst', '.gz']) {
    test.each(READERS)(`${name} called …${end} in a folder is not opened: %s`, async (_, read) => {
      const folder = temporaryFolder();
      await set(join(folder, `${PLAIN}${end}`));
      await expect(read(folder)).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
    });
  }
}

const NAMED = [pipe, socket, shellPipe];

test.each(NAMED)('$name that the user names is refused, and not waited for', async ({ set }) => {
  const path = join(temporaryFolder(), 'frames.ndjson');
  await set(path);
  const refused = {
    code: 'CAPTURE_UNSAFE',
    message: expect.stringMatching(/it is a (?:named pipe|socket), not a file/u) as string,
  };
  await expect(count(path)).rejects.toMatchObject(refused);
  await expect(verifyCapture(path)).rejects.toMatchObject(refused);
  await expect(importFrames(path, `${path}.out`, { source: 'test' })).rejects.toMatchObject(refused);
  await expect(count('/dev/zero')).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
});

test('a link that the user names is followed, to a file and to a folder', async () => {
  const folder = temporaryFolder();
  const target = writeSealed(folder, PLAIN, text);
  const [toFile, toFolder] = ['file', 'folder'].map((name) => join(temporaryFolder(), name)) as [
    string,
    string,
  ];
  symlinkSync(target, toFile);
  symlinkSync(folder, toFolder);
  for (const source of [toFile, toFolder]) {
    expect(await count(source)).toBe(1);
    expect((await verifyCapture(source)).ok).toBe(true);
  }
});

test('a file that was listed is not followed when it has become a link meanwhile', async () => {
  const folder = temporaryFolder();
  const path = writeSealed(folder, PLAIN, text);
  const listed = await openCapture(folder).segments();
  expect(await count(listed)).toBe(1);
  rmSync(path);
  await link.set(path);
  await expect(count(listed)).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
  await expect(count(listed[0] ?? '')).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
});

test.each(['manifest.ndjson', `${PLAIN}.sha256`])('verify names a %s that is no file', async (name) => {
  for (const { set } of [pipe, device, link, directory]) {
    const folder = temporaryFolder();
    writeSealed(folder, PLAIN, text);
    rmSync(join(folder, name), { force: true });
    await set(join(folder, name));
    const { findings } = await verifyCapture(folder);
    expect(findings).toContainEqual(
      expect.objectContaining({
        file: join(folder, name),
        message: expect.stringContaining('is not opened') as string,
      }),
    );
  }
});

test('a sidecar of more than its hash is not held', async () => {
  const folder = temporaryFolder();
  writeSealed(folder, PLAIN, text);
  writeFileSync(join(folder, `${PLAIN}.sha256`), Buffer.alloc(1_000_000, 'a'));
  const { findings } = await verifyCapture(folder);
  expect(findings).toContainEqual(
    expect.objectContaining({ promise: 'sidecar', message: expect.stringContaining('limit') as string }),
  );
});

test('ten thousand compressed texts in one file are read, more are refused', async () => {
  const path = join(temporaryFolder(), PLAIN);
  const whole = zstdCompressSync(text.bytes);
  const empty = zstdCompressSync(Buffer.alloc(0));
  const of = (texts: number): Buffer => Buffer.concat([whole, ...Array<Buffer>(texts - 1).fill(empty)]);
  writeFileSync(`${path}.zst`, of(100));
  expect(await count(`${path}.zst`)).toBe(1);
  writeFileSync(`${path}.zst`, of(10_001));
  await expect(count(`${path}.zst`)).rejects.toMatchObject({ code: 'CAPTURE_LIMIT' });
});

test('compressed bytes that stand for no text are read up to a limit', async () => {
  const path = join(temporaryFolder(), `${PLAIN}.zst`);
  writeFileSync(path, skippedFrame(0xffffffff), { mode: 0o600 });
  // Four gigabytes to be skipped, which take no room.
  truncateSync(path, 2 ** 32);
  await expect(count(path)).rejects.toMatchObject({ code: 'CAPTURE_LIMIT' });
  const small = Buffer.concat([skippedFrame(4), Buffer.alloc(4)]);
  writeFileSync(path, Buffer.concat([small, zstdCompressSync(text.bytes), small]));
  expect(await count(path)).toBe(1);
});

test('a signal ends the reading of compressed texts that say nothing', async () => {
  const path = join(temporaryFolder(), `${PLAIN}.zst`);
  writeFileSync(path, Buffer.concat(Array<Buffer>(10_000).fill(zstdCompressSync(Buffer.alloc(0)))));
  const started = performance.now();
  const reading = readAll(openCapture(path, { signal: AbortSignal.timeout(20) }));
  await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - started).toBeLessThan(5000);
});

test('a refused file leaves no descriptor open', async () => {
  const folder = temporaryFolder();
  const path = join(folder, PLAIN);
  writeFileSync(path, encodeRecord(headerLine({ run: RUN })));
  const before = readdirSync('/proc/self/fd').length;
  for (let turn = 0; turn < 50; turn += 1) await count(folder);
  rmSync(path);
  await pipe.set(path);
  for (let turn = 0; turn < 50; turn += 1) await expect(count(folder)).rejects.toThrow('named pipe');
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 10);
});
