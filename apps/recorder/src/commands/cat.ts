import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { Option, type Command } from 'commander';
import { frames, type CapturedFrame } from '@feedtape/capture/node';
import { addSelection, selectionOf, type SelectionFlags } from '../frame-selection.ts';
import { planReading } from '../reading-plan.ts';
import { showReading } from '../reading-progress.ts';
import { escaped, printableJson } from '../printable.ts';
import { pipedName, type Terminal } from '../terminal.ts';

const SEPARATORS = { newline: Buffer.from('\n'), nul: Buffer.from('\0'), none: Buffer.alloc(0) } as const;

interface CatFlags extends SelectionFlags {
  readonly separator: keyof typeof SEPARATORS;
  readonly json?: true;
  readonly quiet?: true;
}

/** Gives `cat` its options and what it does. */
export function addCat(command: Command, terminal: Terminal): void {
  addSelection(command)
    .argument('<path...>', 'files, folders or patterns')
    .addOption(
      new Option('--separator <kind>', 'what follows each frame; a frame may itself hold a newline')
        .choices(Object.keys(SEPARATORS))
        .default('newline'),
    )
    .option('--json', 'print one JSON object a frame: run, connection, index, at, and text or base64')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
The frames are the bytes received; on a terminal their control characters are shown as \\u001b.

Examples:
  ${pipedName(terminal)} cat captures -p BTC-USD -c ticker | jq .sequence_num
  ${terminal.name} cat captures --from 2026-11-22T05:54:12Z --json`,
    )
    .action((paths: readonly string[], flags: CatFlags) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], flags: CatFlags, terminal: Terminal): Promise<void> {
  const separator = SEPARATORS[flags.separator];
  const linesOf =
    flags.json === true ? describe : terminal.stdout.isTTY === true ? onScreen : exactly(separator);
  const selection = selectionOf(flags);
  // A time that is none is refused before anything is looked for.
  frames(paths, selection);
  const files = await planReading(paths);
  // Frames and a progress line on one screen would be unreadable.
  const quiet = flags.quiet === true || terminal.stdout.isTTY === true;
  const progress = showReading(terminal, { verb: 'reading', quiet, files });
  let bytes = 0;
  try {
    for (const [index, file] of files.entries()) {
      for await (const batch of frames(file, { ...selection, strict: true }).batches({ reuse: true })) {
        await write(terminal.stdout, linesOf(batch));
        for (const { byteLength } of batch) bytes += byteLength;
        progress.update({ file: file.path, number: index + 1, bytes });
      }
    }
  } finally {
    progress.stop();
  }
}

/** Copied, because the batch's memory is used again. */
const exactly =
  (separator: Uint8Array) =>
  (batch: readonly CapturedFrame[]): Uint8Array =>
    Buffer.concat(batch.flatMap(({ bytes }) => [bytes, separator]));

/** A terminal obeys what it is shown: on a screen frames are text, elsewhere they are the bytes received. */
const onScreen = (batch: readonly CapturedFrame[]): string =>
  batch.map(({ bytes }) => `${escaped(Buffer.from(bytes).toString())}\n`).join('');

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function describe(batch: readonly CapturedFrame[]): string {
  const lines = batch.map(({ run: name, connection, index, at, bytes, binary }) =>
    printableJson({ run: name, connection, index, at, ...contentOf(bytes, binary) }),
  );
  return `${lines.join('\n')}\n`;
}

/** As text where it is text; what is not comes back exactly too. */
function contentOf(bytes: Uint8Array, binary: boolean): { text: string } | { base64: string } {
  if (!binary) {
    try {
      return { text: UTF8.decode(bytes) };
    } catch {
      // Not UTF-8.
    }
  }
  return { base64: Buffer.from(bytes).toString('base64') };
}

/** Waits for a slow reader. */
async function write(stream: Writable, content: string | Uint8Array): Promise<void> {
  if (!stream.write(content)) await once(stream, 'drain');
}
