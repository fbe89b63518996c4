import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isCaptureError } from '@feedtape/capture';
import { openWriter } from '@feedtape/capture/node';
import type { CaptureWriter, WriterEvent } from '@feedtape/capture/node';
import { createFaultPlan } from './fault-plan.ts';
import type { FaultPlan } from './fault-plan.ts';
import { createLedger, makeFrame, noteReports } from './life-ledger.ts';
import type { LifeLedger } from './life-ledger.ts';
import { contentOf } from './memory-disk.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { mixed, seededRandom } from './seeded-random.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { ProcessTable } from './simulated-process.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { CallPlan } from './mounted-disk.ts';
import type { LifePlan, Step, WorldPlan } from './world-plan.ts';

export const FOLDER = '/disk/capture';
/** Nothing takes longer than this that ever ends: closing waits for a disk that heals after 90 s at most. */
const PATIENCE_MS = 600_000;

const eventText = (event: WriterEvent): string =>
  JSON.stringify(event, (_, value: unknown) => (value instanceof Error ? value.stack : value));

/** What all lives of a world share. */
export interface Surroundings {
  readonly plan: WorldPlan;
  readonly disk: MemoryDisk;
  readonly time: SimulatedTime;
  readonly table: ProcessTable;
  readonly complain: (finding: string) => void;
  /** Told of everything that happens, for who looks for the cause of a finding. */
  readonly trace: (text: () => string) => void;
  /** Ledgers of all lives, rivals among them. */
  readonly ledgers: LifeLedger[];
}

/** A process that records, as one of the lives of a world. */
export class Life {
  readonly ledger: LifeLedger;
  readonly #around: Surroundings;
  readonly #plan: LifePlan;
  readonly #process: SimulatedProcess;
  readonly #faults: FaultPlan;
  #writer: CaptureWriter | undefined;
  #crashed = false;
  /** Another recorder may have had the folder, and sealed what this one went on to write into. */
  #wasTaken = false;

  constructor(around: Surroundings, plan: LifePlan, name: string) {
    const { disk, time, table } = around;
    this.#around = around;
    this.#plan = plan;
    this.ledger = createLedger(name);
    around.ledgers.push(this.ledger);
    const random = seededRandom(mixed(around.plan.seed, name));
    const faults = createFaultPlan(plan, { random, nowMs: () => time.nowMs, onCrash: () => this.#crash() });
    this.#faults = faults;
    const traced: CallPlan = {
      ...faults,
      before(call) {
        const fate = faults.before(call);
        around.trace(() => `${name} ${call.number} ${call.name} ${call.path} ${JSON.stringify(fate)}`);
        return fate;
      },
    };
    this.#process = new SimulatedProcess({
      disk,
      time,
      table,
      plan: traced,
      namespace: plan.options.namespace,
      ...(plan.options.maxFileBytes !== null && { maxFileBytes: plan.options.maxFileBytes }),
    });
    this.#process.disk.posixAppend = around.plan.posixAppend;
  }

  get hasCrashed(): boolean {
    return this.#crashed;
  }

