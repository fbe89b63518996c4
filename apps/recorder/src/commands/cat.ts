import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { Option, type Command } from 'commander';
import { frames, type CapturedFrame, type ReadOptions } from '@feedtape/capture/node';
import { addSelection, selectionOf, type SelectionFlags } from '../cli/selection-options.ts';
import { planReading } from '../read/reading-plan.ts';
import { followReading, warnOfGone } from '../read/reading-steps.ts';
import { stopOnSignals } from '../process/signals.ts';
import { escaped, printableJson } from '../output/printable.ts';
import { pipedName, type Terminal } from '../output/terminal.ts';

const SEPARATORS = { newline: Buffer.from('\n'), nul: Buffer.from('\0'), none: Buffer.alloc(0) } as const;

interface CatFlags extends SelectionFlags {
  readonly separator: keyof typeof SEPARATORS;
  readonly follow?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds options and action of `cat`. */
export function addCat(command: Command, terminal: Terminal): void {
  addSelection(command)
    .argument('<path...>', 'files, folders or patterns')
    .addOption(
      new Option('--separator <kind>', 'separator after each frame; frames may contain newlines')
        .choices(Object.keys(SEPARATORS))
        .default('newline'),
    )
    .option('-f, --follow', 'follow a running recording until Ctrl-C; with --from now only new frames')
    .option('--json', 'print one JSON object per frame: run, connection, index, at, and text or base64')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Writes the received bytes; on a terminal, control characters are shown as \\u001b.

Examples:
  ${pipedName(terminal)} cat captures -p BTC-USD -c ticker | jq .sequence_num
  ${terminal.name} cat captures --from 2026-11-22T05:54:12Z --json
  ${pipedName(terminal)} cat captures --follow --from now -c market_trades | jq .events`,
    )
    .action((paths: readonly string[], flags: CatFlags) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], flags: CatFlags, terminal: Terminal): Promise<void> {
  const separator = SEPARATORS[flags.separator];
  const linesOf: Lines =
    flags.json === true ? describe : terminal.stdout.isTTY === true ? onScreen : exactly(separator);
  const selection = selectionOf(flags);
  const options = { ...selection, follow: flags.follow === true, strict: true };
  // Rejects invalid options before touching files.
  frames(paths, options);
  if (options.follow) {
    await follow(paths, options, { linesOf, terminal });
    return;
  }
  const files = await planReading(paths);
  // A progress bar would be mixed with the frames.
  const quiet = flags.quiet === true || terminal.stdout.isTTY === true;
  const steps = followReading(terminal, { verb: 'reading', quiet, files });
  try {
    for await (const batch of frames(files, { ...options, ...steps.options }).batches({ reuse: true })) {
      await write(terminal.stdout, linesOf(batch));
      let bytes = 0;
      for (const { byteLength } of batch) bytes += byteLength;
      steps.advance(bytes);
    }
  } finally {
    steps.stop();
  }
}

/** Runs until it is stopped. */
async function follow(
  paths: readonly string[],
  options: ReadOptions,
  { linesOf, terminal }: { readonly linesOf: Lines; readonly terminal: Terminal },
): Promise<void> {
  const stop = stopOnSignals();
  try {
    const all = frames(paths, { ...options, onGone: warnOfGone(terminal), signal: stop.signal });
    for await (const batch of all.batches({ reuse: true })) {
      await write(terminal.stdout, linesOf(batch), stop.signal);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    stop.release();
  }
}

type Lines = (batch: readonly CapturedFrame[]) => string | Uint8Array;

/** Copies the bytes, because the batch's buffer is reused. */
const exactly =
  (separator: Uint8Array) =>
  (batch: readonly CapturedFrame[]): Uint8Array =>
    Buffer.concat(batch.flatMap(({ bytes }) => [bytes, separator]));

/** Escapes control characters, which a terminal would obey. */
const onScreen = (batch: readonly CapturedFrame[]): string =>
  batch.map(({ bytes }) => `${escaped(Buffer.from(bytes).toString())}\n`).join('');

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function describe(batch: readonly CapturedFrame[]): string {
  const lines = batch.map(({ run: name, connection, index, at, bytes, binary }) =>
    printableJson({ run: name, connection, index, at, ...contentOf(bytes, binary) }),
  );
  return `${lines.join('\n')}\n`;
}

/** As text if it is UTF-8, otherwise as base64. */
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

/** Waits for a slow reader, unless it is stopped. */
async function write(stream: Writable, content: string | Uint8Array, signal?: AbortSignal): Promise<void> {
  if (!stream.write(content)) await once(stream, 'drain', { ...(signal && { signal }) });
}
