// The scanner's memory and numbers, read by both sides: `assembly/` writes what this folder reads. AssemblyScript
// compiles this file as well, so it holds nothing but integer constants.

/** Bytes of a frame read at a time; only snapshots are larger. */
export const WINDOW = 65_536;

/** Enough for a window of the shortest levels (69 bytes each). */
export const MAX_LEVELS = 1_024;

/** Enough for a window of the shortest trades (80 bytes each) and of the shortest levels. */
export const MARKS_BYTES = 32_768;

// The areas of the memory, in this order. Vectors of 16 bytes may reach past the end of an area of bytes, so 64 bytes
// lie between them. The first 64 stay zero: address 0 is the null pointer, whose zeros match no literal, so that a
// failed scan propagates.

/** The part of the frame that is being read. */
export const INPUT = 0x40;
/** The values of the window, one after the other, without the text between them. */
export const VALUES = 0x1_0080;
/** Where in `VALUES` each value of the event ends. */
export const MARKS = 0x2_00c0;
/** Levels as numbers: a double for each price and size, a byte for each of the others. */
export const PRICES = 0x2_80c0;
export const SIZES = 0x2_a0c0;
export const PRICE_DECIMALS = 0x2_c0c0;
export const SIZE_DECIMALS = 0x2_c4c0;
export const SIDES = 0x2_c8c0;
/** The fields below, once a frame. */
export const HEADER = 0x2_ccc0;
export const HEADER_BYTES = 64;

// Fields of the header, counted in 32-bit integers.
/** How many bytes of `VALUES` are used. */
export const VALUES_END = 0;
/** Where the `client_id` ends, which comes first; -1 without one. */
export const CLIENT_ID_END = 1;
/** Where the timestamp ends, which follows. */
export const TIMESTAMP_END = 2;
/** Where the product of the event, or of its first item, ends, which follows. */
export const PRODUCT_END = 3;
/** How many levels or trades. */
export const COUNT = 4;
/** 1 for a snapshot, 0 for an update. */
export const IS_SNAPSHOT = 5;
/** Which of the forms of a ticker. */
export const TICKER_FORM = 6;
/** Where in this window the next one begins; 0 at the end of the frame. */
export const RESUME_AT = 7;

// Fields of the header, counted in doubles; they lie behind the integers.
export const SEQUENCE = 4;
export const HEARTBEAT_COUNTER = 5;

// What a scan returns: no match, or the channel of the frame.
export const NO_MATCH = 0;
export const LEVEL2 = 1;
export const TICKER = 2;
export const TICKER_BATCH = 3;
export const MARKET_TRADES = 4;
export const HEARTBEATS = 5;

/**
 * 16-bit integers a level: where its time ends (the end of the level before, if the time is the same), its price and
 * its size; 1 for an offer, 0 for a bid.
 */
export const MARKS_PER_LEVEL = 4;

/** 32-bit integers a trade: where its product, id, price, size and time end; 1 for a SELL, 0 for a BUY. */
export const MARKS_PER_TRADE = 6;

// The forms of a ticker: without the four best values (a ticker_batch), with them in the order of the wire, or in the
// order of the documentation.
export const WITHOUT_BEST = 0;
export const WIRE_ORDER = 1;
export const DOCUMENTED_ORDER = 2;
