import { join } from 'node:path';
import { expect } from 'vitest';
import { openWriter, verifyCapture } from '@feedtape/capture/node';
import type { WriterEvent, WriterOptions } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';

export const url = 'wss://example.test';
export const frame = Buffer.from(`{"filler":"${'x'.repeat(900)}"}`);

export interface Recorded {
  readonly folder: string;
  readonly segments: readonly string[];
  readonly events: readonly WriterEvent[];
}

/** Small segments of two frames. */
export async function record(options: Partial<WriterOptions> = {}, frames = 8): Promise<Recorded> {
  const folder = options.folder ?? join(temporaryFolder(), 'capture');
  const events: WriterEvent[] = [];
  const onEvent = (event: WriterEvent): void => void events.push(event);
  const writer = await openWriter({
    url,
    run: 'run',
    fsync: 'never',
    rotate: { bytes: 2_500 },
    onEvent,
    ...options,
    folder,
  });
  for (let n = 0; n < frames; n += 1) writer.frame(0, frame, performance.now());
  const { segments } = await writer.close();
  return { folder, segments, events };
}

/** What is in a folder is what is said of it. */
export async function expectTrue(folder: string): Promise<void> {
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings: findings.filter(({ severity }) => severity === 'broken') }).toEqual({
    ok: true,
    findings: [],
  });
}
