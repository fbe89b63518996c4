import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { EXPORT_TABLES, type Row } from '#export/export-tables';
import type { PartFormat } from '#export/part-file';
import { createPartitionedOutput, type OutputLimits } from '#export/partitioned-output';

const folder = mkdtempSync(join(tmpdir(), 'feedtape-output-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Keeps the parts in memory and what they went through. */
function memoryFormat(): {
  format: PartFormat;
  parts: { path: string; groups: Row[][]; finished: boolean }[];
} {
  const parts: { path: string; groups: Row[][]; finished: boolean }[] = [];
  const format: PartFormat = {
    extension: 'memory',
    create(path) {
      const part = { path, groups: [] as Row[][], finished: false };
      parts.push(part);
      return Promise.resolve({
        append: (rows) => {
          part.groups.push([...rows]);
          return Promise.resolve();
        },
        finish: () => {
          part.finished = true;
          return Promise.resolve();
        },
        get bytes() {
          return part.groups.flat().length;
        },
      });
    },
  };
  return { format, parts };
}

const limits: OutputLimits = {
  groupRows: 5,
  groupsPerPart: 3,
  openParts: 2,
  allParts: 1000,
  waitingRows: 12,
  waitingBytes: 40,
};
const tables = new Map([['trades', EXPORT_TABLES.trades]] as const);

const additions = fc.array(
  fc.record({
    productId: fc.constantFrom('A-USD', 'B-USD', 'C-USD', 'D-USD', '../x'),
    rows: fc.integer({ min: 1, max: 17 }),
    bytes: fc.integer({ min: 0, max: 30 }),
  }),
  { maxLength: 60 },
);

test('every row is written once, in the order of its partition, within the limits, and every part is finished', async () => {
  await fc.assert(
    fc.asyncProperty(additions, async (steps) => {
      const { format, parts } = memoryFormat();
      const output = createPartitionedOutput(folder, { tables, format, limits });
      const added = new Map<string, Row[]>();
      let count = 0;
      for (const { productId, rows: size, bytes } of steps) {
        const rows = Array.from({ length: size }, () => [(count += 1)]);
        const key = productId.startsWith('.') ? '_other' : productId;
        added.set(key, [...(added.get(key) ?? []), ...rows]);
        output.add({ table: 'trades', date: '2026-11-23', channel: 'market_trades', productId }, rows, bytes);
        if (output.full) await output.relieve();
        expect(output.full).toBe(false);
        const written = parts.flatMap(({ groups }) => groups).flat().length;
        expect(count - written).toBeLessThanOrEqual(limits.waitingRows);
        expect(parts.filter(({ finished }) => !finished).length).toBeLessThanOrEqual(limits.openParts);
      }
      const totals = await output.finish();
      expect(totals.get('trades')).toEqual({ rows: count, files: parts.length, bytes: count });
      expect(parts.every(({ finished }) => finished)).toBe(true);
      expect(parts.every(({ groups }) => groups.every(({ length }) => length <= limits.groupRows))).toBe(
        true,
      );
      const stored = new Map<string, Row[]>();
      for (const { path, groups } of parts) {
        const key = /product=([^/]+)\//u.exec(path)?.[1] ?? '';
        stored.set(key, [...(stored.get(key) ?? []), ...groups.flat()]);
      }
      expect(stored).toEqual(added);
      expect(new Set(parts.map(({ path }) => path)).size).toBe(parts.length);
    }),
  );
});

const trades = (productId: string) =>
  ({ table: 'trades', date: '2026-11-23', channel: 'market_trades', productId }) as const;

test('a frame about 60,000 products opens few parts at a time, and too many parts are refused', async () => {
  const { format, parts } = memoryFormat();
  const output = createPartitionedOutput(folder, { tables, format, limits });
  for (let n = 0; n < 60_000; n += 1) output.add(trades(`A${n}-USD`), [[n]], 1);
  const started = performance.now();
  await expect(output.relieve()).rejects.toMatchObject({
    message: 'the export would have more than 1000 files',
  });
  expect(performance.now() - started).toBeLessThan(5000);
  expect(parts).toHaveLength(1000);
});

test('a signal interrupts writing many parts', async () => {
  const { format, parts } = memoryFormat();
  const stop = new AbortController();
  const output = createPartitionedOutput(folder, { tables, format, limits, signal: stop.signal });
  for (let n = 0; n < 500; n += 1) output.add(trades(`A${n}-USD`), [[n]], 1);
  const finished = output.finish();
  stop.abort();
  await expect(finished).rejects.toMatchObject({ name: 'AbortError' });
  expect(parts.length).toBeLessThan(10);
});
