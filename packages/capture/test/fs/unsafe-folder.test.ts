import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { encodeRecord } from '@feedtape/capture';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { CaptureWriter, WriterOptions } from '@feedtape/capture/node';
import { expect, onTestFinished, test } from 'vitest';
import { frameLine, headerLine, sealedText, temporaryFolder } from '../capture-files.ts';
import { impatientTimers } from '../impatient-timers.ts';

const RUN = '20261122T055412Z-00000001';
const PLAIN = `${RUN}-000000.ndjson`;
const ESCAPE = '$(id)';
const isRoot = process.geteuid?.() === 0;

interface Place {
  readonly folder: string;
  /** A file of the user's own, outside the folder. */
  readonly canary: string;
  readonly text: string;
}

function place(): Place {
  const parent = temporaryFolder();
  const folder = join(parent, 'captures');
  const canary = join(parent, '.profile');
  const text = 'export PATH\nwithout a newline at its end';
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(canary, text);
  return { folder, canary, text };
}

const record = (folder: string, options: Partial<WriterOptions> = {}): Promise<CaptureWriter> =>
  openWriter({ folder, url: 'wss://example.test', environment: { timers: impatientTimers }, ...options });

/** What a crash leaves of a segment. */
function partialText(): Buffer {
  return Buffer.concat([
    Buffer.from(encodeRecord(headerLine({ run: RUN }))),
    Buffer.from(encodeRecord(frameLine({ index: 0, ms: 1 }))),
    Buffer.from('{"kind":"fra'),
  ]);
}

/** Both ways to a folder's files: a repair, and a recording, which repairs first. */
const WRITERS = [
  ['repair', (folder: string): Promise<unknown> => repairCapture(folder)],
  ['record', async (folder: string): Promise<unknown> => await (await record(folder)).close()],
] as const;

