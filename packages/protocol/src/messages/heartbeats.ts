import * as z from 'zod';
import { envelopeSchema, type Envelope } from './envelope.ts';
import { schemaFor } from './field-schemas.ts';

/** One beat per second: keeps a quiet connection open and proves that it is alive. */
export interface HeartbeatsEvent {
  /**
   * Go's `time.String`, not RFC 3339: `2026-09-30 02:37:15.057778606 +0000 UTC m=+21697.195984854`.
   * See `parseGoTime`.
   */
  readonly current_time: string;
  /**
   * Uptime of the serving process in seconds, +1 per beat; unrelated across connections. A number on the wire, a string
   * in the documentation's example.
   */
  readonly heartbeat_counter: number | string;
}

/** A frame of the channel `heartbeats`. */
export type HeartbeatsMessage = Envelope<'heartbeats', HeartbeatsEvent>;

const heartbeatsEventSchema = schemaFor<HeartbeatsEvent>()(
  z.looseObject({
    current_time: z.string(),
    heartbeat_counter: z.union([z.number(), z.string()]),
  }),
);

/** See {@link HeartbeatsMessage}. */
export const heartbeatsSchema: z.ZodType<HeartbeatsMessage> = envelopeSchema(
  'heartbeats',
  heartbeatsEventSchema,
);
