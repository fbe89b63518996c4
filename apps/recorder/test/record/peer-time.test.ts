import type { FeedItem } from '@feedtape/client';
import { createPeerTime } from '#record/peer-time';
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

const peerTime = (): ReturnType<typeof createPeerTime> => createPeerTime((at) => NOON + at);

test('the date of a server changes nothing until this server refuses a token', () => {
  const peers = peerTime();
  peers.observe(connected(0, MARKET, -120_000));
  peers.observe(connected(1, USER, -60_000));
  expect([peers.correctionMs(MARKET), peers.correctionMs(USER)]).toEqual([0, 0]);
  peers.observe(rejected(1, 'rate limit exceeded'));
  expect(peers.correctionMs(USER)).toBe(0);
  peers.observe(rejected(1));
  expect(peers.correctionMs(USER)).toBeGreaterThan(58_000);
  expect(peers.correctionMs(USER)).toBeLessThan(62_000);
  expect(peers.correctionMs(MARKET)).toBe(0);
});

test('a server without a date, or with one that is none, changes nothing', () => {
  const peers = peerTime();
  peers.observe(connected(0, USER));
  peers.observe(rejected(0));
  peers.observe({ kind: 'connected', connection: 1, at: 0, url: MARKET, line: 0, serverDate: 'noon' });
  peers.observe(rejected(1));
  expect([peers.correctionMs(MARKET), peers.correctionMs(USER)]).toEqual([0, 0]);
});

test('the newest date counts, and a step of our own clock moves it', () => {
  const peers = peerTime();
  peers.observe(connected(0, USER, -60_000));
  peers.observe(rejected(0));
  peers.observe(connected(1, USER, 0));
  expect(Math.abs(peers.correctionMs(USER))).toBeLessThan(1_001);
  peers.step(30_000);
  expect(peers.correctionMs(USER)).toBeGreaterThan(28_000);
});
