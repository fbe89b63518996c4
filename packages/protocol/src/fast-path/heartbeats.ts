import type { HeartbeatsEvent } from '../messages/heartbeats.ts';
import type { Scanner } from './scanner.ts';
import { HEARTBEAT_COUNTER, TIMESTAMP_END } from './scanner-layout.ts';

/** The event of a frame. */
export function heartbeatsEvent({ header, numbers }: Scanner, text: string): HeartbeatsEvent {
  return { current_time: text.slice(header[TIMESTAMP_END]), heartbeat_counter: numbers[HEARTBEAT_COUNTER]! };
}
