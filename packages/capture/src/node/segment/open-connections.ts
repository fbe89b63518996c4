/**
 * The connections of a run that are open, from two points of view: whoever hands records over sees one end at
 * once, whoever reads the capture only when the record of it is written.
 */
export class OpenConnections {
  readonly #open = new Set<number>();
  readonly #unwritten = new Set<number>();

  opened(connection: number): void {
    this.#open.add(connection);
    this.#unwritten.add(connection);
  }

  closed(connection: number): void {
    this.#open.delete(connection);
  }

  /** The records of these ends are in a segment. */
  wroteEnds(connections: readonly number[]): void {
    for (const connection of connections) this.#unwritten.delete(connection);
  }

  /** As whoever hands records over sees it. */
  get handedOver(): readonly number[] {
    return [...this.#open];
  }

  /** Those of which a crash now could lose records. */
  get unwritten(): readonly number[] {
    return [...this.#unwritten];
  }
}
