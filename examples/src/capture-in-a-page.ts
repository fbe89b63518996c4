// Reads a capture with nothing but what a browser has. A server on loopback stands in for yours.
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const fixture = new URL('../fixtures/btc-eth.ndjson', import.meta.url);
const server = createServer((_, response) => createReadStream(fixture).pipe(response)).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/btc-eth.ndjson`;

// #region page
import { createRecordDecoder, frameBytes } from '@feedtape/capture';

const decoder = createRecordDecoder();
const response = await fetch(url);
let bytes = 0;
for await (const chunk of response.body ?? []) {
  decoder.push(chunk);
  for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
    if (line.kind === 'corrupt') throw new Error(`line ${line.line}: ${line.reason}`);
    if (line.kind === 'record' && line.record.kind === 'frame') bytes += frameBytes(line.record).length;
  }
}
console.log(`${bytes} bytes of frames`);
// #endregion

server.close();
