// @module-tag slow

import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start, type Running } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A recording of the simulator with its status page. */
async function recording(): Promise<{ running: Running; url: string; folder: string }> {
  const folder = temporaryFolder();
  const running = start(['record', '--simulate', '--listen', '127.0.0.1:0', '--out', folder, '--json']);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  const said = await running.says(/status page: http:\S+\//u);
  const url = /http:\S+\//u.exec(said)?.[0] ?? '';
  return { running, url, folder };
}

const codeOf = async (url: string): Promise<number> => {
  const response = await fetch(url);
  await response.text();
  return response.status;
};

test('a recording with --listen is ready once everything arrives, and its metrics count what it writes', async () => {
  const { running, url, folder } = await recording();
  await expect.poll(() => codeOf(`${url}readyz`), { timeout: 20_000 }).toBe(200);
  expect(await codeOf(url)).toBe(200);
  expect(await codeOf(`${url}healthz`)).toBe(200);
  const metrics = async (): Promise<string> => (await fetch(`${url}metrics`)).text();
  await expect.poll(metrics, { timeout: 20_000 }).toMatch(/^feedtape_capture_frames_total [1-9]\d*$/mu);
  expect(await metrics()).toMatch(
    /^feedtape_frames_total\{channel="l2_data",product="BTC-USD"\} [1-9]\d*$/mu,
  );
  const status = (await (await fetch(`${url}status.json`)).json()) as {
    capture: unknown;
    books: { kept: unknown[] };
  };
  expect(status.capture).toMatchObject({
    folder,
    state: 'recording',
    dropped: 0,
    disk: { freeBytes: expect.any(Number) },
  });
  expect(status.books.kept).toContainEqual(expect.objectContaining({ product: 'BTC-USD', status: 'fresh' }));
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(0);
});

test('a viewer of the page does not delay the end of the recording', async () => {
  const { running, url, folder } = await recording();
  const viewer = await fetch(`${url}events`);
  running.child.kill('SIGINT');
  const { code, json } = await running.finished;
  expect(code).toBe(0);
  expect(await viewer.text()).toContain('event: status');
  expect((await feedtape(['verify', folder, '--json'])).json()).toMatchObject({
    ok: true,
    frames: json()['frames'],
  });
});

test('an address in use ends the recording with 74', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await feedtape([
    'record',
    '--simulate',
    '--listen',
    `127.0.0.1:${port}`,
    '--out',
    temporaryFolder(),
  ]);
  expect(stderr).toContain('EADDRINUSE');
  expect(code).toBe(74);
});

test('the page answers to its own names only, and to those that --allow-host adds', async () => {
  const running = start([
    'record',
    '--simulate',
    '--listen',
    '0',
    '--allow-host',
    'recorder.internal',
    '--out',
    temporaryFolder(),
  ]);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  const port = Number(
    new URL(/http:\S+\//u.exec(await running.says(/status page: http:\S+\//u))?.[0] ?? '').port,
  );
  const codeFor = (host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/healthz', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  expect(await codeFor('recorder.internal')).toBe(200);
  expect(await codeFor('evil.example')).toBe(403);
});
