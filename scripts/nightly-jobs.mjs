/**
 * One long form of the tests.
 * @typedef {object} Job
 * @property {string} proves
 * @property {readonly string[]} [tests] files for vitest
 * @property {number} [times] so many times the cases of `npm test`
 * @property {string} [program] instead of tests: a program that ends with 0 if all is well
 * @property {Readonly<Record<string, string>>} [env]
 */

const capture = 'packages/capture/test';

/**
 * By name. Each can be run by hand: npm run nightly -- NAME [arguments].
 * @type {Readonly<Record<string, Job>>}
 */
export const jobs = {
  'sequencer-ledger': {
    proves: '200 seeds of 10 million faulty frames: the accounting equals the ledger of the injector',
    tests: ['packages/sequencer/test/ground-truth.test.ts'],
    times: 200,
  },
  'book-oracle': {
    proves: '20 million faulty steps: no book says fresh and lies',
    tests: ['tests/book/oracle.test.ts'],
    times: 100,
  },
  'protocol-mutations': {
    proves: 'a million mutated frames: both decoders agree, peek is right, nothing throws or hangs',
    tests: ['packages/protocol/test/mutated-frames.test.ts'],
    times: 100,
  },
  'protocol-readings': {
    proves:
      'a million mutated frames and a million random ones: number, channel and products are the same by every way',
    tests: ['packages/protocol/test/one-reading.test.ts'],
    times: 100,
  },
  'recorder-figures': {
    proves:
      '500 seeds of faults, with and without page, small compressed segments, each recovery policy: record, verify, inspect, export and the ledger of the exchange say the same figures',
    tests: ['apps/recorder/test/figures/same-figures.test.ts'],
    times: 50,
  },
  'capture-kills': {
    proves:
      'a thousand SIGKILLs at random instants, 400 more during compression, one at every system call; every errno at every call; a cut at every byte; 10,000 rotations; a million frames of any bytes',
    tests: [
      `${capture}/kills/kill.test.ts`,
      `${capture}/kills/syscall-kill.test.ts`,
      `${capture}/seal/compression-kill.test.ts`,
      `${capture}/seal/compression.test.ts`,
      `${capture}/write/clock-steps.test.ts`,
      `${capture}/write/disk-full.test.ts`,
      `${capture}/write/io-errors.test.ts`,
      `${capture}/write/rotation.test.ts`,
      `${capture}/repair/repair-folder.test.ts`,
      `${capture}/exact-bytes.property.test.ts`,
    ],
    times: 40,
  },
  'capture-damage': {
    proves:
      'bit flips in every file of a recorded folder are found, and what was recorded comes back, in thousands of cases',
    tests: [`${capture}/verify/damage.property.test.ts`],
    times: 50,
  },
  'capture-readers': {
    proves:
      'a folder that rotates, compresses and deletes all the time is verified, inspected and read 1,000 times without an alarm, by its own process and by another; a follower is given every frame once',
    tests: [`${capture}/read/reading-while-recording.test.ts`, `${capture}/read/follow.test.ts`],
    times: 67,
  },
  'capture-lives': {
    proves:
      '100,000 simulated lives of a writer, with faults, crashes, full disks, steps of the clock and rivals, lose nothing but what is stated, and leave a folder that is true',
    tests: [`${capture}/lives/lives.test.ts`],
  },
  'capture-real-lives': {
    proves: '500 lives of real processes, killed at random system calls and instants: the same',
    tests: [`${capture}/lives/real-lives.test.ts`],
  },
  'hostile-folders': {
    proves:
      '5,000 folders of strangers under every command: nothing outside them changes, nothing hangs, nothing ends without a reason, memory stays below a gigabyte',
    tests: ['apps/recorder/test/hostile/hostile-folders.test.ts'],
    times: 25,
    env: { FEEDTAPE_HOSTILE_SEED: '1000' },
  },
  'capture-lives-mutants': {
    proves:
      'each of more than 50 mistakes, made in the writer on purpose, is noticed by the lives of one seed',
    tests: [`${capture}/lives/lives-mutants.test.ts`],
  },
  'capture-mutants': {
    proves: 'each known mistake, made in the writer on purpose, is noticed by the test that is there for it',
    tests: [`${capture}/mutants/mutants.test.ts`],
  },
  'simulator-worlds': {
    proves:
      '2,000 seeded worlds of faults with a market, 2,000 with a capture: what arrives is what the ledger of the exchange says was sent',
    tests: ['packages/simulator/test/ledger.property.test.ts'],
    times: 100,
  },
  'capture-power-cut': {
    proves:
      'what a checkpoint or an end speaks of survives a power cut on ext4 and xfs (needs root and loop mounts)',
    program: `${capture}/kills/power-cut.ts`,
  },
  'capture-flat-memory': {
    proves:
      'ten million frames through one writer leave the memory of the process as it was after the first million',
    program: `${capture}/flat-memory.ts`,
  },
  'client-storms': {
    proves:
      '2,000 seeds of random faults in simulated time, with the default waits and with short ones: no book lies, accounting equals the ledger, all is fresh 10 s later',
    tests: ['tests/client/chaos.test.ts'],
    times: 200,
  },
  'client-worlds': {
    proves:
      '10,000 worlds of an exchange that means no good, with every kind of consumer: every wanted book is fresh again, nothing throws, nothing is lost without an item',
    tests: ['tests/client/worlds.test.ts'],
    times: 100,
  },
  'client-flat-memory': {
    proves:
      'a million frames with a backfill that hangs, with names nobody asked for, and of products that left: memory stays flat',
    tests: ['packages/client/test/streams/flat-memory.test.ts'],
    env: { FEED_FRAMES: '1000000' },
  },
  'client-redundancy': {
    proves:
      'one of two lines killed 1,000 times: no trade lost or repeated, no book stale for more than 2.5 s',
    tests: ['tests/client/redundancy.test.ts'],
    env: { FEED_KILLS: '1000' },
  },
  'client-network': {
    proves:
      'packets dropped, server stopped, link down, connections reset, handshakes unanswered: 30 of 30 feeds notice in time (needs root and network namespaces)',
    program: 'tests/client/broken-network.ts',
  },
  'client-churn': {
    proves: '10,000 connections opened and closed: heap, descriptors and resources stay flat',
    program: 'tests/client/churn.ts',
  },
  'client-soak': {
    proves:
      '20 minutes with a fault of another kind every 5 s: accounting equals the ledger, connection by connection; memory, descriptors and timers flat',
    program: 'tests/client/soak.ts',
  },
  'recorder-soak': {
    proves:
      '20 minutes at 5,000 frames a second with a fault every 5 s: the capture is what was sent, every gap counted; memory, descriptors and timers flat',
    program: 'tests/recorder/soak.ts',
  },
  'recorder-flat-memory': {
    proves: 'ten million frames through the recorder: memory and disk stay as they were after the first',
    program: 'tests/recorder/flat-memory.ts',
  },
  'recorder-installed': {
    proves: 'the packed packages, installed as the Containerfile installs them, record as an ordinary user',
    program: 'tests/recorder/installed.ts',
  },
  'recorder-pace': {
    proves: '400 products at 3,000 frames a second take less than a tenth of a core, watched or not',
    program: 'tests/recorder/pace.ts',
  },
};
