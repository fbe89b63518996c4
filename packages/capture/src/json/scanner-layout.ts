// The scanner's memory and numbers, read by both sides: `assembly/` and `object-scanner.ts`. AssemblyScript compiles
// this file as well, so it holds nothing but integer constants.

/** Bytes of a frame read at a time; only snapshots are larger. */
export const WINDOW = 65_536;

/** Where the window begins. Address 0 is the null pointer: its zeros match nothing, so that a failed scan propagates. */
export const INPUT = 64;

// What a scan returns; anything else is where in this window the next one begins.
export const NO_MATCH = 0;
export const COMPLETE = -1;

/**
 * How deep a frame may nest and still stand as `raw`; a deeper frame is kept as `text`, as common readers have limits
 * (jq 1.6 at 256, Python near 1,000). The scanner has one bit a container, so at most 64.
 */
export const MAX_RAW_DEPTH = 64;