for (const [name, write] of WRITERS) {
  test(`${name} adds nothing to what a manifest that is a link leads to`, async () => {
    const { folder, canary, text } = place();
    symlinkSync(canary, join(folder, 'manifest.ndjson'));
    const { bytes } = sealedText([headerLine({ run: RUN }), frameLine({ index: 0, ms: 1 })], ESCAPE);
    writeFileSync(join(folder, PLAIN), bytes);
    await expect(write(folder)).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
    expect(readFileSync(canary, 'utf8')).toBe(text);
  });

  test(`${name} neither cuts nor extends what a .partial that is a link leads to`, async () => {
    const { folder, canary, text } = place();
    symlinkSync(canary, join(folder, `${PLAIN}.partial`));
    await expect(write(folder)).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
    expect(readFileSync(canary, 'utf8')).toBe(text);
  });

  test(`${name} writes to no file that has a second name`, async () => {
    const { folder, canary } = place();
    writeFileSync(canary, partialText());
    linkSync(canary, join(folder, `${PLAIN}.partial`));
    await expect(write(folder)).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
    expect(readFileSync(canary)).toEqual(partialText());
  });

  test.each(['.partial', '', '.sha256'])(`${name} does not wait for a named pipe called …%s`, async (end) => {
    const { folder } = place();
    if (end === '.sha256') writeFileSync(join(folder, `${PLAIN}.partial`), partialText());
    expect(spawnSync('mkfifo', [join(folder, `${PLAIN}${end}`)]).status).toBe(0);
    const outcome = await write(folder).then(
      () => 'done',
      (error: unknown) => (error as { readonly code: string }).code,
    );
    // A sidecar is replaced; what should be a segment is refused.
    expect(outcome).toBe(end === '.sha256' ? 'done' : 'CAPTURE_UNSAFE');
  });

  test(`${name} does not connect to a socket in the place of the manifest`, async () => {
    const { folder } = place();
    const server = createServer();
    await new Promise<void>((listening) => server.listen(join(folder, 'manifest.ndjson'), listening));
    onTestFinished(() => void server.close());
    await expect(write(folder)).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
  });

  test.each(['770', '707', '777', '720', '702'])(
    `${name} refuses a folder of mode %s, and says what to do`,
    async (mode) => {
      const { folder } = place();
      chmodSync(folder, Number.parseInt(mode, 8));
      await expect(write(folder)).rejects.toMatchObject({
        code: 'CAPTURE_FOLDER_UNSAFE',
        message: expect.stringContaining('chmod go-w') as string,
      });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test.runIf(isRoot)(`${name} refuses the folder of another user (as root)`, async () => {
    const { folder } = place();
    chownSync(folder, 12_345, 12_345);
    await expect(write(folder)).rejects.toMatchObject({ code: 'CAPTURE_FOLDER_UNSAFE' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test.runIf(isRoot)(`${name} writes to no file of another user (as root)`, async () => {
    const { folder } = place();
    const path = join(folder, `${PLAIN}.partial`);
    writeFileSync(path, partialText());
    chownSync(path, 12_345, 12_345);
    await expect(write(folder)).rejects.toMatchObject({ code: 'CAPTURE_UNSAFE' });
    expect(readFileSync(path)).toEqual(partialText());
  });
}

test('reserve.bin is created anew: neither a link nor a second name is filled', async () => {
  for (const connect of [symlinkSync, linkSync]) {
    const { folder, canary, text } = place();
    connect(canary, join(folder, 'reserve.bin'));
    await (await record(folder, { reserveBytes: 4096 })).close();
    expect(readFileSync(canary, 'utf8')).toBe(text);
  }
});

test('a temporary that is a link is removed, and nothing is written to what it leads to', async () => {
  const { folder, canary, text } = place();
  writeFileSync(join(folder, `${PLAIN}.partial`), partialText());
  for (const end of ['.sha256.tmp', '.torn.tmp']) symlinkSync(canary, join(folder, `${PLAIN}${end}`));
  await repairCapture(folder);
  expect(readFileSync(canary, 'utf8')).toBe(text);
  expect((await verifyCapture(folder)).ok).toBe(true);
});

test.each(['symbolic', 'hard'])(
  'a lock that is a %s link is not written to, and not touched',
  async (kind) => {
    const { folder, canary, text } = place();
    if (kind === 'symbolic') symlinkSync(canary, join(folder, 'writer.lock'));
    else linkSync(canary, join(folder, 'writer.lock'));
    await (await record(folder)).close();
    expect(readFileSync(canary, 'utf8')).toBe(text);
  },
);

test('a lock without text fields has no holder', async () => {
  const { folder } = place();
  const holder = { id: '0'.repeat(36), host: { toString: 1 }, pid: { valueOf: 1 } };
  writeFileSync(join(folder, 'writer.lock'), JSON.stringify(holder));
  await (await record(folder)).close();
  expect(existsSync(join(folder, 'writer.lock'))).toBe(false);
});

test('a folder that is itself a link is resolved once, and held', async () => {
  const { folder, canary, text } = place();
  const link = `${folder}-link`;
  const elsewhere = `${folder}-elsewhere`;
  symlinkSync(folder, link);
  const writer = await record(link, { rotate: { bytes: 400 } });
  writer.frame(0, Buffer.from('{"n":0}'), performance.now());
  // Another folder gets the name, with a link where the manifest is.
  mkdirSync(elsewhere, { mode: 0o700 });
  symlinkSync(canary, join(elsewhere, 'manifest.ndjson'));
  renameSync(folder, `${folder}-moved`);
  renameSync(elsewhere, folder);
  for (let index = 1; index < 20; index += 1)
    writer.frame(0, Buffer.from(`{"n":${index}}`), performance.now());
  const { segments } = await writer.close();
  expect(segments.length).toBeGreaterThan(1);
  expect(readdirSync(folder)).toEqual(['manifest.ndjson']);
  expect(readFileSync(canary, 'utf8')).toBe(text);
  expect(await verifyCapture(`${folder}-moved`)).toMatchObject({ ok: true, frames: 20 });
});

test('a compressed file that is none leaves no descriptor open', async () => {
  const { folder } = place();
  for (const end of ['.zst', '.gz'])
    writeFileSync(join(folder, `${PLAIN}${end}`), Buffer.alloc(3_000_000, 'x'));
  const before = readdirSync('/proc/self/fd').length;
  for (let turn = 0; turn < 10; turn += 1) await repairCapture(folder);
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 5);
});

const descriptorsOfFolders = (): readonly string[] =>
  readdirSync('/proc/self/fd').filter((fd) => existsSync(`/proc/self/fd/${fd}/manifest.ndjson`));

test('a writer that is closed has given back the descriptor of its folder', async () => {
  const { folder } = place();
  await (await record(folder)).close();
  await repairCapture(folder);
  expect(descriptorsOfFolders()).toEqual([]);
});