  /** Lives it, from its start to its end. */
  async live(): Promise<void> {
    if (!(await this.start())) return;
    for (const step of this.#plan.steps) {
      await this.#step(step);
      if (this.#crashed) return;
    }
    const { crash } = this.#plan;
    if (crash !== null && crash.atMs !== null) {
      await this.#pass(crash.atMs);
      if (!this.#crashed) this.#crash();
      return;
    }
    await this.close();
  }

  /** Opens the writer; false when it could not be opened, or died over it. */
  async start(): Promise<boolean> {
    const { options } = this.#plan;
    const { retention } = this.#around.plan;
    let refused: unknown;
    openWriter({
      folder: FOLDER,
      url: 'wss://example.test',
      run: this.ledger.run,
      rotate: { bytes: options.rotateBytes, ms: options.rotateMs },
      fsync: options.fsync,
      compress: options.compress,
      maxQueuedBytes: options.maxQueuedBytes,
      reserveBytes: options.reserveBytes,
      lowSpaceBytes: 1_000,
      ...(retention !== null && { retention }),
      onEvent: (event) => {
        this.ledger.events.push(event);
        this.#around.trace(() => `${this.ledger.run} event ${eventText(event)}`);
      },
      environment: this.#process.environment(),
    }).then(
      (writer) => (this.#writer = writer),
      (error: unknown) => (refused = error),
    );
    await this.#until('opening', () => this.#writer !== undefined || refused !== undefined);
    if (this.#crashed) return false;
    if (refused !== undefined) {
      this.#judgeRefusal(refused);
      this.#process.kill();
    }
    return this.#writer !== undefined;
  }

  #judgeRefusal(error: unknown): void {
    this.#noteTrouble();
    const code = isCaptureError(error) ? error.code : String(error);
    if (code === 'CAPTURE_IO' && this.ledger.troubled) return;
    this.ledger.events.push({ kind: 'failed', error });
    if (code === 'CAPTURE_LOCKED' || (code === 'CAPTURE_LOCK_LOST' && this.#faults.isLockLost)) return;
    this.#around.complain(`opening failed without a reason: ${String(error)}`);
  }

  async close(): Promise<void> {
    const writer = this.#writer as CaptureWriter;
    noteReports(this.ledger, writer);
    let failure: string | undefined;
    const closing = writer.close();
    if (this.#plan.closedTwice && writer.close() !== closing)
      this.#around.complain('a second close() is another one');
    closing.then(
      (result) => (this.ledger.result = result),
      (error: unknown) => (failure = String(error)),
    );
    await this.#until('closing', () => this.ledger.result !== undefined || failure !== undefined);
    if (this.#crashed) return;
    if (failure !== undefined) this.#around.complain(`close() threw ${failure}`);
    noteReports(this.ledger, writer);
    this.ledger.ending = this.ledger.ending === 'fenced' ? 'fenced' : 'closed';
    const { capacity, maxInodes } = this.#around.disk;
    const { isMute, isLockLost } = this.#faults;
    this.ledger.isMute = isMute || isLockLost || Math.min(capacity, maxInodes) < Number.POSITIVE_INFINITY;
    this.#noteTrouble();
    this.#process.kill();
  }

  /** It is over, without a word. */
  kill(): void {
    if (this.#process.isAlive) this.#process.kill();
    if (this.#writer !== undefined) noteReports(this.ledger, this.#writer);
    this.#noteTrouble();
  }

  #crash(): void {
    this.#crashed = true;
    this.#around.trace(() => `${this.ledger.run} dies: ${JSON.stringify(this.#plan.crash)}`);
    const { how } = this.#plan.crash ?? { how: 'kill' };
    this.ledger.ending = how === 'power' ? 'power' : this.#wasTaken ? 'fenced' : 'killed';
    this.kill();
    const { disk, plan } = this.#around;
    if (how !== 'power') return;
    disk.powerCut(seededRandom(mixed(plan.seed, this.ledger.run, 'power')));
    // What a process that was killed before had written is no safer than the rest.
    for (const ledger of this.#around.ledgers) if (ledger.ending === 'killed') ledger.ending = 'power';
  }

  #noteTrouble(): void {
    if (this.#faults.struck > 0) this.ledger.troubled = true;
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const came = await this.#around.time.until(() => this.#crashed || isSo(), PATIENCE_MS);
    if (!came) this.#around.complain(`${what} did not come to an end`);
    if (!came) this.#crash();
  }

  async #pass(ms: number): Promise<void> {
    await this.#around.time.until(() => this.#crashed, ms);
  }

  async #step(step: Step): Promise<void> {
    const { time, disk } = this.#around;
    this.#around.trace(() => `${this.ledger.run} step ${JSON.stringify(step)} at ${time.nowMs}`);
    switch (step.do) {
      case 'wait':
        await this.#pass(step.ms);
        break;
      case 'drain':
        await this.#drain();
        break;
      case 'wall':
        time.wallOffsetMs += step.ms;
        break;
      case 'room':
        disk.capacity = step.bytes === null ? Number.POSITIVE_INFINITY : disk.usedBytes + step.bytes;
        disk.maxInodes = step.inodes === null ? Number.POSITIVE_INFINITY : disk.usedInodes + step.inodes;
        if (step.bytes !== null || step.inodes !== null) this.ledger.troubled = true;
        break;
      case 'freeze':
        this.#process.freeze(step.ms);
        await this.#pass(step.ms - 1_000);
        break;
      case 'lock':
        this.#meddle(step.how);
        break;
      case 'unpack':
        this.#unpack(step.whole);
        break;
      case 'rival':
        await this.#rival(step.namespace);
        break;
      case 'frames':
      case 'open':
      case 'close':
      case 'sent':
      case 'gap':
        if (this.#process.isFrozen) await this.#until('thawing', () => !this.#process.isFrozen);
        if (!this.#crashed) await this.#traffic(step);
    }
    if (this.#crashed) return;
    const writer = this.#writer as CaptureWriter;
    noteReports(this.ledger, writer);
    // Records that are no frames are not refused; there are few of them.
    const most = this.#plan.options.maxQueuedBytes + 16_384;
    if (writer.queuedBytes > most) this.#around.complain(`${writer.queuedBytes} bytes wait, of ${most}`);
  }

  #meddle(how: 'removed' | 'overwritten'): void {
    const { disk } = this.#around;
    const path = `${FOLDER}/writer.lock`;
    const lock = disk.names.get(path);
    if (lock === undefined) return;
    // A writer that finds its lock gone may stop: it can't know who has the folder.
    this.ledger.ending = 'fenced';
    this.ledger.troubled = true;
    if (how === 'removed') {
      disk.unlink(path);
    } else {
      disk.truncate(lock, 0);
      disk.write(lock, Buffer.from('{"id":"somebody"}\n'), 0);
    }
  }

  async #drain(): Promise<void> {
    let isDrained = false;
    void (this.#writer as CaptureWriter).drained().then(() => (isDrained = true));
    await this.#until('draining', () => isDrained);
  }

  /** `zstd -d`, perhaps ended in the middle. */
  #unpack(whole: boolean): void {
    const { disk, time, plan } = this.#around;
    // Retention deletes a segment and not what somebody made of it.
    if (plan.retention !== null) return;
    const packed = disk.list(FOLDER).find((name) => /\.ndjson\.(?:zst|gz)$/.test(name));
    if (packed === undefined) return;
    const path = `${FOLDER}/${packed.replace(/\.(?:zst|gz)$/, '')}`;
    if (disk.names.has(path) || disk.capacity < Number.POSITIVE_INFINITY || disk.maxInodes < 1e9) return;
    const bytes = contentOf(disk.at(`${FOLDER}/${packed}`));
    const text = packed.endsWith('.zst') ? zstdDecompressSync(bytes) : gunzipSync(bytes);
    disk.write(disk.create(path, 'file', 0o644, time.wallMs), whole ? text : text.subarray(0, 12), 0);
    this.ledger.troubled = true;
  }

  /** Whether a recorder may take the folder: this one has lost it, or showed no life to who cannot ask it. */
  #mayBeTaken(namespace: string): boolean {
    const isSilent = this.#process.isFrozen || this.#faults.isLockLost;
    return this.ledger.ending === 'fenced' || (isSilent && namespace !== 'pid:[1]');
  }

  /** Another recorder on the same folder. */
  async #rival(namespace: string): Promise<void> {
    this.#wasTaken ||= this.#mayBeTaken(namespace);
    const options = { ...this.#plan.options, namespace };
    const plan = { ...this.#plan, options, steps: [], faults: [], crash: null, slowCalls: 0 };
    const rival = new Life(this.#around, plan, `${this.ledger.run}r${this.#around.ledgers.length}`);
    rival.ledger.troubled = true;
    const took = await rival.start();
    if (this.#crashed) {
      rival.kill();
      return;
    }
    this.#wasTaken ||= this.#mayBeTaken(namespace);
    // It may have had the folder, and given it back when it could not begin.
    if (this.#wasTaken) this.ledger.ending = 'fenced';
    if (!took) return;
    if (!this.#wasTaken) this.#around.complain(`a second writer started beside ${this.ledger.run}`);
    // While it runs, a writer whose lock was taken away can't know at once; one that wakes up looks first.
    this.ledger.deaf = !this.#process.isFrozen;
    this.ledger.ending = 'fenced';
    await rival.#traffic({ do: 'frames', connection: 0, count: 5, of: 'object', everyMs: 0 });
    await this.#pass(40);
    if (this.#crashed) rival.kill();
    else await rival.close();
  }

  async #traffic(step: Step): Promise<void> {
    const writer = this.#writer as CaptureWriter;
    if (step.do === 'frames') {
      await this.#frames(step);
      return;
    }
    const id = this.ledger.notices.length + 1;
    this.ledger.notices.push(id);
    if (step.do === 'open' || step.do === 'close') {
      writer.connection(step.connection, step.do, { id });
    } else if (step.do === 'sent') {
      writer.sent(step.connection, { type: 'subscribe', id });
    } else if (step.do === 'gap') {
      writer.gap({ connection: step.connection, why: 'sequence', count: 3, from: 1, to: 3, id });
    }
  }

  async #frames({ connection, count, of, everyMs }: Extract<Step, { do: 'frames' }>): Promise<void> {
    const { time } = this.#around;
    const writer = this.#writer as CaptureWriter;
    const handed = this.ledger.frames.get(connection) ?? [];
    this.ledger.frames.set(connection, handed);
    for (let n = 0; n < count; n += 1) {
      const frame = makeFrame(this.ledger.run, connection, handed.length, of);
      handed.push(frame);
      writer.frame(connection, frame.bytes, time.nowMs, frame.binary);
      if (everyMs > 0) await this.#pass(everyMs);
      if (this.#crashed) return;
    }
  }
}
