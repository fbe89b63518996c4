/** Distinguishes frames that continue what was read before from those that come after absent segments. */
export interface Continuity {
  /** A segment of this number starts; they come in order. */
  segment(number: number): void;
  /** False for the first frame of a connection whose frames before it may be in a segment that is not there. */
  follows(connection: number, index: number): boolean;
}

export function createContinuity(): Continuity {
  let expected = 0;
  let skipped = false;
  /** The index that each connection goes on with. */
  let next = new Map<number, number>();
  /** Connections that had frames before segments were skipped. */
  let before = new Map<number, number>();
  return {
    segment(number) {
      if (number !== expected) {
        skipped = true;
        before = new Map([...before, ...next]);
        next = new Map();
      }
      expected = number + 1;
    },
    follows(connection, index) {
      const known = next.has(connection);
      next.set(connection, index + 1);
      return known || !skipped || index === (before.get(connection) ?? 0);
    },
  };
}
