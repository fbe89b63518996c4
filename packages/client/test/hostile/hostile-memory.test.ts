import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { flood, type HostileMode, MODES } from './hostile-modes.ts';
import { HostileServer, wire } from './hostile-server.ts';

const empty = Buffer.concat(Array.from({ length: 10_000 }, () => wire('')));
/** What lasts for as long as the client lets it. */
const LASTING: readonly HostileMode[] = [
  [
    'a million empty frames',
    (socket, accept) => {
      socket.write(accept);
      for (let block = 0; block < 100; block += 1) socket.write(empty);
    },
    // A hundred without a number in a row are enough.
    { errorCode: 'ABANDONED', frames: 100 },
  ],
  [
    'a message of 15 MB, a byte a second',
    (socket, accept) => {
      socket.write(accept);
      const message = wire(Buffer.alloc(15_000_000, ' '));
      let sent = 0;
      const timer = setInterval(() => socket.write(message.subarray(sent, (sent += 1))), 1_000);
      socket.on('close', () => clearInterval(timer));
    },
    { errorCode: 'SILENT', frames: 0 },
  ],
  [
    'pings without end',
    (socket, accept) => {
      socket.write(accept);
      flood(socket, wire('', { opcode: 0x9 }));
    },
    { errorCode: 'WS_ERR_TOO_MANY_PINGS' },
  ],
  [
    'a message without end below the limit of fragments',
    (socket, accept) => {
      socket.write(accept);
      socket.write(wire('"', { fin: false }));
      flood(socket, wire(Buffer.alloc(4_000, 'x'), { opcode: 0, fin: false }));
    },
    { errorCode: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' },
  ],
];

test('a client that meets every hostile server, one after the other, never takes more than 160 MB', async () => {
  const modes = [...MODES, ...LASTING];
  const servers = await Promise.all(modes.map(([, behave]) => HostileServer.start(behave)));
  const conditions = process.env['FEED_DIST'] === '1' ? [] : ['--conditions=@feedtape/source'];
  const client = join(import.meta.dirname, 'hostile-client.ts');
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...conditions, client, ...servers.map(({ url }) => url)],
      { timeout: 60_000 },
    );
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const { megabytes } = told.pop() ?? {};
    const endings = modes.map(([name, , expected], index) => ({
      name,
      ...told[index],
      // An end that has a code has no error.
      ...('code' in expected && expected),
    }));
    expect(endings).toMatchObject(modes.map(([name, , expected]) => ({ name, ...expected })));
    expect(Math.max(...told.map(({ ms }) => Number(ms)))).toBeLessThan(10_000);
    expect(megabytes).toBeLessThan(160);
    expect(told).toHaveLength(modes.length);
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
  }
}, 90_000);
