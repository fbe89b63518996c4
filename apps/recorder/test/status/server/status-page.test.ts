import { openFeed, type Feed, type FeedItem, type FrameItem } from '@feedtape/client';
import { startExchange, type Exchange } from '@feedtape/simulator';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createRecordingStatus, type RecordingStatus } from '#status/model/recording-status';
import { startStatusServer, type StatusServer } from '#status/server/status-server';
import { launch, NO_BROWSER, openPage } from './browser.ts';

/** The promise is two seconds from an event to the page. */
const PROMISED_MS = 2000;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let browser: Browser | undefined;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (NO_BROWSER === undefined) browser = await launch();
});

afterAll(() => browser?.close());

beforeEach(({ skip }) => skip(NO_BROWSER !== undefined, NO_BROWSER));

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A recording of the simulated exchange with its page, in this process. */
async function recording(): Promise<{
  exchange: Exchange;
  feed: Feed;
  status: RecordingStatus;
  seen: Exclude<FeedItem, FrameItem>[];
  server: StatusServer;
}> {
  const exchange = await startExchange({ products: ['BTC-USD', 'ETH-USD'], startAt: 'now', depth: 200 });
  const feed = openFeed({
    url: exchange.url,
    subscriptions: [
      { channel: 'level2', productIds: ['BTC-USD', 'ETH-USD'] },
      { channel: 'market_trades', productIds: ['BTC-USD'] },
    ],
    backoff: { firstRetryMs: 300, baseRetryMs: 300 },
  });
  const status = createRecordingStatus({ startedAt: performance.now(), books: true });
  const seen: Exclude<FeedItem, FrameItem>[] = [];
  const running = feed.consume((item) => {
    status.observe(item);
    if (item.kind !== 'frame') seen.push(item);
  });
  const server = await startStatusServer({
    listen: { host: '127.0.0.1', port: 0 },
    status,
    version: '0.0.0',
  });
  closers.push(
    () => exchange.close(),
    () => feed.close().then(() => running),
    () => server.close(),
  );
  return { exchange, feed, status, seen, server };
}

async function open(
  url: string,
  options?: Parameters<Browser['newPage']>[0],
): Promise<{ page: Page; offences: string[] }> {
  if (browser === undefined) throw new Error('no browser');
  const watched = await openPage(browser, url, options);
  closers.push(() => watched.page.close());
  return watched;
}

/** How many incidents of a kind the page lists. */
const listed = (page: Page, kind: string): Promise<number> =>
  page.locator('#incident-list b', { hasText: new RegExp(`^${kind}$`, 'u') }).count();

// Two seconds on a machine that does something else meanwhile: a second try is allowed, a second failure is one.
test('a gap, a disconnect and a recovery appear within two seconds', { retry: 1 }, async () => {
  const { exchange, seen, server } = await recording();
  const { page, offences } = await open(server.url);
  await page.locator('#health', { hasText: 'Healthy' }).waitFor();
  await expect.poll(() => page.locator('#books tbody .good').count(), { timeout: 20_000 }).toBe(2);

  /** Waits for the page to list one more incident of a kind, and tells how long after the item that was. */
  const listedAfterMs = async (item: FeedItem['kind'], kind: string, before: number): Promise<number> => {
    await expect.poll(() => listed(page, kind), { interval: 20, timeout: 20_000 }).toBeGreaterThan(before);
    const first = seen.find((one) => one.kind === item);
    return performance.now() - (first?.at ?? -Infinity);
  };

  const gaps = listedAfterMs('gap', 'gap', 0);
  exchange.faults.inject({ kind: 'drop' }, { channel: 'market_trades' });
  expect(await gaps).toBeLessThan(PROMISED_MS);
  await expect.poll(() => page.locator('#figures').textContent()).toContain('frames, in 1 gap');
  await expect.poll(() => listed(page, 'recovered'), { timeout: 20_000 }).toBeGreaterThan(0);
  await page.locator('#health', { hasText: 'Healthy' }).waitFor();

  seen.length = 0;
  const recoveries = await listed(page, 'recovered');
  const disconnects = listedAfterMs('disconnected', 'disconnect', 0);
  const recovered = listedAfterMs('recovered', 'recovered', recoveries);
  exchange.faults.inject({ kind: 'reset' });
  expect(await disconnects).toBeLessThan(PROMISED_MS);
  expect(await recovered).toBeLessThan(PROMISED_MS);
  await page.locator('#health', { hasText: 'Healthy' }).waitFor();
  await expect.poll(() => page.locator('#books tbody .good').count(), { timeout: 20_000 }).toBe(2);
  expect(offences).toEqual([]);
});

