import { Command } from 'commander';
import { COMMANDS } from './registry.ts';
import { escaped, printable } from './output/printable.ts';
import { VERSION } from './process/version.ts';
import type { Terminal } from './output/terminal.ts';

/** Commands that need the options of all commands. */
const WHOLE: ReadonlySet<string> = new Set(['completion', 'help']);

/**
 * Creates the program for these arguments. Registers every command by name, but loads options and action only for the
 * command that is called, or for all of them where `completion` or `help` needs them.
 */
export async function createProgram(args: readonly string[], terminal: Terminal): Promise<Command> {
  const program = new Command('feedtape')
    .description('Records Coinbase Advanced Trade feeds to crash-safe, replayable captures.')
    .version(VERSION, '-V, --version')
    .usage('<command> [options]')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(printable(text)),
      writeErr: (text) => void terminal.stderr.write(printable(text)),
      outputError: (text, write) => write(oneMessage(withoutValue(text))),
    })
    .showHelpAfterError(`See "${terminal.name} --help".`)
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  ${terminal.name}                                     records 10 seconds of the built-in simulator
  ${terminal.name} record --product BTC-USD            records the live feed until Ctrl-C
  ${terminal.name} verify captures                     checks a capture against its format

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

/** Escapes line breaks of quoted text, except before commander's own suggestions. */
const oneMessage = (text: string): string => text.replaceAll(/\n(?!$|\(Did you mean [^\n]*\)\n$)/gu, escaped);

/**
 * Removes values from commander's messages: the value of an unknown option may be a key, and our own message already
 * names an invalid value where that is safe.
 */
function withoutValue(text: string): string {
  const option = text.replace(/(unknown option '-[^'=]*)=.*'/su, "$1'");
  const [start, end] = [option.indexOf(" argument '"), option.lastIndexOf("' is invalid. ")];
  return start === -1 || end < start ? option : `${option.slice(0, start)} ${option.slice(end + 2)}`;
}
