import { basename, dirname } from 'node:path';
import { nodeFiles, presentSegments, readManifest } from '@feedtape/capture/node';
import type { Ledger } from '@feedtape/simulator';
import { createLogUpdate } from 'log-update';
import { countText, durationText, shareText } from '../output/format.ts';
import { createRateMeter, mark, perSecond } from '../status/model/rate-meter.ts';
import type { PlannedFile } from '../read/reading-plan.ts';
import type { Terminal } from '../output/terminal.ts';

const REWRITE_MS = 250;

/** On a terminal one line rewritten in place about what an exchange sends; elsewhere nothing. Returns how to stop it. */
export function showServing(
  { stderr }: Terminal,
  ledger: Ledger,
  /** Recorded frames that there are to send, where that is known. */
  frames: number | undefined,
): () => void {
  if (stderr.isTTY !== true) return () => undefined;
  const rewrite = createLogUpdate(stderr);
  const started = performance.now();
  const meter = createRateMeter();
  let second = 0;
  const draw = (): void => {
    meter.total = ledger.connections.reduce((sum, { sent }) => sum + sent, 0);
    const current = Math.floor((performance.now() - started) / 1000);
    while (second < current) {
      second += 1;
      mark(meter, second);
    }
    const open = ledger.connections.filter(({ end }) => end === undefined).length;
    rewrite(servingText({ open, sent: meter.total, rate: perSecond(meter, second), frames }));
  };
  const timer = setInterval(draw, REWRITE_MS);
  return () => {
    clearInterval(timer);
    rewrite.clear();
  };
}

export interface Serving {
  /** Connections that are open. */
  readonly open: number;
  readonly sent: number;
  readonly rate: number;
  readonly frames: number | undefined;
}

/** `serving ████████░░░░░░░░░░░░ 40 % · 1 connection · 400 of 1,000 frames · 100/s · 6s left` */
export function servingText({ open, sent, rate, frames }: Serving): string {
  const connections = countText(open, 'connection');
  const pace = `${rate.toFixed(0)}/s`;
  // A second client gets the tape from its beginning: then there is no end to be foreseen.
  if (frames === undefined || sent > frames)
    return [`serving ${connections}`, `${countText(sent, 'frame')} sent`, pace].join(' · ');
  const left = rate > 0 ? [`${durationText(((frames - sent) / rate) * 1000)} left`] : [];
  const share = `serving ${shareText(frames === 0 ? 1 : sent / frames)}`;
  const sum = `${sent.toLocaleString('en-US')} of ${countText(frames, 'frame')}`;
  return [share, connections, sum, pace, ...left].join(' · ');
}

/** How many frames the manifests beside the files speak of; undefined where one of the files is not in them. */
export async function recordedFrames(planned: readonly PlannedFile[]): Promise<number | undefined> {
  let frames = 0;
  for (const folder of new Set(planned.map(({ path }) => dirname(path)))) {
    // A manifest that is not read says nothing; the files are served all the same.
    const entries = await readManifest(nodeFiles, folder).catch(() => []);
    const present = [...presentSegments(entries).values()];
    for (const { path } of planned) {
      if (dirname(path) !== folder) continue;
      const segment = present.find(({ file }) => file === basename(path));
      if (segment === undefined) return undefined;
      frames += segment.entry.frames;
    }
  }
  return frames;
}
