// @module-tag slow

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from '@feedtape/auth';
import { expect, test } from 'vitest';
import { programArguments } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const unit = readFileSync(
  new URL('../../apps/recorder/operations/feedtape.service', import.meta.url),
  'utf8',
);

/**
 * Runs `jwt` as the service of a user of its own, with a credential as systemd makes it: root's, mode 0440, in root's
 * folder of mode 0550. What lets the user read it is an access list there, and root's group here.
 */
function tokenAs(options: {
  readonly credentials: boolean;
  readonly fileMode?: number;
  readonly folderMode?: number;
}): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { key } = generateKey('ES256', { name: 'organizations/a/apiKeys/b' });
  const privateKey = key.privateKey.export({ format: 'pem', type: 'sec1' });
  const base = temporaryFolder();
  chmodSync(base, 0o755);
  const folder = join(base, 'feedtape.service');
  mkdirSync(folder);
  const file = join(folder, 'cdp_api_key.json');
  writeFileSync(file, JSON.stringify({ name: key.name, privateKey }));
  chmodSync(file, options.fileMode ?? 0o440);
  chmodSync(folder, options.folderMode ?? 0o550);
  return spawnSync(
    'setpriv',
    [
      '--reuid=65534',
      '--regid=0',
      '--clear-groups',
      process.execPath,
      ...programArguments(['jwt', '--raw', '--key-file', file]),
    ],
    {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', ...(options.credentials && { CREDENTIALS_DIRECTORY: folder }) },
    },
  );
}

/** Whether another user can run Node here at all: a repository below root's home is closed to them. */
const canRun = (): boolean =>
  process.geteuid?.() === 0 &&
  spawnSync('setpriv', [
    '--reuid=65534',
    '--regid=0',
    '--clear-groups',
    process.execPath,
    ...programArguments(['--version']),
  ]).status === 0;

test('the unit names the credential where systemd puts it', () => {
  expect(unit).toMatch(/^#LoadCredential=cdp_api_key\.json:/mu);
  expect(unit).toMatch(/^#Environment=FEEDTAPE_KEY_FILE=%d\/cdp_api_key\.json$/mu);
});

test(
  "a key of root's with mode 0440 is read by the service's user as a credential, and else by nobody",
  { timeout: 120_000 },
  ({ skip }) => {
    skip(!canRun(), 'no other user can be taken on here');
    const read = tokenAs({ credentials: true });
    expect([read.stderr, read.status]).toEqual(['', 0]);
    expect(read.stdout).toMatch(/^eyJ/u);
    expect(tokenAs({ credentials: true, fileMode: 0o400, folderMode: 0o550 }).status).not.toBe(0);
    for (const refused of [
      tokenAs({ credentials: false }),
      tokenAs({ credentials: true, fileMode: 0o444 }),
      tokenAs({ credentials: true, folderMode: 0o555 }),
    ]) {
      expect(refused.stderr).toContain('AUTH_FILE_TOO_OPEN');
      expect([refused.stdout, refused.status]).toEqual(['', 77]);
    }
  },
);
