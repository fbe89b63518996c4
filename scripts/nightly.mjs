// The long forms of the tests, by name. Each can be run by hand: npm run nightly -- NAME [arguments].
// Without a name all of them run, one after the other, and the first failure sets the exit code.
import { spawnSync } from 'node:child_process';

/**
 * What each job proves, and the command that does it.
 * @type {Readonly<Record<string, { readonly proves: string, readonly command: readonly [string, ...string[]] }>>}
 */
const jobs = {
  'sequencer-ledger': {
    proves: '200 seeds of 10 million faulty frames: the accounting equals the ledger of the injector',
    command: ['vitest', 'run', 'packages/sequencer/test/ground-truth.test.ts'],
  },
  'book-oracle': {
    proves: '20 million faulty steps: no book says fresh and lies',
    command: ['vitest', 'run', 'tests/book/oracle.test.ts'],
  },
  'protocol-mutations': {
    proves: 'a million mutated frames: both decoders agree, peek is right, nothing throws or hangs',
    command: [
      'env',
      'FEEDTAPE_MUTATIONS=1000000',
      'vitest',
      'run',
      'packages/protocol/test/mutated-frames.test.ts',
    ],
  },
  'protocol-readings': {
    proves:
      'a million mutated frames and a million random ones: number, channel and products are the same by every way',
    command: [
      'env',
      'FEEDTAPE_READINGS=1000000',
      'vitest',
      'run',
      'packages/protocol/test/one-reading.test.ts',
    ],
  },
  'recorder-figures': {
    proves:
      '500 seeds of faults, with and without page, small compressed segments, each recovery policy: record, verify, inspect, export and the ledger of the exchange say the same figures',
    command: ['env', 'FEED_SEEDS=500', 'vitest', 'run', 'apps/recorder/test/figures/same-figures.test.ts'],
  },
  'capture-kills': {
    proves:
      'a thousand SIGKILLs at random instants, 400 more during compression; every errno at every call; a cut at every byte; 10,000 rotations; a million frames of any bytes',
    command: [
      'vitest',
      'run',
      ...[
        'kill',
        'compression-kill',
        'clock-steps',
        'io-errors',
        'repair',
        'rotation',
        'disk-full',
        'exact-bytes.property',
        'compression',
      ].map((test) => `packages/capture/test/${test}.test.ts`),
    ],
  },
  'capture-damage': {
    proves:
      'bit flips in every file of a recorded folder are found, and what was recorded comes back, in thousands of cases',
    command: ['vitest', 'run', 'packages/capture/test/verify/damage.property.test.ts'],
  },
  'capture-readers': {
    proves:
      'a folder that rotates, compresses and deletes all the time is verified, inspected and read 1,000 times without an alarm, by its own process and by another; a follower is given every frame once',
    command: [
      'vitest',
      'run',
      'packages/capture/test/read/reading-while-recording.test.ts',
      'packages/capture/test/read/follow.test.ts',
    ],
  },
  'capture-lives': {
    proves:
      '100,000 simulated lives of a writer, with faults, crashes, full disks, steps of the clock and rivals, lose nothing but what is stated, and leave a folder that is true',
    command: ['vitest', 'run', 'packages/capture/test/lives/lives.test.ts'],
  },
  'capture-real-lives': {
    proves: '500 lives of real processes, killed at random system calls and instants: the same',
    command: ['vitest', 'run', 'packages/capture/test/lives/real-lives.test.ts'],
  },
  'hostile-folders': {
    proves:
      '5,000 folders of strangers under every command: nothing outside them changes, nothing hangs, nothing ends without a reason, memory stays below a gigabyte',
    command: [
      'env',
      'FEEDTAPE_HOSTILE_FOLDERS=5000',
      'FEEDTAPE_HOSTILE_SEED=1000',
      'vitest',
      'run',
      'apps/recorder/test/hostile/hostile-folders.test.ts',
    ],
  },
  'capture-lives-mutants': {
    proves:
      'each of more than 50 mistakes, made in the writer on purpose, is noticed by the lives of one seed',
    command: ['vitest', 'run', 'packages/capture/test/lives/lives-mutants.test.ts'],
  },
  'capture-mutants': {
    proves: 'each known mistake, made in the writer on purpose, is noticed by the test that is there for it',
    command: ['vitest', 'run', 'packages/capture/test/mutants/mutants.test.ts'],
  },
  'simulator-worlds': {
    proves:
      '2,000 seeded worlds of faults with a market, 2,000 with a capture: what arrives is what the ledger of the exchange says was sent',
    command: [
      'env',
      'FEEDTAPE_WORLDS=2000',
      'vitest',
      'run',
      'packages/simulator/test/ledger.property.test.ts',
    ],
  },
  'capture-power-cut': {
    proves:
      'what a checkpoint or an end speaks of survives a power cut on ext4 and xfs (needs root and loop mounts)',
    command: ['node', '--conditions=@feedtape/source', 'packages/capture/test/kills/power-cut.ts'],
  },
  'capture-flat-memory': {
    proves:
      'ten million frames through one writer leave the memory of the process as it was after the first million',
    command: ['node', '--conditions=@feedtape/source', 'packages/capture/test/flat-memory.ts'],
  },
  'client-storms': {
    proves:
      '2,000 seeds of random faults in simulated time, with the default waits and with short ones: no book lies, accounting equals the ledger, all is fresh 10 s later',
    command: ['env', 'FEED_SEEDS=2000', 'vitest', 'run', 'tests/client/chaos.test.ts'],
  },
  'client-worlds': {
    proves:
      '10,000 worlds of an exchange that means no good, with every kind of consumer: every wanted book is fresh again, nothing throws, nothing is lost without an item',
    command: [
      'env',
      'FEED_WORLDS=10000',
      'vitest',
      'run',
      'tests/client/worlds.test.ts',
      '--testTimeout=600000',
    ],
  },
  'client-flat-memory': {
    proves:
      'a million frames with a backfill that hangs, with names nobody asked for, and of products that left: memory stays flat',
    command: [
      'env',
      'FEED_FRAMES=1000000',
      'vitest',
      'run',
      'packages/client/test/streams/flat-memory.test.ts',
    ],
  },
  'client-redundancy': {
    proves:
      'one of two lines killed 1,000 times: no trade lost or repeated, no book stale for more than 2.5 s',
    command: [
      'env',
      'FEED_KILLS=1000',
      'vitest',
      'run',
      'tests/client/redundancy.test.ts',
      '--testTimeout=600000',
    ],
  },
  'client-network': {
    proves:
      'packets dropped, server stopped, link down, connections reset, handshakes unanswered: 30 of 30 feeds notice in time (needs root and network namespaces)',
    command: ['node', '--conditions=@feedtape/source', 'tests/client/broken-network.ts'],
  },
  'client-churn': {
    proves: '10,000 connections opened and closed: heap, descriptors and resources stay flat',
    command: ['node', '--conditions=@feedtape/source', '--expose-gc', 'tests/client/churn.ts'],
  },
  'client-soak': {
    proves:
      '20 minutes with a fault of another kind every 5 s: accounting equals the ledger, connection by connection; memory, descriptors and timers flat',
    command: ['node', '--conditions=@feedtape/source', '--expose-gc', 'tests/client/soak.ts'],
  },
  'recorder-soak': {
    proves:
      '20 minutes at 5,000 frames a second with a fault every 5 s: the capture is what was sent, every gap counted; memory, descriptors and timers flat',
    command: ['node', '--conditions=@feedtape/source', 'tests/recorder/soak.ts'],
  },
  'recorder-flat-memory': {
    proves: 'ten million frames through the recorder: memory and disk stay as they were after the first',
    command: ['node', '--conditions=@feedtape/source', 'tests/recorder/flat-memory.ts'],
  },
  'recorder-installed': {
    proves: 'the packed packages, installed as the Containerfile installs them, record as an ordinary user',
    command: ['node', '--conditions=@feedtape/source', 'tests/recorder/installed.ts'],
  },
  'recorder-pace': {
    proves: '400 products at 3,000 frames a second take less than a tenth of a core, watched or not',
    command: ['node', '--conditions=@feedtape/source', 'tests/recorder/pace.ts'],
  },
};

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !Object.hasOwn(jobs, name)) {
  console.error(`Unknown job "${name}". Known: ${Object.keys(jobs).join(', ')}.`);
  process.exit(64);
}

for (const [job, { proves, command }] of Object.entries(jobs)) {
  if (name !== undefined && name !== job) continue;
  console.log(`\n── ${job}: ${proves}`);
  const [program, ...fixed] = command;
  const { status } = spawnSync(program, [...fixed, ...args], {
    stdio: 'inherit',
    env: { ...process.env, FEEDTAPE_NIGHTLY: '1' },
  });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${job}`);
  if (status !== 0) process.exitCode = 1;
}