test('everything can be reached and used by keyboard', async () => {
  const { server } = await recording();
  const { page, offences } = await open(server.url);
  await page.locator('#connections tbody tr').waitFor();
  const focused = (): Promise<string> =>
    page.evaluate("document.activeElement.id || document.activeElement.getAttribute('href') || ''");

  await page.keyboard.press('Tab');
  expect(await focused()).toBe('#main');
  await page.keyboard.press('Enter');
  expect(await focused()).toBe('main');

  const stops: string[] = [];
  for (let stop = 0; stop < 12; stop += 1) {
    await page.keyboard.press('Tab');
    stops.push(await focused());
  }
  expect(stops).toEqual(expect.arrayContaining(['plots', 'filter', '/status.json', '/metrics']));

  await page.locator('#plots').focus();
  await expect
    .poll(async () => {
      await page.keyboard.press('ArrowLeft');
      return page.locator('#readout').textContent();
    })
    .toMatch(/^\d\d:\d\d:\d\d · [\d,]+ frames/u);
  await page.keyboard.press('Escape');
  expect(await page.locator('#readout').textContent()).toBe('');

  await page.locator('#charts input[value="300"]').focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('#charts input[value="900"]').isChecked()).toBe(true);

  await page.locator('#filter').focus();
  await page.keyboard.type('eth');
  expect(await page.locator('#streams tbody tr').allTextContents()).toEqual([
    expect.stringContaining('ETH-USD'),
  ]);
  await page.keyboard.type('x');
  await page.locator('#streams .empty', { hasText: 'No matching channel' }).waitFor();
  expect(offences).toEqual([]);
});

test('the theme follows the system until one is chosen, and the choice is kept', async () => {
  const { server } = await recording();
  const { page, offences } = await open(server.url, { colorScheme: 'dark' });
  const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const dark = await ground();
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground();
  expect(light).not.toBe(dark);
  await page.locator('#theme').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  expect(await page.locator('#theme').textContent()).toContain('dark');
  expect(await ground()).toBe(dark);
  await page.reload();
  expect(await ground()).toBe(dark);
  expect(offences).toEqual([]);
});

test('the page shows that the recorder is gone, and reconnects when it is back', async () => {
  const { server, status } = await recording();
  const { page } = await open(server.url);
  await page.locator('#link', { hasText: 'Live' }).waitFor();
  const { port } = new URL(server.url);
  await server.close();
  await page.locator('#lost', { hasText: 'No data from the recorder since' }).waitFor();
  expect(await page.locator('#link').textContent()).toBe('Reconnecting');
  const again = await startStatusServer({
    listen: { host: '127.0.0.1', port: Number(port) },
    status,
    version: '0.0.0',
  });
  closers.push(() => again.close());
  await page.locator('#link', { hasText: 'Live' }).waitFor();
  expect(await page.locator('#lost').isVisible()).toBe(false);
});

test('before the first frame every part explains why it is empty', async () => {
  const status = createRecordingStatus({ startedAt: performance.now() });
  const server = await startStatusServer({
    listen: { host: '127.0.0.1', port: 0 },
    status,
    version: '0.0.0',
  });
  closers.push(() => server.close());
  const { page, offences } = await open(server.url);
  await page.locator('#link', { hasText: 'Live' }).waitFor();
  const notes = await page.locator('.panel .empty').allTextContents();
  expect(notes).toHaveLength(5);
  expect(notes.every((note) => note.length > 10)).toBe(true);
  expect(offences).toEqual([]);
});

test('it fits a desktop and a phone without scrolling sideways, and is made of named parts', async () => {
  const { server } = await recording();
  const { page, offences } = await open(server.url);
  await page.locator('#books tbody .good').first().waitFor();
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(viewport);
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
  }
  const tables = await page.locator('table').count();
  expect(await page.locator('table:has(> caption):not(:has(thead th:not([scope])))').count()).toBe(tables);
  for (const part of await page.locator('[role=img], [role=region], section').all()) {
    const id = await part.getAttribute('aria-labelledby');
    const name =
      id === null ? await part.getAttribute('aria-label') : await page.locator(`#${id}`).textContent();
    expect(name).toMatch(/\w/u);
  }
  for (const landmark of ['header', 'main', 'footer', 'h1'])
    expect([landmark, await page.locator(landmark).count()]).toEqual([landmark, 1]);
  expect(offences).toEqual([]);
});

/** The relative luminance of `rgb(1, 2, 3)` by WCAG 2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/gu) ?? [])
    .map((value) => Number(value) / 255)
    .map((value) => (value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const contrast = (left: string, right: string): number => {
  const [high = 0, low = 0] = [luminance(left), luminance(right)].toSorted((one, other) => other - one);
  return (high + 0.05) / (low + 0.05);
};

/** What the page writes on what. */
const PAIRS = [
  ...['text', 'muted', 'accent', 'good', 'warning', 'bad'].flatMap((text) => [
    [text, 'panel'],
    [text, 'ground'],
  ]),
  ...['good', 'warning', 'bad'].map((level) => [level, `${level}-ground`]),
];

test('in light and in dark every text has a contrast of at least 4.5', async () => {
  const { server } = await recording();
  const { page } = await open(server.url);
  const colour = (name: string | undefined): Promise<string> =>
    page.evaluate(`import('/charts/plot.js').then(({ colour }) => colour('--${name}'))`);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const measured = await Promise.all(
      PAIRS.map(async ([text, ground]) => ({
        text,
        ground,
        ratio: contrast(await colour(text), await colour(ground)),
      })),
    );
    expect([colorScheme, measured.filter(({ ratio }) => !(ratio >= 4.5))]).toEqual([colorScheme, []]);
  }
});
