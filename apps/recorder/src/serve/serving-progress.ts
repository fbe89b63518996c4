import type { Ledger } from '@feedtape/simulator';
import { countText } from '../output/format.ts';
import { createProgressBar, leftText, shareText } from '../output/progress-bar.ts';
import type { Terminal } from '../output/terminal.ts';
import { createRateMeter, mark, perSecond } from '../status/model/rate-meter.ts';

const REDRAW_MS = 250;

/** Shows what an exchange sends. `frames`: how many recorded frames there are to send, if known. Returns how to stop. */
export function showServing(
  terminal: Terminal,
  { ledger, frames, quiet }: { ledger: Ledger; frames: number | undefined; quiet: boolean },
): () => void {
  const { draw, stop } = createProgressBar(terminal, quiet);
  const started = performance.now();
  const meter = createRateMeter();
  let second = 0;
  const timer = setInterval(() => {
    const { connections } = ledger;
    meter.total = connections.reduce((sum, { sent }) => sum + sent, 0);
    const current = Math.floor((performance.now() - started) / 1000);
    while (second < current) {
      second += 1;
      mark(meter, second);
    }
    const open = connections.filter(({ end }) => end === undefined).length;
    draw(() => servingText({ open, sent: meter.total, rate: perSecond(meter, second), frames }));
  }, REDRAW_MS);
  return () => {
    clearInterval(timer);
    stop();
  };
}

export interface Serving {
  /** Open connections. */
  readonly open: number;
  readonly sent: number;
  readonly rate: number;
  readonly frames: number | undefined;
}

/** `serving ████████░░░░░░░░░░░░ 40 % · 1 connection · 400 of 1,000 frames · 100/s · 6s left` */
export function servingText({ open, sent, rate, frames }: Serving): string {
  const connections = countText(open, 'connection');
  const pace = `${rate.toFixed(0)}/s`;
  // A second client gets the capture from its beginning, and no end is in sight.
  if (frames === undefined || sent > frames)
    return [`serving ${connections}`, `${countText(sent, 'frame')} sent`, pace].join(' · ');
  return [
    `serving ${shareText(frames === 0 ? 1 : sent / frames)}`,
    connections,
    `${sent.toLocaleString('en-US')} of ${countText(frames, 'frame')}`,
    pace,
    ...leftText(rate > 0 ? ((frames - sent) / rate) * 1000 : undefined),
  ].join(' · ');
}
