// Thirty feeds on a network that is then broken, really: two network namespaces with a cable between them. Every feed
// must notice in time and come back by itself. npm run nightly -- client-network [feeds]
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once as happens } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type FeedItem, openFeed } from '@feedtape/client';
import type { StartOptions } from '@feedtape/simulator';

const FEEDS = Number(process.argv[2] ?? 30);
/** Set inside of the client's namespace. */
const EXCHANGE_SIDE = process.env['FEEDTAPE_NETNS'];
const ADDRESS = '10.77.0.2';
const node = [process.execPath, '--conditions=@feedtape/source'] as const;

function shell(command: string): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', command], { encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
}

function must(command: string): void {
  const { ok, output } = shell(command);
  if (!ok) throw new Error(`${command}: ${output}`);
}

const on = (namespace: string, command: string): string => `ip netns exec ${namespace} ${command}`;

/** Makes the two namespaces, runs this file again in one of them, and takes them away. */
function outside(): void {
  const [here, there] = [`feedtape-a${process.pid}`, `feedtape-b${process.pid}`];
  const made = shell(
    [
      `ip netns add ${here}`,
      `ip netns add ${there}`,
      `ip link add name ftape0 netns ${here} type veth peer name ftape1 netns ${there}`,
      on(here, 'ip address add 10.77.0.1/24 dev ftape0'),
      on(there, `ip address add ${ADDRESS}/24 dev ftape1`),
      on(here, 'ip link set lo up'),
      on(there, 'ip link set lo up'),
      on(here, 'ip link set ftape0 up'),
      on(there, 'ip link set ftape1 up'),
      // The exchange listens on loopback only; what comes over the cable is led there.
      on(there, 'sysctl -qw net.ipv4.conf.all.route_localnet=1'),
      on(there, 'nft add table ip lead'),
      on(there, "nft 'add chain ip lead in { type nat hook prerouting priority -100; }'"),
      on(there, `nft add rule ip lead in ip daddr ${ADDRESS} dnat to 127.0.0.1`),
    ].join('\n'),
  );
  try {
    if (!made.ok) {
      process.stdout.write(`skipped: no network namespaces with veth and nft here (${made.output})\n`);
      return;
    }
    const command = ['netns', 'exec', here, ...node, fileURLToPath(import.meta.url), String(FEEDS)];
    const { status } = spawnSync('ip', command, {
      stdio: 'inherit',
      env: { ...process.env, FEEDTAPE_NETNS: there },
    });
    process.exitCode = status ?? 1;
  } finally {
    shell(`ip netns del ${here}; ip netns del ${there}`);
  }
}

/** What one feed noticed of one cut: how long after the last frame, or after dialling, in milliseconds. */
class Watch {
  #heardAt = 0;
  #dialledAt = 0;
  #mendedAt = 0;
  staleMs: number | undefined;
  endedMs: number | undefined;
  unansweredMs: number | undefined;

  note(item: FeedItem): void {
    if (item.kind === 'frame') this.#heardAt = item.at;
    else if (item.kind === 'stale') this.staleMs ??= item.at - this.#heardAt;
    else if (item.kind === 'disconnected') {
      this.endedMs ??= item.at - this.#heardAt;
      if (item.errorCode === 'HANDSHAKE_TIMEOUT') this.unansweredMs ??= item.at - this.#dialledAt;
    }
  }

  dialled(): void {
    this.#dialledAt = performance.now();
  }

  cut(): void {
    this.staleMs = undefined;
    this.endedMs = undefined;
    this.unansweredMs = undefined;
  }

  mended(): void {
    this.#mendedAt = performance.now();
  }

  get isBack(): boolean {
    return this.#heardAt > this.#mendedAt;
  }
}

interface Cut {
  readonly name: string;
  readonly break: () => unknown;
  readonly mend: () => unknown;
  /** The latest at which a feed calls its book stale and gives its socket up, in milliseconds after the last frame. */
  readonly staleMs: number;
  readonly endedMs: number;
}

