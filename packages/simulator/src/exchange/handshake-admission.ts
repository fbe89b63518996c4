import type { Fault } from '../faults/fault.ts';

export interface CloseWith {
  readonly code: number;
  readonly reason: string;
}

/** The outcome of an attempt to connect. */
export type Admission =
  | {
      readonly kind: 'accepted';
      readonly dateSkewMs: number;
      /** Closes the connection right after the upgrade. */
      readonly closeWith?: CloseWith;
    }
  /** An HTTP response instead of an upgrade. */
  | {
      readonly kind: 'refused';
      readonly dateSkewMs: number;
      readonly status: number;
      readonly why: string;
      readonly retryAfterSeconds?: number;
    }
  /** No response at all. */
  | { readonly kind: 'ignored' };

/** Decides the outcome of an attempt from its handshake faults and the rate limit. Pure. */
export function admit(faults: readonly Fault[], retryAfterSeconds: number | undefined): Admission {
  let dateSkewMs = 0;
  for (const fault of faults) if (fault.kind === 'clock-skew') dateSkewMs += fault.ms;
  for (const fault of faults) {
    if (fault.kind === 'handshake-silence') return { kind: 'ignored' };
    if (fault.kind === 'handshake') {
      const { status, retryAfterSeconds: retry } = fault;
      const refused = { kind: 'refused', dateSkewMs, status, why: `fault: ${status}` } as const;
      return retry === undefined ? refused : { ...refused, retryAfterSeconds: retry };
    }
  }
  if (retryAfterSeconds !== undefined)
    return { kind: 'refused', dateSkewMs, status: 429, why: 'too many connections', retryAfterSeconds };
  for (const fault of faults) {
    if (fault.kind === 'close-on-accept') {
      const { code = 1001, reason = '' } = fault;
      return { kind: 'accepted', dateSkewMs, closeWith: { code, reason } };
    }
  }
  return { kind: 'accepted', dateSkewMs };
}
