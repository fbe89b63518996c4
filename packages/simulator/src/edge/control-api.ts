import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExchangeKey } from '../connection/api-key.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import { parseFault, parseFaultRule } from '../faults/parse-fault.ts';
import type { ConnectionLedger, Ledger } from '../ledger/ledger.ts';
import { SimulatorError } from '../model/simulator-error.ts';
import { foreignRequest } from './local-request.ts';

// Control over plain HTTP for test suites in other languages: same port, loopback only.

export interface ControlPorts {
  /** Whether a capture is served. Its frames may be private, and other users of this machine can ask too. */
  readonly isReplay: boolean;
  readonly keys: readonly ExchangeKey[];
  readonly faults: FaultControl;
  readonly ledger: Ledger;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const LONGEST_BODY = 64 * 1024;
const NOT_FOUND: Answer = { status: 404, body: { error: 'no such thing' } };
const KEYS_REFUSED: Answer = {
  status: 403,
  body: { error: 'the keys of a replay are not served: they sign tokens for private frames' },
};

/** Responds to one HTTP request that is not an upgrade. */
export async function answerControl(
  ports: ControlPorts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await answer(ports, request);
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(text);
}

async function answer(ports: ControlPorts, request: IncomingMessage): Promise<Answer> {
  const foreign = foreignRequest(request);
  if (foreign !== undefined) return { status: 403, body: { error: foreign } };
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  try {
    switch (request.method ?? '') {
      case 'GET':
        return read(ports, pathname);
      case 'POST':
        // A browser posts this type to another site only after a preflight request.
        if (request.headers['content-type']?.startsWith('application/json') !== true)
          return { status: 415, body: { error: 'content-type must be application/json' } };
        return write(ports, pathname, await readBody(request));
      case 'DELETE':
        return remove(ports, pathname);
      default:
        return { status: 405, body: { error: 'GET, POST or DELETE' } };
    }
  } catch (error) {
    if (error instanceof SimulatorError)
      return { status: 400, body: { error: error.message, code: error.code } };
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'the body is no JSON' } };
    throw error;
  }
}

function read({ isReplay, keys, faults, ledger }: ControlPorts, path: string): Answer {
  if (path === '/control/keys' && isReplay) return KEYS_REFUSED;
  if (path === '/control/keys')
    return { status: 200, body: keys.map(({ algorithm, json }) => ({ algorithm, ...json })) };
  if (path === '/control/faults') return { status: 200, body: faults.rules };
  if (path === '/control/ledger')
    return {
      status: 200,
      body: { connections: ledger.connections.map(summary), refused: ledger.refused },
    };
  const number = /^\/control\/ledger\/(\d{1,9})$/.exec(path)?.[1];
  const page = number === undefined ? undefined : ledger.connections[Number(number)];
  if (page === undefined) return NOT_FOUND;
  const frames = page.frames.map((entry) => {
    if (entry.kind !== 'sent' || entry.bytes === undefined) return entry;
    return { ...entry, bytes: isReplay ? undefined : Buffer.from(entry.bytes).toString('base64') };
  });
  return { status: 200, body: { ...summary(page), frames, received: page.received } };
}

/** A page without its lists. */
function summary(page: ConnectionLedger): object {
  const { connection, endpoint, openedAt, end = null, generated, sent, dropped } = page;
  const { duplicated, changed, withheld, bytes, messages, forgotten } = page;
  const counts = { generated, sent, dropped, duplicated, changed, withheld, bytes, messages, forgotten };
  return { connection, endpoint, openedAt, end, ...counts };
}

function write({ faults }: ControlPorts, path: string, body: unknown): Answer {
  if (path === '/control/faults') return { status: 201, body: { id: faults.add(parseFaultRule(body)) } };
  if (path !== '/control/inject') return NOT_FOUND;
  const { fault, ...target } = parseFaultRule(body);
  faults.inject(parseFault(fault), target);
  return { status: 200, body: {} };
}

function remove({ faults }: ControlPorts, path: string): Answer {
  if (path === '/control/faults') {
    faults.clear();
    return { status: 200, body: {} };
  }
  const id = /^\/control\/faults\/(\d{1,9})$/.exec(path)?.[1];
  return id !== undefined && faults.remove(Number(id)) ? { status: 200, body: {} } : NOT_FOUND;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new SyntaxError('too long');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
