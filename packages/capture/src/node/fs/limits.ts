/**
 * Limits of reading: with these no command takes more than a gigabyte of memory, whatever a capture holds. A capture
 * beyond them is refused with `CAPTURE_LIMIT`; docs/capture-format.md ("Limits") lists the figures. The limits of a line
 * are in the core, with the decoder and the parser.
 */
const MIB = 1024 * 1024;

/** Of `manifest.ndjson`: 20 years of hourly segments, or four months of one a minute, each with its whole history. */
export const MAX_MANIFEST_BYTES: number = 128 * MIB;

/** Of a lock or sidecar. */
export const MAX_SMALL_FILE_BYTES: number = 64 * 1024;

/** Of compressed texts one after the other in one file, as `cat` of compressed files makes it. */
export const MAX_COMPRESSED_TEXTS = 10_000;

/** Compressed bytes in a row that stand for no text: zstd has frames of 4 GiB that are to be skipped. */
export const MAX_SILENT_BYTES: number = 16 * MIB;

/** Zero bytes in a row, as a hole in a file has them: as long as a line may be. */
export const MAX_ZERO_BYTES: number = 128 * MIB;

/** Connections of a run: eight sockets that each reconnect every five minutes reach it in three months. */
export const MAX_CONNECTIONS = 200_000;

/** Holes in the numbers of a run's frames, and records that state them, that have not met yet. */
export const MAX_HOLES = 500_000;
