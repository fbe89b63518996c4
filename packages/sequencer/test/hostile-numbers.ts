// A program of its own, so that its memory is its own: pushes ten million numbers that try to make a sequencer
// remember as much, or work as hard, as they can, and prints what that cost.
import { createSequencer } from '@feedtape/sequencer';
import { random } from './faulty-connections.ts';

const TWO_MILLION = 2_000_000;
const next = random(1);
const far = (): number => (next() % 2 ** 21) * 2 ** 32 + next();
const HALF = 2 ** 52;

const attacks: Readonly<Record<string, (index: number) => unknown>> = {
  'every other number': (index) => index * 2,
  'anywhere below the highest there is': (index) => (index === 0 ? Number.MAX_SAFE_INTEGER : far()),
  'splitting the gap it can still remember': (index) =>
    index === 0 ? Number.MAX_SAFE_INTEGER : HALF + ((index * 2_654_435_761) % HALF),
  'from the highest down, every other number': (index) => Number.MAX_SAFE_INTEGER - index * 2,
  'no numbers': (index) => [-1, 0.5, 'x', null, 2 ** 60, Number.NaN][index % 6],
};

const rss = (): number => process.memoryUsage().rss;
const before = rss();
let grown = 0;
const results = Object.entries(attacks).map(([name, numberAt]) => {
  const sequencer = createSequencer();
  const started = process.cpuUsage();
  for (let index = 0; index < TWO_MILLION; index += 1) sequencer.push(numberAt(index));
  const { user, system } = process.cpuUsage(started);
  const nsEach = ((user + system) * 1e3) / TWO_MILLION;
  grown = Math.max(grown, rss() - before);
  const { state, accounting } = sequencer;
  return { name, nsEach, open: state.kind === 'running' ? state.open.length : 0, accounting };
});
process.stdout.write(JSON.stringify({ grownBytes: grown, results }));
