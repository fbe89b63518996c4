import { CommanderError } from 'commander';
import { EXIT } from './process/exit-codes.ts';
import { explainFailure } from './process/errors.ts';
import { createProgram } from './program.ts';
import { refuseSecretArguments } from './cli/secret-check.ts';
import { processTerminal, say, type Terminal } from './output/terminal.ts';

/** The default command: a short recording that needs neither a network nor a key. */
const DEMONSTRATION: readonly string[] = ['record', '--simulate', '--duration', '10s'];

/** Runs one command line. Sets the exit code and lets the process end by itself. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<void> {
  // A closed pipe (`feedtape cat … | head`) is not an error.
  terminal.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A closed terminal gives EIO instead.
    const isGone = error.code === 'EPIPE' || (error.code === 'EIO' && terminal.stdout.isTTY === true);
    if (isGone) process.exit(EXIT.ok);
    say(terminal.stderr, `feedtape: standard output: ${error.message}`);
    process.exit(EXIT.inputOutput);
  });
  // A recording continues when nobody reads its progress.
  terminal.stderr.on('error', () => undefined);
  try {
    const line = args.length === 0 ? DEMONSTRATION : args;
    refuseSecretArguments(line);
    const program = await createProgram(line, terminal);
    await program.parseAsync(line, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error, terminal);
  }
}

function report(error: unknown, terminal: Terminal): number {
  // Commander has already written its message or the requested help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { exitCode, message, details, hint } = explainFailure(error, terminal.name);
  say(terminal.stderr, `feedtape: ${message}`);
  // The stack of a mistake of ours.
  if (details !== undefined) say(terminal.stderr, details);
  if (hint !== undefined) say(terminal.stderr, hint);
  return exitCode;
}
