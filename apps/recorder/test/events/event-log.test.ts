import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createEventLog } from '#events/event-log';
import { createLogRateLimit } from '#events/log-rate-limit';
import type { RecorderEvent } from '#events/recorder-event';

const rejected = (number: number): RecorderEvent => ({
  level: 'warn',
  event: 'rejected',
  connection: 0,
  text: `error reply from the exchange: "no ${number}"`,
});

test('a thousand events of one kind a second become twenty lines, then one a second that counts the rest', () => {
  const limit = createLogRateLimit();
  const lines = Array.from({ length: 10_000 }, (_, number) => limit(rejected(number), number)).flat();
  expect(lines.length).toBeGreaterThanOrEqual(28);
  expect(lines.length).toBeLessThanOrEqual(30);
  const leftOut = lines.reduce((sum, { fields }) => sum + Number(fields?.['leftOut'] ?? 0), 0);
  const other = limit({ level: 'info', event: 'progress', text: 'recording' }, 60_000);
  expect(other).toHaveLength(2);
  const told = lines.filter(({ fields }) => fields?.['leftOut'] === undefined).length;
  expect(told + leftOut + Number(other[0]?.fields?.['leftOut'])).toBe(10_000);
  expect(other[0]?.text).toContain(
    'left out, the last: connection 0: error reply from the exchange: "no 9999"',
  );
});

test('the rate limit applies to each event separately', () => {
  const limit = createLogRateLimit();
  for (let number = 0; number < 1_000; number += 1) limit(rejected(number), 0);
  expect(limit({ level: 'error', event: 'failed', text: 'the disk' }, 0)).toHaveLength(1);
});

/** A pipe whose reader sleeps until it is woken. */
function sleepingReader(): { stderr: Writable & { isTTY?: boolean }; wake: () => void; text: () => string } {
  let text = '';
  let resume: (() => void) | undefined;
  let awake = false;
  const stderr = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, callback) {
      text += chunk;
      if (awake) callback();
      else resume = callback;
    },
  });
  const wake = (): void => {
    awake = true;
    resume?.();
  };
  return { stderr, wake, text: () => text };
}

test.for(['text', 'json'] as const)(
  'a log that nobody reads holds about a megabyte, and says afterwards what it left out: %s',
  async (format) => {
    const { stderr, wake, text } = sleepingReader();
    let ms = 0;
    const log = createEventLog({ stderr }, { level: 'info', format, now: () => (ms += 1_000) });
    for (let number = 0; number < 20_000; number += 1)
      log({ ...rejected(number), text: `${number} ${'x'.repeat(500)}` });
    expect(stderr.writableLength).toBeLessThan(1.1 * 1024 * 1024);
    wake();
    await new Promise((resolve) => setImmediate(resolve));
    log(rejected(20_000));
    const lines = text().trimEnd().split('\n');
    expect(lines.length).toBeLessThan(4_000);
    expect(lines.at(-2)).toMatch(/1\d,\d{3} lines of the log left out while nobody read it/u);
    expect(lines.at(-1)).toContain('no 20000');
  },
);

test('a JSON line has level, time, event, the fields and the message, in this order', () => {
  const lines: string[] = [];
  const stderr = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, callback) {
      lines.push(chunk);
      callback();
    },
  });
  const log = createEventLog({ stderr }, { level: 'info', format: 'json' });
  log({ level: 'debug', event: 'sent', text: 'below the level' });
  log({
    level: 'warn',
    event: 'gap',
    connection: 1,
    text: '1 frame missing',
    fields: { why: 'sequence', from: 133, code: undefined, count: null, note: 'a\u001b[31m\n\u202eb' },
  });
  log({ level: 'info', event: 'recovered', products: ['BTC-USD'], text: 'resynchronised' });
  const text = lines.join('').replaceAll(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/gu, '"time":"T"');
  expect(text).toBe(
    [
      String.raw`{"level":"warn","time":"T","event":"gap","connection":1,"why":"sequence","from":133,"count":null,"note":"a\\u001b[31m\\u000a\\u202eb","message":"connection 1: 1 frame missing"}`,
      '{"level":"info","time":"T","event":"recovered","products":"BTC-USD","message":"BTC-USD: resynchronised"}',
      '',
    ].join('\n'),
  );
});