async function inside(there: string): Promise<void> {
  const exchange = startExchangeIn(there);
  const SILENT = { staleMs: 2_600, endedMs: 6_500 } as const;
  const [url] = (await happens(exchange, 'message')) as [string];
  const cuts: readonly Cut[] = [
    {
      name: 'packets are dropped without a word',
      break: () => {
        must(on(there, 'nft add table inet cut'));
        for (const hook of ['input', 'output'])
          must(
            on(
              there,
              `nft 'add chain inet cut ${hook} { type filter hook ${hook} priority 0; policy drop; }'`,
            ),
          );
      },
      mend: () => must(on(there, 'nft delete table inet cut')),
      ...SILENT,
    },
    {
      name: 'the server is stopped',
      break: () => exchange.kill('SIGSTOP'),
      mend: () => exchange.kill('SIGCONT'),
      ...SILENT,
    },
    {
      name: 'the link goes down',
      break: () => must(on(there, 'ip link set ftape1 down')),
      mend: () => must(on(there, 'ip link set ftape1 up')),
      ...SILENT,
    },
    {
      name: 'the connections are reset',
      break: () => must(`ss -K dst ${ADDRESS}`),
      mend: () => {},
      staleMs: 500,
      endedMs: 500,
    },
  ];
  const watches = Array.from({ length: FEEDS }, () => new Watch());
  const feeds = watches.map((watch) => {
    const feed = openFeed({
      url: url.replace('127.0.0.1', ADDRESS),
      allowInsecure: true,
      subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }],
      backoff: { firstRetryMs: 500, maxRetryMs: 1_000 },
      log: ({ event }) => event === 'connection-opening' && watch.dialled(),
    });
    return { feed, reading: feed.consume((item) => watch.note(item)) };
  });
  await until('every feed runs', () => watches.every(({ isBack }) => isBack));
  for (const cut of cuts) await endure(cut, watches);
  await handshakes(exchange, watches);
  await Promise.all(feeds.map(async ({ feed, reading }) => (await feed.close(), reading)));
  exchange.kill('SIGKILL');
}

function startExchangeIn(namespace: string): ChildProcess {
  const limits = { connectionsPerSecond: 1e9, messagesPerSecond: 1e9 };
  const options: StartOptions = { products: ['BTC-USD'], depth: 50, limits, ledger: { frames: 0 } };
  const file = fileURLToPath(new URL('exchange-process.ts', import.meta.url));
  return spawn('ip', ['netns', 'exec', namespace, ...node, file, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Breaks, waits until everybody has noticed, mends, and waits until everybody is back. */
async function endure(cut: Cut, watches: readonly Watch[]): Promise<void> {
  for (const watch of watches) watch.cut();
  cut.break();
  await until(`all notice: ${cut.name}`, () => watches.every(({ endedMs }) => endedMs !== undefined));
  const [stale, ended] = [watches.map(({ staleMs }) => staleMs), watches.map(({ endedMs }) => endedMs)];
  await mend(cut.name, cut.mend, watches);
  const inTime = watches.filter(
    (_, index) => (stale[index] ?? Infinity) <= cut.staleMs && (ended[index] ?? Infinity) <= cut.endedMs,
  );
  tell(cut.name, inTime.length, `stale ≤ ${most(stale)} ms, given up ≤ ${most(ended)} ms`);
}

/** The server's kernel accepts and the server says nothing, because it is stopped. */
async function handshakes(exchange: ChildProcess, watches: readonly Watch[]): Promise<void> {
  const name = 'the handshake is not answered';
  for (const watch of watches) watch.cut();
  exchange.kill('SIGSTOP');
  await until(name, () => watches.every(({ unansweredMs }) => unansweredMs !== undefined));
  const unanswered = watches.map(({ unansweredMs }) => unansweredMs);
  await mend(name, () => exchange.kill('SIGCONT'), watches);
  const inTime = unanswered.filter((ms = Infinity) => ms <= 6_500);
  tell(name, inTime.length, `given up ≤ ${most(unanswered)} ms`);
}

async function mend(name: string, how: () => unknown, watches: readonly Watch[]): Promise<void> {
  how();
  for (const watch of watches) watch.mended();
  await until(`all are back: ${name}`, () => watches.every(({ isBack }) => isBack));
}

const most = (times: readonly (number | undefined)[]): number =>
  Math.round(Math.max(...times.map((ms = Infinity) => ms)));

function tell(name: string, inTime: number, figures: string): void {
  process.stdout.write(`${name}: ${inTime}/${FEEDS} in time (${figures})\n`);
  if (inTime < FEEDS) process.exitCode = 1;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 60_000) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

if (EXCHANGE_SIDE === undefined) outside();
else await inside(EXCHANGE_SIDE);
