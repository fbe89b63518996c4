import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCaptureError } from '@feedtape/capture';
import { inspectCapture, verifyCapture } from '@feedtape/capture/node';
import type { FolderImage, FolderVerdict } from './folder-oracle.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A folder of the real file system that images are put into, one after the other. */
export interface ReadingRoom {
  /** What `verify` and `inspect` say of an image that is in order, where that is not what the oracle found. */
  ask(image: FolderImage, verdict: FolderVerdict): Promise<readonly string[]>;
  /** The same of an image that something was done to. */
  askBroken(image: FolderImage, random: SeededRandom): Promise<readonly string[]>;
  close(): void;
}

export function createReadingRoom(): ReadingRoom {
  // In memory where there is such a file system: the readers are asked after every life.
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'feedtape-lives-'));
  const folder = join(root, 'capture');
  mkdirSync(folder);

  function place(image: FolderImage): void {
    for (const name of readdirSync(folder)) if (!image.has(name)) unlinkSync(join(folder, name));
    for (const [name, bytes] of image) writeFileSync(join(folder, name), bytes);
  }

  return {
    async ask(image, { frames, segments }) {
      place(image);
      if (segments === 0) return [];
      const wrong: string[] = [];
      const report = await verifyCapture(folder);
      if (!report.ok) wrong.push(`verify finds ${JSON.stringify(report.findings[0])}`);
      if (report.frames !== frames) wrong.push(`verify counts ${report.frames} frames, not ${frames}`);
      if (report.segments !== segments)
        wrong.push(`verify counts ${report.segments} segments, not ${segments}`);
      const inspection = await inspectCapture(folder);
      if (inspection.frames !== frames)
        wrong.push(`inspect counts ${inspection.frames} frames, not ${frames}`);
      return wrong;
    },

    async askBroken(image, random) {
      const broken = new Map(image);
      const harm = harmTo(broken, random);
      if (harm === undefined) return [];
      place(broken);
      const said = await verifyCapture(folder).then(
        ({ ok }) => (ok ? 'that all is well' : undefined),
        (error: unknown) => (isCaptureError(error) ? undefined : String(error)),
      );
      return said === undefined ? [] : [`verify says ${said} after ${harm}`];
    },

    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Does something to an image that breaks a promise, and says what. */
function harmTo(image: Map<string, Buffer>, random: SeededRandom): string | undefined {
  const segments = [...image.keys()].filter((name) => /-\d{6}\.ndjson(?:\.zst|\.gz)?$/.test(name)).toSorted();
  if (segments.length === 0) return undefined;
  const name = random.pick(segments);
  const bytes = Buffer.from(image.get(name) as Buffer);
  switch (random.whole(0, 5)) {
    case 0: {
      const at = random.whole(0, bytes.length - 1);
      bytes[at] = (bytes[at] as number) ^ (1 << random.whole(0, 7));
      image.set(name, bytes);
      return `bit of byte ${at} of ${name} was turned`;
    }
    case 1:
      image.delete(name);
      image.delete(`${name}.sha256`);
      return segments.length > 1 ? `${name} was taken away` : undefined;
    case 2:
      image.set(name, bytes.subarray(0, random.whole(0, bytes.length - 1)));
      return `${name} was cut short`;
    case 3:
      image.set(`${name}.sha256`, Buffer.from(`${'0'.repeat(64)}  ${name}\n`));
      return `the sidecar of ${name} was changed`;
    case 4:
      image.delete(`${name}.sha256`);
      return `the sidecar of ${name} was taken away`;
    default:
      image.set(name, Buffer.concat([bytes, Buffer.from('x')]));
      return `${name} was written on`;
  }
}
