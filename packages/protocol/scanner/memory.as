// Where everything is. All of it is scratch memory of one call: nothing outlives the frame.

/** A frame is read through a window of this size; only snapshots are larger. */
export const WINDOW: i32 = 65_536;

/**
 * Vectors are read and written whole, so they may reach past the end of an area. The first margin stays zero: position 0
 * is nowhere, and what is read there is as expected for nobody, so that a failure passes through what follows.
 */
const MARGIN: usize = 64;

/** Enough for the shortest level (69 bytes) and the shortest trade (80 bytes), filling a window. */
const MOST_LEVELS: usize = 1_024;
const MARKS_BYTES: usize = 32_768;

/** The part of the frame that is being read. */
export const INPUT: usize = MARGIN;
/** The values, one after the other, without the text between them. */
export const VALUES: usize = INPUT + <usize>WINDOW + MARGIN;
/** Where in `VALUES` each value of the event ends, as 32-bit integers; what else there is of each is said there. */
export const MARKS: usize = VALUES + <usize>WINDOW + MARGIN;
/** Levels as numbers. */
export const PRICES: usize = MARKS + MARKS_BYTES;
export const SIZES: usize = PRICES + 8 * MOST_LEVELS;
export const PRICE_DECIMALS: usize = SIZES + 8 * MOST_LEVELS;
export const SIZE_DECIMALS: usize = PRICE_DECIMALS + MOST_LEVELS;
export const SIDES: usize = SIZE_DECIMALS + MOST_LEVELS;
/** What is said once a frame: see the setters of `header.as`. */
export const HEADER: usize = SIDES + MOST_LEVELS;
