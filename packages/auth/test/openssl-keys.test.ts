import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenSource, readKey } from '@feedtape/auth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { opensslVerifies } from './openssl-verify.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedtape-openssl-keys-'));
  openssl('ecparam -name prime256v1 -genkey -noout -out ec.pem');
  openssl('genpkey -algorithm ed25519 -out ed.pem');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function openssl(command: string): void {
  const { status, stderr, error } = spawnSync('openssl', command.split(' '), {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`openssl ${command}: ${stderr}`);
}

test.for([
  ['generated with its EC PARAMETERS block', ['ecparam -name prime256v1 -genkey -out out.pem']],
  [
    'generated with explicit parameters',
    ['ecparam -name prime256v1 -param_enc explicit -genkey -noout -out out.pem'],
  ],
  ['with a compressed public half', ['ec -in ec.pem -conv_form compressed -out out.pem']],
  ['without a public half', ['ec -in ec.pem -no_public -out out.pem']],
  [
    'without a public half, in PKCS8',
    ['ec -in ec.pem -no_public -out n.pem', 'pkcs8 -topk8 -nocrypt -in n.pem -out out.pem'],
  ],
  ['with its numbers as text around it', ['ec -in ec.pem -text -out out.pem']],
  ['of Ed25519 with its numbers as text around it', ['pkey -in ed.pem -text -out out.pem']],
  [
    'from a PKCS12 with bag attributes',
    [
      'pkcs12 -export -nocerts -inkey ec.pem -passout pass:x -name key -out k.p12',
      'pkcs12 -in k.p12 -nodes -passin pass:x -out out.pem',
    ],
  ],
] as const)('a key %s, as the openssl program writes it, signs', async ([, commands]) => {
  for (const command of commands) openssl(command);
  const key = readKey(readFileSync(join(folder, 'out.pem')), { name: 'n' });
  expect(opensslVerifies(await createTokenSource(key)(), createPublicKey(key.privateKey))).toBe(true);
});
