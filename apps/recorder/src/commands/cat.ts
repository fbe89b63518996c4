import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { Option, type Command } from 'commander';
import { frames, type CapturedFrame } from '@feedtape/capture/node';
import { addSelection, selectionOf, type SelectionFlags } from '../frame-selection.ts';
import type { Terminal } from '../terminal.ts';

const SEPARATORS = { newline: Buffer.from('\n'), nul: Buffer.from('\0'), none: Buffer.alloc(0) } as const;

interface CatFlags extends SelectionFlags {
  readonly separator: keyof typeof SEPARATORS;
}

/** Adds `cat` to the program. */
export function addCat(program: Command, terminal: Terminal): void {
  addSelection(program.command('cat'))
    .description('write the frames of a capture to standard output, exactly as they were received')
    .argument('<path...>', 'files, folders or patterns')
    .addOption(
      new Option('--separator <kind>', 'what follows each frame; a frame may itself hold a newline')
        .choices(Object.keys(SEPARATORS))
        .default('newline'),
    )
    .action((paths: readonly string[], flags: CatFlags) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], flags: CatFlags, terminal: Terminal): Promise<void> {
  const separator = SEPARATORS[flags.separator];
  for await (const batch of frames(paths, selectionOf(flags)).batches({ reuse: true })) {
    await write(terminal.stdout, batch, separator);
  }
}

/** One write for a batch, copied because the batch's memory is used again; waits for a slow reader. */
async function write(
  stream: Writable,
  batch: readonly CapturedFrame[],
  separator: Uint8Array,
): Promise<void> {
  const pieces = batch.flatMap(({ bytes }) => [bytes, separator]);
  if (!stream.write(Buffer.concat(pieces))) await once(stream, 'drain');
}
