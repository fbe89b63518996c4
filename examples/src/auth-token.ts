// Reads a key file and makes a token. The key is generated here, so that the program runs anywhere.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenSource, explainToken, generateKey, readKeyFile } from '@feedtape/auth';

const folder = mkdtempSync(join(tmpdir(), 'feedtape-example-'));
const path = join(folder, 'cdp_api_key.json');
const { key: generated } = generateKey('EdDSA');
const privateKey = generated.privateKey.export({ format: 'pem', type: 'pkcs8' });
writeFileSync(path, JSON.stringify({ id: generated.name, privateKey }), { mode: 0o600 });

// #region token
const key = readKeyFile(path); // or readKey(text), readKey({ name, privateKey }), keyFromEnvironment(process.env)
const token = createTokenSource(key);

const { header, claims, expiresInMs, objections } = explainToken(await token());
console.log(header?.['alg'], claims?.['iss'], claims?.['sub'] === key.name);
console.log(`expires in ${Math.ceil((expiresInMs ?? 0) / 1000)} s, objections: ${objections.length}`);
// #endregion

rmSync(folder, { recursive: true });
