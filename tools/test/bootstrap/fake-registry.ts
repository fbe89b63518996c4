import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

/** One package of the table in scripts/toolchain.json. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly folder: string;
}

/** What the registry does with a request for a tarball. */
export type Delivery = 'whole' | 'half' | 'other bytes';

/** A registry of npm on this machine, with packages that hold one program each. */
export interface FakeRegistry {
  readonly url: string;
  /** How many requests it was sent. */
  requests(): number;
  /** From now on. */
  deliver(delivery: Delivery): void;
  /** Adds a package with this program in `bin`; what the table says of it. */
  publish(name: string, version: string, program: string, text: string): PinnedPackage;
  [Symbol.asyncDispose](): Promise<void>;
}

const sha512 = (bytes: Uint8Array): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

function pack(folder: string, name: string, version: string, program: string, text: string): Buffer {
  const path = join(folder, `${name}-${version}`, 'package', 'bin', program);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
  writeFileSync(join(dirname(path), '..', 'package.json'), JSON.stringify({ name, version }));
  const tarball = join(folder, `${name}-${version}.tgz`);
  execFileSync('tar', ['-czf', tarball, '-C', join(folder, `${name}-${version}`), 'package']);
  return readFileSync(tarball);
}

/** Serves from memory; `folder` is for packing. */
export async function startRegistry(folder: string): Promise<FakeRegistry> {
  const tarballs = new Map<string, { readonly version: string; readonly bytes: Buffer }>();
  let delivery: Delivery = 'whole';
  let requests = 0;
  const server = createServer(({ url: path = '' }, response) => {
    requests += 1;
    const [, name = '', tarball] = path.split('/');
    const found = tarballs.get(name);
    if (found === undefined) return void response.writeHead(404).end('{}');
    const { version, bytes } = found;
    if (tarball === undefined) {
      const dist = { tarball: `${url}/${name}/${name}-${version}.tgz`, integrity: sha512(bytes) };
      response.end(JSON.stringify({ name, versions: { [version]: { name, version, dist } } }));
    } else if (delivery === 'half') {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    } else {
      response.end(delivery === 'whole' ? bytes : Buffer.concat([bytes, Buffer.from('more')]));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests: () => requests,
    deliver: (next) => void (delivery = next),
    publish(name, version, program, text) {
      const bytes = pack(folder, name, version, program, text);
      tarballs.set(name, { version, bytes });
      return { name, version, integrity: sha512(bytes), folder: 'bin' };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
