import { Command } from 'commander';
import { addCat } from './commands/cat.ts';
import { addCut } from './commands/cut.ts';
import { addCompletion } from './commands/completion.ts';
import { addDrift } from './commands/drift.ts';
import { addExport } from './commands/export.ts';
import { addImport } from './commands/import.ts';
import { addInspect } from './commands/inspect.ts';
import { addJwt } from './commands/jwt.ts';
import { addRecord } from './commands/record.ts';
import { addRepair } from './commands/repair.ts';
import { addReplay } from './commands/replay.ts';
import { addSimulate } from './commands/simulate.ts';
import { addVerify } from './commands/verify.ts';
import { VERSION } from './software.ts';
import type { Terminal } from './terminal.ts';

/** The whole command line. Each command lives in its own file and adds itself. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('feedtape')
    .description('Records Coinbase Advanced Trade feeds to crash-safe, replayable captures.')
    .version(VERSION, '-V, --version')
    .usage('<command> [options]')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
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
  for (const add of [
    addRecord,
    addVerify,
    addRepair,
    addInspect,
    addCat,
    addCut,
    addImport,
    addReplay,
    addSimulate,
    addJwt,
    addDrift,
    addExport,
    addCompletion,
  ]) {
    add(program, terminal);
  }
  return program;
}

/** Commander repeats an unknown option with its value, which may be a key that somebody gave to the wrong one. */
const withoutValue = (text: string): string => text.replace(/(unknown option '-[^'=]*)=.*'/su, "$1'");
