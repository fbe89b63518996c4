import type { FeedItem } from '@feedtape/client';
import { createServerClocks } from '#record/server-clock';
import { expect, test } from 'vitest';

const NOON = Date.UTC(2026, 10, 30, 12);
const MARKET = 'wss://market.example/';
const USER = 'wss://user.example/';

const connected = (connection: number, url: string, aheadMs?: number): FeedItem => ({
  kind: 'connected',
  connection,
  at: 0,
  url,
  line: 0,
  ...(aheadMs === undefined ? {} : { serverDate: new Date(NOON + aheadMs).toUTCString() }),
});

const rejected = (connection: number, message = 'authentication failure'): FeedItem => ({
  kind: 'rejected',
  connection,
  line: 0,
  at: 0,
  message,
  likely: undefined,
});

const peerTime = (): ReturnType<typeof createServerClocks> => createServerClocks((at) => NOON + at);

test('the date of a server corrects tokens only after this server has rejected one', () => {
  const serverClocks = peerTime();
  serverClocks.observe(connected(0, MARKET, -120_000));
  serverClocks.observe(connected(1, USER, -60_000));
  expect([serverClocks.correctionMs(MARKET), serverClocks.correctionMs(USER)]).toEqual([0, 0]);
  serverClocks.observe(rejected(1, 'rate limit exceeded'));
  expect(serverClocks.correctionMs(USER)).toBe(0);
  serverClocks.observe(rejected(1));
  expect(serverClocks.correctionMs(USER)).toBeGreaterThan(58_000);
  expect(serverClocks.correctionMs(USER)).toBeLessThan(62_000);
  expect(serverClocks.correctionMs(MARKET)).toBe(0);
});

test('a missing or invalid server date corrects nothing', () => {
  const serverClocks = peerTime();
  serverClocks.observe(connected(0, USER));
  serverClocks.observe(rejected(0));
  serverClocks.observe({ kind: 'connected', connection: 1, at: 0, url: MARKET, line: 0, serverDate: 'noon' });
  serverClocks.observe(rejected(1));
  expect([serverClocks.correctionMs(MARKET), serverClocks.correctionMs(USER)]).toEqual([0, 0]);
});

test('the newest date counts and is adjusted by clock steps', () => {
  const serverClocks = peerTime();
  serverClocks.observe(connected(0, USER, -60_000));
  serverClocks.observe(rejected(0));
  serverClocks.observe(connected(1, USER, 0));
  expect(Math.abs(serverClocks.correctionMs(USER))).toBeLessThan(1_001);
  serverClocks.step(30_000);
  expect(serverClocks.correctionMs(USER)).toBeGreaterThan(28_000);
});
