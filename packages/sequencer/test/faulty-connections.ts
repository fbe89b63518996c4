/** What an injector did, counted by itself. Every figure is about the frames a sequencer could know of. */
export interface FaultLedger {
  /** Frames pushed, with or without a readable number. */
  received: number;
  /** Numbers that arrived, each counted once. */
  unique: number;
  /** Arrivals of a number that had arrived before. */
  repeated: number;
  /** Arrivals, for the first time, of a number below the highest that had arrived. */
  overtaken: number;
  /** Frames cut short, so that their number was lost. */
  unreadable: number;
  /** Numbers below the highest of their connection that never arrived. */
  lost: number;
  connections: number;
}

/** A fast seeded source of 32-bit numbers (xorshift), so that a failing run can be repeated. */
export function random(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Delayed frames wait in a ring of this many slots, one a frame. */
const RING = 8_192;

/**
 * Numbers frames from 0 on a series of connections and drops, repeats, reorders, delays and cuts some. Which
 * faults a connection has at all, and how many, the seed decides too. What is still delayed when a connection
 * ends is lost with it.
 */
export function injectFaults(
  { seed, frames, connectionFrames }: { seed: number; frames: number; connectionFrames: number },
  push: (sequence: number | undefined) => void,
  disconnect: () => void,
): FaultLedger {
  const next = random(seed);
  const ledger: FaultLedger = {
    received: 0,
    unique: 0,
    repeated: 0,
    overtaken: 0,
    unreadable: 0,
    lost: 0,
    connections: 0,
  };
  const arrived = new Uint8Array(connectionFrames * 2);
  const ring: number[][] = Array.from({ length: RING }, () => []);
  let highest = -1;
  let unique = 0;

  const arrive = (sequence: number): void => {
    ledger.received += 1;
    if (arrived[sequence] === 1) {
      ledger.repeated += 1;
    } else {
      arrived[sequence] = 1;
      unique += 1;
      if (sequence < highest) ledger.overtaken += 1;
      else highest = sequence;
    }
    push(sequence);
  };

  const arriveLater = (sequence: number, atMost: number): void => {
    ring[(sequence + 1 + (next() % atMost)) % RING]!.push(sequence);
  };

  const cutShort = (): void => {
    ledger.received += 1;
    ledger.unreadable += 1;
    push(undefined);
  };

  const repeatOf = (sequence: number): void => {
    if (next() % 2 === 0) arrive(sequence);
    else arriveLater(sequence, RING - 1);
  };

  for (let sent = 0; sent < frames; ledger.connections += 1) {
    const length = Math.min(frames - sent, 1 + (next() % (connectionFrames * 2)));
    // One in so many frames; a connection may also be spared a fault altogether.
    const [drop, repeat, reorder, delay, cut] = Array.from({ length: 5 }, () =>
      next() % 4 === 0 ? Number.POSITIVE_INFINITY : 50 + (next() % 2_000),
    ) as [number, number, number, number, number];
    let dropping = 0;
    for (let sequence = 0; sequence < length; sequence += 1) {
      if (dropping === 0 && next() % drop === 0) dropping = 1 + (next() % 20);
      if (dropping > 0) dropping -= 1;
      else if (next() % cut === 0) cutShort();
      else if (next() % reorder === 0) arriveLater(sequence, 4);
      else if (next() % delay === 0) arriveLater(sequence, RING - 1);
      else {
        arrive(sequence);
        if (next() % repeat === 0) repeatOf(sequence);
      }
      const due = ring[sequence % RING]!;
      for (const delayed of due) arrive(delayed);
      due.length = 0;
    }
    sent += length;
    ledger.unique += unique;
    ledger.lost += highest + 1 - unique;
    for (const slot of ring) slot.length = 0;
    arrived.fill(0, 0, highest + 1);
    highest = -1;
    unique = 0;
    disconnect();
  }
  return ledger;
}
