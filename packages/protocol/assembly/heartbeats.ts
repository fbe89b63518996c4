import { setHeartbeatCounter } from './header';
import { afterCurrentTime, afterHeartbeatCounter, isCurrentTime, isHeartbeatCounter } from './literals';
import { integerAt, integerEnd } from './value';
import { takeText } from './values';

const BRACE: u8 = 0x7d;

/** Reads the event at a position; returns where it ends, or 0. */
export function scanHeartbeat(at: usize): usize {
  if (!isCurrentTime(at)) return 0;
  const quote = takeText(afterCurrentTime(at));
  if (!isHeartbeatCounter(quote)) return 0;
  const counter = afterHeartbeatCounter(quote);
  const end = integerEnd(counter);
  if (end === 0 || load<u8>(end) !== BRACE) return 0;
  setHeartbeatCounter(integerAt(counter, end));
  return end + 1;
}
