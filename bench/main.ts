import { parseArgs } from 'node:util';
import { measure, sample, type Bench } from './measure.ts';
import { section, writeSection } from './report.ts';

/** Every bench by its name on the command line. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  auth: async () => (await import('./auth.bench.ts')).tokens,
  client: async () => (await import('./client.bench.ts')).client,
  book: async () => (await import('./book.bench.ts')).updates,
  'book-snapshot': async () => (await import('./book.bench.ts')).snapshots,
  decode: async () => (await import('./decode.bench.ts')).mix,
  'decode-real': async () => (await import('./decode.bench.ts')).real,
  'decode-snapshot': async () => (await import('./decode.bench.ts')).snapshot,
  peek: async () => (await import('./peek.bench.ts')).peeking,
  record: async () => (await import('./record.bench.ts')).recording,
  'record-pace': async () => (await import('./record.bench.ts')).recordingAtPace,
  'record-pieces': async () => (await import('./record.bench.ts')).recordingPieces,
  replay: async () => (await import('./replay.bench.ts')).readingBack,
  sequence: async () => (await import('./sequence.bench.ts')).judging,
  simulator: async () => (await import('./simulator.bench.ts')).exchangeAtFullSpeed,
  recorder: async () => (await import('./recorder.bench.ts')).wholeRecorder,
};

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
    sample: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const [name = '', subject = ''] = positionals;
const load = benches[name];
if (load === undefined) {
  console.error(
    `usage: npm run bench -- NAME [--rounds 5] [--write]\nNAME: ${Object.keys(benches).join(', ')}`,
  );
  process.exitCode = 64;
} else if (values.sample) {
  console.log(JSON.stringify(await sample(await load(), subject)));
} else {
  const bench = await load();
  const rounds = Number(values.rounds);
  const notes = [...(bench.notes ?? []), ...((await bench.facts?.()) ?? [])];
  const text = section(name, { ...bench, notes }, measure(name, bench, rounds), rounds);
  console.log(text);
  if (values.write) writeSection(name, text);
}
