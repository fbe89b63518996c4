/** Steps that seal a segment with an `end`, in order. */
export const sealSteps = ['sidecar', 'name', 'folder', 'manifest'] as const;
export type SealStep = (typeof sealSteps)[number];

/** How far the sealing of a segment has come: every step before `step` was done. */
export interface SealState {
  readonly step: SealStep | 'sealed';
  /** How often `step` has failed in a row. */
  readonly failures: number;
}

export type SealEvent = 'done' | 'failed' | 'resumed';

/** Next action: a step after a wait, or nothing until the sealing is resumed. */
export type SealEffect =
  | { readonly kind: 'do'; readonly step: SealStep; readonly afterMs: number }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'sealed' };

const ATTEMPTS = 3;
const PAUSE_MS = 20;

export const initialSealState: SealState = { step: 'sidecar', failures: 0 };

/** A step that fails is tried again, and one that failed for long is where a later attempt goes on. */
export function nextSealState(
  { step, failures }: SealState,
  event: SealEvent,
): { readonly state: SealState; readonly effect: SealEffect } {
  if (step === 'sealed') return { state: { step, failures }, effect: { kind: 'sealed' } };
  if (event === 'failed') {
    const state = { step, failures: failures + 1 };
    if (state.failures % ATTEMPTS === 0) return { state, effect: { kind: 'give-up' } };
    return { state, effect: { kind: 'do', step, afterMs: PAUSE_MS * state.failures } };
  }
  if (event === 'resumed') return { state: { step, failures: 0 }, effect: { kind: 'do', step, afterMs: 0 } };
  const next = sealSteps[sealSteps.indexOf(step) + 1];
  if (next === undefined) return { state: { step: 'sealed', failures: 0 }, effect: { kind: 'sealed' } };
  return { state: { step: next, failures: 0 }, effect: { kind: 'do', step: next, afterMs: 0 } };
}
