import { Command } from 'commander';
import { COMMANDS } from './registry.ts';
import { printable } from './output/printable.ts';
import { VERSION } from './process/version.ts';
import type { Terminal } from './output/terminal.ts';

/** What asks for every command at once. */
const WHOLE: ReadonlySet<string> = new Set(['completion', 'help']);

/**
 * The command line for these arguments. Every command is known by name; options and action has only the one that
 * the arguments call, or all of them where they call for the whole program.
 */
export async function createProgram(args: readonly string[], terminal: Terminal): Promise<Command> {
  const program = new Command('feedtape')
    .description('Records Coinbase Advanced Trade feeds to crash-safe, replayable captures.')
    .version(VERSION, '-V, --version')
    .usage('<command> [options]')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(printable(text)),
      writeErr: (text) => void terminal.stderr.write(printable(text)),
      outputError: (text, write) => write(withoutValue(text)),
    })
    .showHelpAfterError(`See "${terminal.name} --help".`)
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name}                                     records 10 seconds of the built-in simulator
  ${terminal.name} record --product BTC-USD            records the live feed until Ctrl-C
  ${terminal.name} verify captures                     checks every promise of a capture

Exit codes: 0 ok, 64 usage, 65 verification failed, 69 gave up connecting, 70 internal error,
73 folder in use, 74 input or output, 77 authentication or permission, 78 configuration.`,
    );
  const [called = ''] = args;
  for (const { name, description, load } of COMMANDS) {
    const command = program.command(name).description(description);
    if (name === called || WHOLE.has(called)) (await load())(command, terminal);
  }
  return program;
}

/**
 * Commander repeats an unknown option with its value, which may be a key that somebody gave to the wrong one, and a
 * value that an option does not take, which our own message has already named if it may.
 */
function withoutValue(text: string): string {
  const option = text.replace(/(unknown option '-[^'=]*)=.*'/su, "$1'");
  const [start, end] = [option.indexOf(" argument '"), option.lastIndexOf("' is invalid. ")];
  return start === -1 || end < start ? option : `${option.slice(0, start)} ${option.slice(end + 2)}`;
}
