/**
 * What reading a capture may cost, whatever stands in it. A capture that goes beyond is refused with
 * `CAPTURE_LIMIT`; docs/capture-format.md ("Limits") lists these figures. The longest line is
 * `MAX_LINE_BYTES`, in the core.
 */
const MIB = 1024 * 1024;

/** Of `manifest.ndjson`: 20 years of hourly segments, or four months of one a minute, each with its whole history. */
export const MAX_MANIFEST_BYTES: number = 128 * MIB;

/** Of a lock or sidecar. */
export const MAX_SMALL_FILE_BYTES: number = 64 * 1024;

/** Of compressed texts one after the other in one file, as `cat` of compressed files makes it. */
export const MAX_COMPRESSED_TEXTS = 10_000;
