import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

function run(name: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const program = join(import.meta.dirname, '../src', name);
  return spawnSync(process.execPath, ['--conditions=@feedtape/source', program], { encoding: 'utf8' });
}

test('import-and-edit makes a verified capture of published frames, and a smaller one of that', () => {
  expect(run('import-and-edit.ts')).toMatchObject({
    status: 0,
    stdout: '34 frames, sha256 2eef26a1…\nverified, 9 lines\n',
    stderr: '',
  });
});

test('replay-in-node-test runs under node:test', () => {
  expect(run('replay-in-node-test.ts')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('pass 2'),
  });
});

test('capture-in-a-page decodes a capture as it comes over the network', () => {
  expect(run('capture-in-a-page.ts')).toMatchObject({
    status: 0,
    stdout: '21347 bytes of frames\n',
    stderr: '',
  });
});

test('follow-a-recording reads every frame once, while segments are sealed and compressed', () => {
  expect(run('follow-a-recording.ts')).toMatchObject({
    status: 0,
    stdout: '200 frames, each once\n',
    stderr: '',
  });
});
