import {
  CLIENT_ID_END,
  COUNT,
  HEADER,
  HEARTBEAT_COUNTER,
  IS_SNAPSHOT,
  PRODUCT_END,
  RESUME_AT,
  SEQUENCE,
  TICKER_FORM,
  TIMESTAMP_END,
  VALUES_END,
} from '../src/fast-path/scanner-layout';

// The setters of the header: see the layout for what each field means.

/* @inline */ export function setValuesEnd(end: i32): void {
  store<i32>(HEADER + 4 * VALUES_END, end);
}

/* @inline */ export function setClientIdEnd(end: i32): void {
  store<i32>(HEADER + 4 * CLIENT_ID_END, end);
}

/* @inline */ export function setTimestampEnd(end: i32): void {
  store<i32>(HEADER + 4 * TIMESTAMP_END, end);
}

/* @inline */ export function setProductEnd(end: i32): void {
  store<i32>(HEADER + 4 * PRODUCT_END, end);
}

/* @inline */ export function setCount(count: i32): void {
  store<i32>(HEADER + 4 * COUNT, count);
}

/* @inline */ export function setIsSnapshot(isSnapshot: bool): void {
  store<i32>(HEADER + 4 * IS_SNAPSHOT, <i32>isSnapshot);
}

/* @inline */ export function setTickerForm(form: i32): void {
  store<i32>(HEADER + 4 * TICKER_FORM, form);
}

/* @inline */ export function setResumeAt(position: i32): void {
  store<i32>(HEADER + 4 * RESUME_AT, position);
}

/* @inline */ export function resumeAt(): i32 {
  return load<i32>(HEADER + 4 * RESUME_AT);
}

/* @inline */ export function setSequence(sequence: f64): void {
  store<f64>(HEADER + 8 * SEQUENCE, sequence);
}

/* @inline */ export function setHeartbeatCounter(counter: f64): void {
  store<f64>(HEADER + 8 * HEARTBEAT_COUNTER, counter);
}
