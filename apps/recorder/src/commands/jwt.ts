import type { Command } from 'commander';
import { runJwtCommand } from '@feedtape/auth';
import type { Terminal } from '../terminal.ts';

/** Adds `jwt`, which belongs to the auth package: it gets its arguments as they are, and its own `--help`. */
export function addJwt(program: Command, terminal: Terminal): void {
  program
    .command('jwt')
    .description('print a token for the shell: eval "$(… jwt --key-file cdp_api_key.json)"')
    .usage('--key-file <path> [--raw]')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[arguments...]')
    .action(async (args: readonly string[]) => {
      process.exitCode = await runJwtCommand(args, terminal);
    });
}
