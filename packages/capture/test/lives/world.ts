import { isCaptureError } from '@feedtape/capture';
import { repairCapture } from '@feedtape/capture/node';
import { createFaultPlan } from './fault-plan.ts';
import { announcedIn, hasToGo, judgeFolder, segmentThatGoes } from './folder-oracle.ts';
import type { FolderImage, GoneSegment } from './folder-oracle.ts';
import type { ReadingRoom } from './reader-answers.ts';
import { FOLDER, Life } from './life.ts';
import type { Surroundings } from './life.ts';
import { contentOf, MemoryDisk } from './memory-disk.ts';
import { mixed, seededRandom } from './seeded-random.ts';
import { ProcessTable, SimulatedProcess } from './simulated-process.ts';
import { SimulatedTime } from './simulated-time.ts';
import type { LifePlan, RetentionPlan, WorldPlan } from './world-plan.ts';

/** What came of a world. */
export interface WorldReport {
  /** Empty when every promise holds. */
  readonly findings: readonly string[];
  readonly lives: number;
  readonly calls: number;
}

export interface WorldOptions {
  /** Told of everything that happens, for who looks for the cause of a finding. */
  readonly trace?: (text: () => string) => void;
  /** Asks the package's own readers about a folder that is in order, and says what is wrong with the answer. */
  readonly readers?: ReadingRoom;
  /** Keeps a copy of what the disk holds after each life. */
  readonly onLife?: (name: string, image: FolderImage) => void;
}

/** Between the planned lives and the quiet ones. */
const LONG_MS = 3_700_000;

const START_MS = Date.UTC(2026, 10, 22, 5, 54, 12);

/** Files of others that stand in the folder, and stay as they are. */
const FOREIGN = new Map([
  ['notes.txt', Buffer.from('mine\n')],
  ['download.csv.tmp', Buffer.from('half of a table')],
  ['photo.sha256', Buffer.from('0000  photo\n')],
]);

/** After all that was planned: a life in which nothing goes wrong, so that everything that is owed is done. */
const QUIET: LifePlan = {
  options: {
    rotateBytes: 2_000,
    rotateMs: 3_600_000,
    fsync: { everyMs: 1_000 },
    compress: 'none',
    maxQueuedBytes: 1_000_000,
    reserveBytes: 4_096,
    maxFileBytes: null,
    namespace: 'pid:[1]',
  },
  steps: [
    { do: 'frames', connection: 0, count: 30, of: 'object', everyMs: 5 },
    { do: 'wait', ms: 1_500 },
  ],
  faults: [],
  crash: null,
  repaired: false,
  slowCalls: 0,
  closedTwice: false,
};

