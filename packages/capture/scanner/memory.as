// Where everything is. All of it is scratch memory of one frame: nothing outlives it.

/** A frame is read through a window of this size; only snapshots are larger. */
export const WINDOW: i32 = 65_536;

/** Vectors are read whole, so they may reach past the end of the window. */
const MARGIN: usize = 64;

/** The part of the frame that is being read. */
export const INPUT: usize = MARGIN;
