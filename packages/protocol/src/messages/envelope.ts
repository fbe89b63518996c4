import * as z from 'zod';

/** The keys around the events of every frame with a channel. Unknown keys are kept. */
export interface Envelope<Channel extends string, Event> {
  readonly channel: Channel;
  /** Always `""`. Absent on the market data endpoint since 2026, present on the user endpoint. */
  readonly client_id?: string;
  /** When the exchange sent the frame: RFC 3339, UTC, 0 to 9 fraction digits. See `parseTimestamp`. */
  readonly timestamp: string;
  /**
   * Counts the frames of one connection from 0, across channels and products. (The documentation says "for each
   * product", which every capture contradicts.)
   */
  readonly sequence_num: number;
  /** One event in every capture; not guaranteed. */
  readonly events: readonly Event[];
}

/** The schema of an {@link Envelope} around one kind of event. */
export function envelopeSchema<Channel extends string, Event>(
  channel: Channel,
  event: z.ZodType<Event>,
): z.ZodType<Envelope<Channel, Event>> {
  return z.looseObject({
    channel: z.literal(channel),
    client_id: z.exactOptional(z.string()),
    timestamp: z.string(),
    sequence_num: z.int().nonnegative(),
    events: z.array(event),
  });
}
