import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createEventLog } from '#events/log';
import { createNoticeLimit } from '#events/notice-limit';
import type { Notice } from '#events/notices';

const rejected = (number: number): Notice => ({
  level: 'warn',
  event: 'rejected',
  text: `connection 0: the exchange says "no ${number}"`,
  fields: { connection: 0 },
});

test('a thousand events of one kind a second are twenty lines and then one a second, which counts the rest', () => {
  const limit = createNoticeLimit();
  const lines = Array.from({ length: 10_000 }, (_, number) => limit(rejected(number), number)).flat();
  expect(lines.length).toBeGreaterThanOrEqual(28);
  expect(lines.length).toBeLessThanOrEqual(30);
  const leftOut = lines.reduce((sum, { fields }) => sum + Number(fields?.['leftOut'] ?? 0), 0);
  const other = limit({ level: 'info', event: 'progress', text: 'recording' }, 60_000);
  expect(other).toHaveLength(2);
  const told = lines.filter(({ fields }) => fields?.['leftOut'] === undefined).length;
  expect(told + leftOut + Number(other[0]?.fields?.['leftOut'])).toBe(10_000);
  expect(other[0]?.text).toContain('left out, the last: connection 0: the exchange says "no 9999"');
});

test('one kind of event does not silence another', () => {
  const limit = createNoticeLimit();
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
    const log = await createEventLog({ stderr }, { level: 'info', format, now: () => (ms += 1_000) });
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
