// Runs the long forms of the tests, all of them or one: npm run nightly -- [NAME [arguments]]. The first failure
// sets the exit code. Seeds come from the clock here, unless FEEDTAPE_SEED says which.
import { spawnSync } from 'node:child_process';
import { jobs } from './nightly-jobs.mjs';

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !Object.hasOwn(jobs, name)) {
  console.error(`Unknown job "${name}". Known: ${Object.keys(jobs).join(', ')}.`);
  process.exit(64);
}

const seed = process.env['FEEDTAPE_SEED'] ?? String(Date.now() % 2 ** 31);

for (const [job, { proves, tests, times = 1, program, env }] of Object.entries(jobs)) {
  if (name !== undefined && name !== job) continue;
  console.log(`\n── ${job} (FEEDTAPE_SEED=${seed}): ${proves}`);
  const [command, fixed] =
    program === undefined
      ? ['vitest', ['run', ...(tests ?? []), '--testTimeout=3600000']]
      : ['node', ['--conditions=@feedtape/source', '--expose-gc', program]];
  const { status } = spawnSync(command, [...fixed, ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...env,
      FEEDTAPE_NIGHTLY: '1',
      FEEDTAPE_TIMES: String(times),
      FEEDTAPE_SEED: seed,
    },
  });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${job}`);
  if (status !== 0) process.exitCode = 1;
}
