import type { Command } from 'commander';
import type { FrameFilter } from '@feedtape/capture/node';
import { peek, responseChannelOf, type RequestChannel } from '@feedtape/protocol';
import { channels, indices, productIds } from './option-parsers.ts';

/** Flags that select frames of a capture. `inspect` has only channel and product. */
export interface SelectionFlags {
  readonly connection?: readonly number[];
  readonly channel?: readonly RequestChannel[];
  readonly product?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

/** Adds the flags that select frames. */
export function addSelection(command: Command): Command {
  return command
    .option('--connection <number>', 'only frames of this connection; repeatable', indices)
    .option('-c, --channel <name>', 'only frames of this channel; repeatable', channels)
    .option('-p, --product <id>', 'only frames about this product; repeatable', productIds)
    .option('--from <time>', 'only frames received at or after this time, e.g. 2026-11-22T05:54:12Z')
    .option('--to <time>', 'only frames received before this time');
}

/** Converts the flags to a filter. Reads channel and products of a frame with `peek`. */
export function selectionOf({ connection, channel, product, from, to }: SelectionFlags): FrameFilter {
  return {
    ...(connection === undefined ? {} : { connection }),
    ...(channel === undefined ? {} : { channel: channel.map(responseChannelOf) }),
    ...(product === undefined ? {} : { product }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(channel === undefined && product === undefined ? {} : { classify: peek }),
  };
}
