import { createReadingRoom } from './reader-answers.ts';
import { shrink } from './shrink.ts';
import { liveWorld } from './world.ts';
import { planWorld } from './world-plan.ts';
import type { WorldPlan } from './world-plan.ts';

// Looks for worlds that fail: `node --conditions=@feedtape/source search.ts FROM [TO] [--shrink] [--trace]`, with
// `--shrink` makes each as small as it goes, with `--trace` says everything that happens in it. `--first` ends with the
// first that fails, `--alone` does not ask the package's own readers.

const args = process.argv.slice(2);
const [from = 1, to = from] = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
const room = createReadingRoom();
const readers = args.includes('--alone') ? {} : { readers: room };
const start = performance.now();
let lives = 0;
let failed = 0;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const kind = (finding: string): string => finding.replaceAll(/[0-9a-f-]{36}|\d+/gu, '#');
for (let seed = from; seed <= to; seed += 1) {
  let plan: WorldPlan = planWorld(seed);
  const report = await liveWorld(plan, readers);
  lives += report.lives;
  if (report.findings.length === 0) continue;
  failed += 1;
  process.exitCode = 1;
  say(`seed ${seed}\n  ${report.findings.slice(0, 5).join('\n  ')}`);
  if (args.includes('--shrink')) {
    const wanted = kind(report.findings[0] as string).slice(3);
    plan = await shrink(plan, async (less) =>
      (await liveWorld(less, readers)).findings.some((one) => kind(one).includes(wanted)),
    );
    say(JSON.stringify(plan));
  }
  if (args.includes('--trace')) {
    await liveWorld(plan, { trace: (text) => say(`   ${text()}`) });
    for (const one of (await liveWorld(plan, readers)).findings) say(`  ${one}`);
  }
  if (args.includes('--first')) break;
}
room.close();
const ms = performance.now() - start;
say(`${lives} lives, ${failed} worlds failed, ${(ms / lives).toFixed(2)} ms a life`);
