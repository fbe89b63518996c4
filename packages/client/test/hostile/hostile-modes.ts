import type { Socket } from 'node:net';
import { closing, wire } from './hostile-server.ts';

type Behaviour = (socket: Socket, accept: string) => void;

/** What it is called, what the server does, and what the feed's `disconnected` says about it. */
export type HostileMode = readonly [string, Behaviour, object];

/** How a hostile server ends a connection, and what the feed says about it. */
export const MODES: readonly HostileMode[] = [
  [
    'a length of 2^62',
    say(Buffer.from([0x81, 127, 0x40, 0, 0, 0, 0, 0, 0, 0])),
    { errorCode: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH' },
  ],
  [
    'a message over 16 MiB',
    say(Buffer.from([0x81, 127, 0, 0, 0, 0, 0x01, 0, 0, 1])),
    { errorCode: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' },
  ],
  ['text that is not UTF-8', say(wire(Buffer.from([0xff, 0xfe]))), { errorCode: 'WS_ERR_INVALID_UTF8' }],
  [
    'a compressed frame nobody agreed on',
    say(wire('{}', { rsv: 0x40 })),
    { errorCode: 'WS_ERR_UNEXPECTED_RSV_1' },
  ],
  ['reserved bits', say(wire('{}', { rsv: 0x30 })), { errorCode: 'WS_ERR_UNEXPECTED_RSV_2_3' }],
  ['an unknown opcode', say(wire('{}', { opcode: 0x3 })), { errorCode: 'WS_ERR_INVALID_OPCODE' }],
  [
    'a masked frame',
    say(Buffer.from([0x81, 0x82, 1, 2, 3, 4, 5, 6])),
    { errorCode: 'WS_ERR_UNEXPECTED_MASK' },
  ],
  ['a continuation of nothing', say(wire('{}', { opcode: 0 })), { errorCode: 'WS_ERR_INVALID_OPCODE' }],
  ['a ping in fragments', say(wire('x', { opcode: 0x9, fin: false })), { errorCode: 'WS_ERR_EXPECTED_FIN' }],
  ['a close code that does not exist', say(closing(1006)), { errorCode: 'WS_ERR_INVALID_CLOSE_CODE' }],
  [
    'a close frame of one byte',
    say(wire(Buffer.of(3), { opcode: 0x8 })),
    { errorCode: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH' },
  ],
  [
    'tiny fragments without end',
    (socket, accept) => {
      socket.write(accept);
      socket.write(wire('{', { fin: false }));
      flood(socket, wire(' ', { opcode: 0, fin: false }));
    },
    { errorCode: 'WS_ERR_TOO_MANY_BUFFERED_PARTS' },
  ],
  [
    'compression nobody asked for',
    (socket, accept) => {
      socket.write(accept.replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'));
    },
    { errorCode: 'WS_ERR_HANDSHAKE' },
  ],
  [
    'a wrong accept',
    (socket, accept) => {
      socket.write(accept.replace(/Accept: \S+/, 'Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='));
    },
    { errorCode: 'WS_ERR_HANDSHAKE' },
  ],
  [
    'headers without end',
    (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      flood(socket, Buffer.from('X-Header: 0123456789\r\n'));
    },
    { errorCode: 'HPE_HEADER_OVERFLOW' },
  ],
  ['no answer to the handshake', () => {}, { errorCode: 'HANDSHAKE_TIMEOUT' }],
  [
    'not HTTP at all',
    (socket) => void socket.write('220 smtp ready\r\n'),
    { errorCode: 'HPE_INVALID_CONSTANT' },
  ],
  [
    'HTTP 429',
    (socket) =>
      void socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'),
    { errorCode: 'HTTP_429' },
  ],
  [
    'HTTP 503',
    (socket) => void socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'),
    { errorCode: 'HTTP_503' },
  ],
  [
    'a reset',
    (socket, accept) => {
      socket.write(accept);
      socket.resetAndDestroy();
    },
    { code: 1006 },
  ],
  [
    'a close right after the accept',
    (socket, accept) => void socket.write(Buffer.concat([Buffer.from(accept), closing(1001)])),
    { code: 1001 },
  ],
];

function say(bytes: Buffer): Behaviour {
  return (socket, accept) => {
    socket.write(accept);
    socket.write(bytes);
  };
}

/** Writes the same again and again, for as long as the other side reads. */
export function flood(socket: Socket, piece: Buffer): void {
  const block = Buffer.concat(Array.from({ length: 4_096 }, () => piece));
  const write = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on('drain', write);
  write();
}
