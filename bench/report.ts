import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, platform, release } from 'node:os';
import type { Bench, Row } from './measure.ts';

const RESULTS = new URL('RESULTS.md', import.meta.url);

/** The section of one bench, as Markdown. */
export function section(
  name: string,
  { title, unit, notes = [] }: Bench,
  rows: readonly Row[],
  rounds: number,
): string {
  const lines = rows.map(
    ({ subject, ratio, lowestRatio, highestRatio, cpuNsPerUnit, wallNsPerUnit }) =>
      `| ${subject} | **${fixed(ratio)}** | ${fixed(lowestRatio)} – ${fixed(highestRatio)} | ${whole(cpuNsPerUnit)} | ${whole(wallNsPerUnit)} |`,
  );
  return [
    `## ${title}`,
    '',
    `\`npm run bench -- ${name}\`: median of ${rounds} alternating rounds, a fresh process each, CPU time of all threads. ${machine()}.`,
    '',
    `| | CPU, × the first line | lowest – highest | CPU ns a ${unit} | wall ns a ${unit} |`,
    '| --- | ---: | ---: | ---: | ---: |',
    ...lines,
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
  ].join('\n');
}

/** Replaces the section of one bench in RESULTS.md, or adds it at the end. */
export function writeSection(name: string, text: string): void {
  const before = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '# Results\n';
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- end:${name} -->`];
  const block = `${open}\n${text}\n${close}`;
  const start = before.indexOf(open);
  const end = before.indexOf(close);
  const after =
    start === -1
      ? `${before.trimEnd()}\n\n${block}\n`
      : before.slice(0, start) + block + before.slice(end + close.length);
  writeFileSync(RESULTS, after);
}

function machine(): string {
  return `Node ${process.version}, ${platform()} ${release()} ${arch()}, ${availableParallelism()} cores, ${new Date().toISOString().slice(0, 10)}`;
}

function fixed(ratio: number): string {
  return ratio.toFixed(ratio < 1 ? 3 : 2);
}

function whole(ns: number): string {
  return Math.round(ns).toLocaleString('en-US');
}