/** Lives the lives of a world, one after the other on what the one before has left, and judges after each. */
export async function liveWorld(plan: WorldPlan, options: WorldOptions = {}): Promise<WorldReport> {
  const findings: string[] = [];
  const disk = new MemoryDisk({ ordered: plan.ordered });
  let name = '';
  const gone = new Map<string, GoneSegment>();
  disk.onGone = (path, bytes) => {
    const manifest = disk.names.get(`${FOLDER}/manifest.ndjson`);
    const file = path.slice(FOLDER.length + 1);
    const segment = segmentThatGoes(file, bytes, manifest && contentOf(manifest));
    if (segment === undefined) return;
    gone.set(segment.name, segment);
  };
  const { retention } = plan;
  if (retention !== null) watchAnnouncements(disk, retention, (text) => findings.push(`${name}: ${text}`));
  const around: Surroundings = {
    plan,
    disk,
    time: new SimulatedTime(START_MS),
    table: new ProcessTable(),
    ledgers: [],
    trace: options.trace ?? (() => undefined),
    complain: (finding) => findings.push(`${name}: ${finding}`),
  };
  placeForeign(disk);
  const lives = [...plan.lives, { ...QUIET, repaired: true }, QUIET];
  for (const [number, life] of lives.entries()) {
    name = `r${number}`;
    const quiet = number >= plan.lives.length;
    if (quiet) {
      disk.capacity = Number.POSITIVE_INFINITY;
      disk.maxInodes = Number.POSITIVE_INFINITY;
      around.time.nowMs += LONG_MS;
    }
    const one = new Life(around, life, name);
    if (disk.capacity < Number.POSITIVE_INFINITY || disk.maxInodes < Number.POSITIVE_INFINITY)
      one.ledger.troubled = true;
    await one.live();
    one.kill();
    let settled = one.ledger.ending === 'closed' && !one.ledger.troubled;
    if (life.repaired) {
      await repair(around);
      settled = true;
    }
    if (quiet && one.ledger.ending !== 'closed') around.complain('a life without trouble did not close');
    const image = imageOf(disk);
    options.onLife?.(name, image);
    if (settled && findings.length === 0) {
      const verdict = judgeFolder(image, {
        ledgers: around.ledgers,
        foreign: FOREIGN,
        gone,
        settled: number === lives.length - 1,
        retention: plan.retention,
      });
      verdict.wrong.forEach(around.complain);
      const random = seededRandom(mixed(plan.seed, name, 'readers'));
      // Most of the time of a life is theirs, so that not every folder is shown to them.
      if (
        verdict.wrong.length === 0 &&
        options.readers !== undefined &&
        (number === lives.length - 1 || random.chance(0.2))
      ) {
        (await options.readers.ask(image, verdict)).forEach(around.complain);
        if (random.chance(0.2)) (await options.readers.askBroken(image, random)).forEach(around.complain);
      }
    }
    if (findings.length > 0) break;
  }
  return { findings, lives: around.ledgers.length, calls: 0 };
}

/**
 * Judges each deletion when it is announced: it is carried out whatever comes between, and others may have shrunk by
 * then.
 */
function watchAnnouncements(
  disk: MemoryDisk,
  retention: RetentionPlan,
  complain: (finding: string) => void,
): void {
  const announced = new Set<string>();
  disk.onWritten = (inode, bytes) => {
    if (inode !== disk.names.get(`${FOLDER}/manifest.ndjson`)) return;
    for (const segment of announcedIn(bytes)) {
      const files = new Map(disk.list(FOLDER).map((one) => [one, disk.at(`${FOLDER}/${one}`).length]));
      if (!announced.has(segment) && hasToGo(retention, segment, { files, announced }) === false)
        complain(`${segment} is to be deleted although no limit is exceeded`);
      announced.add(segment);
    }
  };
}

async function repair({ disk, time, table, complain }: Surroundings): Promise<void> {
  disk.capacity = Number.POSITIVE_INFINITY;
  disk.maxInodes = Number.POSITIVE_INFINITY;
  // A lock that names nobody holds for a while.
  time.nowMs += 60_000;
  const plan = createFaultPlan(
    { faults: [], crash: null, slowCalls: 0 },
    { random: seededRandom(1), nowMs: () => time.nowMs, onCrash: () => undefined },
  );
  const process = new SimulatedProcess({ disk, time, table, plan });
  let ended = false;
  repairCapture(FOLDER, { environment: process.environment() }).then(
    () => (ended = true),
    (error: unknown) => {
      ended = true;
      const nothing = isCaptureError(error) && error.code === 'CAPTURE_NOT_FOUND';
      if (!nothing) complain(`repair failed: ${String(error)}`);
    },
  );
  if (!(await time.until(() => ended, 600_000))) complain('repair did not come to an end');
  process.kill();
}

function placeForeign(disk: MemoryDisk): void {
  const folder = disk.create(FOLDER, 'folder', 0o700, START_MS);
  for (const [name, bytes] of FOREIGN) {
    const path = `${FOLDER}/${name}`;
    const inode = disk.create(path, 'file', 0o644, START_MS);
    disk.write(inode, bytes, 0);
    disk.sync(path, inode);
  }
  disk.sync(FOLDER, folder);
  disk.sync('/disk', disk.at('/disk'));
}

function imageOf(disk: MemoryDisk): FolderImage {
  const image = new Map<string, Buffer>();
  for (const name of disk.list(FOLDER)) {
    const inode = disk.at(`${FOLDER}/${name}`);
    if (inode.kind === 'file') image.set(name, contentOf(inode));
  }
  return image;
}
