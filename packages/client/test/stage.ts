import type { Transport, TransportFailure, TransportListener, TransportSocket } from '@feedtape/client';
import type { Request } from '@feedtape/protocol';
import type { SimulatedClock } from './simulated-clock.ts';

const encoder = new TextEncoder();

/** One socket of the client's, with the test on the other side. */
export class StageSocket implements TransportSocket {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: number;
  readonly requests: (Request & { readonly at: number })[] = [];
  readonly listener: TransportListener;
  readonly #clock: SimulatedClock;
  /** Channels and products as the exchange has them. */
  readonly served = new Map<string, Set<string>>();
  sequence = 0;
  paused = false;
  gone = false;
  closing = false;
  receivedBytes = 0;
  /** What answers requests; `undefined` leaves them unanswered. */
  answer: ((socket: StageSocket, request: Request) => void) | undefined;

  constructor(
    clock: SimulatedClock,
    url: string,
    headers: Readonly<Record<string, string>>,
    listener: TransportListener,
  ) {
    this.#clock = clock;
    this.url = url;
    this.headers = headers;
    this.at = clock.now();
    this.listener = listener;
  }

  send(text: string): void {
    if (this.gone) throw new Error('sent to a socket that is gone');
    const request = JSON.parse(text) as Request;
    this.requests.push({ ...request, at: this.#clock.now() });
    const { answer } = this;
    if (answer !== undefined) this.#clock.setTimeout(() => this.gone || answer(this, request), 20);
  }

  close(code = 1005): void {
    this.closing = true;
    this.#clock.setTimeout(() => this.end(code), 10);
  }

  terminate(): void {
    this.gone = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  /** The handshake succeeds. */
  open(headers: Record<string, string> = {}): void {
    this.listener.onOpen({ headers });
  }

  fail(failure: TransportFailure): void {
    if (this.gone) return;
    this.listener.onError(failure);
    this.end(1006);
  }

  end(code: number, reason = ''): void {
    if (this.gone) return;
    this.gone = true;
    this.listener.onClose(code, reason);
  }

  /** A frame with the next number. */
  frame(channel: string, events: readonly unknown[], sequence = this.sequence): void {
    this.sequence = sequence + 1;
    this.text(
      JSON.stringify({ channel, timestamp: '2026-09-30T02:39:53.1Z', sequence_num: sequence, events }),
    );
  }

  text(text: string): void {
    if (this.gone) return;
    const bytes = encoder.encode(text);
    this.receivedBytes += bytes.length;
    this.listener.onFrame(bytes, false);
  }

  error(message: string): void {
    this.text(JSON.stringify({ type: 'error', message }));
  }

  acknowledge(): void {
    const subscriptions = Object.fromEntries(
      [...this.served].map(([channel, ids]) => [channel, ids.size === 0 ? [channel] : [...ids]]),
    );
    this.frame('subscriptions', [{ subscriptions }]);
  }

  snapshot(productId: string): void {
    this.frame('l2_data', [{ type: 'snapshot', product_id: productId, updates: [level(1), level(2)] }]);
  }

  update(productId: string): void {
    this.frame('l2_data', [{ type: 'update', product_id: productId, updates: [level(3)] }]);
  }

  beat(): void {
    const time = '2026-09-30 02:37:15.057778606 +0000 UTC m=+21697.195984854';
    this.frame('heartbeats', [{ current_time: time, heartbeat_counter: 21_697 + this.sequence }]);
  }
}

const level = (price: number): unknown => ({
  side: 'bid',
  event_time: '2026-09-30T02:39:53.1Z',
  price_level: String(price),
  new_quantity: '1',
});

/** An exchange of the test's making. */
export class Stage implements Transport {
  readonly sockets: StageSocket[] = [];
  readonly clock: SimulatedClock;
  /** What happens to every new socket; the test does it by hand when this is `undefined`. */
  greet: ((socket: StageSocket) => void) | undefined;

  constructor(clock: SimulatedClock, greet?: (socket: StageSocket) => void) {
    this.clock = clock;
    this.greet = greet;
  }

  open(
    url: string,
    { headers = {} }: { readonly headers?: Readonly<Record<string, string>> },
    listener: TransportListener,
  ): TransportSocket {
    if (this.live.length > 0 && this.#urls().includes(url)) this.twoAtOnce += 1;
    const socket = new StageSocket(this.clock, url, headers, listener);
    this.sockets.push(socket);
    const { greet } = this;
    if (greet !== undefined) this.clock.setTimeout(() => socket.gone || greet(socket), 30);
    return socket;
  }

  /** Times a socket was opened while another to the same URL was still there. */
  twoAtOnce = 0;

  get live(): readonly StageSocket[] {
    return this.sockets.filter(({ gone }) => !gone);
  }

  get last(): StageSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }

  #urls(): readonly string[] {
    return this.live.map(({ url }) => url);
  }
}

/** Opens, serves every request as the exchange does, and beats every second once heartbeats are wanted. */
export function loyal(socket: StageSocket): void {
  socket.answer = serve;
  socket.open();
}

export function serve(socket: StageSocket, request: Request): void {
  const { channel, product_ids: ids = [] } = request;
  const have = socket.served.get(channel) ?? new Set<string>();
  if (request.type === 'unsubscribe') {
    for (const id of ids) have.delete(id);
    if (have.size === 0 || ids.length === 0) socket.served.delete(channel);
  } else {
    for (const id of ids) {
      if (channel === 'level2' && !have.has(id)) socket.snapshot(id);
      have.add(id);
    }
    socket.served.set(channel, have);
  }
  socket.acknowledge();
}

/** One heartbeat a second on every socket that asked for them. */
export function beatForever(stage: Stage): void {
  const beat = (): void => {
    for (const socket of stage.live) if (socket.served.has('heartbeats')) socket.beat();
    stage.clock.setTimeout(beat, 1_000);
  };
  beat();
}
