import { HEADER } from './memory';

/** How many bytes of `VALUES` are used. */
@inline export function setValuesEnd(end: i32): void {
  store<i32>(HEADER, end);
}

/** Where the `client_id` ends, which comes first; -1 where there is none. */
@inline export function setClientIdEnd(end: i32): void {
  store<i32>(HEADER + 4, end);
}

/** Where the timestamp ends, which follows. */
@inline export function setTimestampEnd(end: i32): void {
  store<i32>(HEADER + 8, end);
}

/** Where the product of the event, or of its first item, ends, which follows. */
@inline export function setProductEnd(end: i32): void {
  store<i32>(HEADER + 12, end);
}

/** How many levels or trades. */
@inline export function setCount(count: i32): void {
  store<i32>(HEADER + 16, count);
}

@inline export function setIsSnapshot(isSnapshot: bool): void {
  store<i32>(HEADER + 20, isSnapshot);
}

/** Which keys a ticker has and in which order: see `ticker.as`. */
@inline export function setForm(form: i32): void {
  store<i32>(HEADER + 24, form);
}

/** Where in the window reading has to go on in the next one; 0 where the frame has ended. */
@inline export function setResumeAt(position: i32): void {
  store<i32>(HEADER + 28, position);
}

@inline export function resumeAt(): i32 {
  return load<i32>(HEADER + 28);
}

@inline export function setSequence(sequence: f64): void {
  store<f64>(HEADER + 32, sequence);
}

@inline export function setHeartbeatCounter(counter: f64): void {
  store<f64>(HEADER + 40, counter);
}
