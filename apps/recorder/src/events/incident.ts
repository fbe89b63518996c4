export type IncidentKind =
  | 'gap'
  | 'disconnect'
  | 'connect'
  | 'recovery'
  | 'stale'
  | 'rejected'
  | 'disk-full'
  | 'low-space'
  | 'resumed'
  | 'repaired'
  | 'clock-step'
  | 'failure';

/** An incident as it is reported: `at` in monotonic milliseconds. */
export interface IncidentReport {
  readonly at: number;
  readonly kind: IncidentKind;
  readonly connection?: number;
  readonly text: string;
  /** Given for what may come in storms: reports with the same cause are merged, and then this is their text. */
  readonly cause?: string;
  readonly products?: readonly string[];
  readonly count?: number | null;
  readonly afterMs?: number;
}
