import type { Command } from 'commander';
import { runJwtCommand } from '@feedtape/auth';
import { say, type Terminal } from '../output/terminal.ts';

/** npm prints two lines of its own on standard output, and a shell would evaluate them. */
function warnOfBanner({ name, env, stderr }: Terminal): void {
  if (name !== 'feedtape' && env['npm_config_loglevel'] !== 'silent') {
    say(stderr, 'npm writes its own lines before the token: for eval "$(…)" call npm with --silent.');
  }
}

/** `jwt` belongs to the auth package: it gets its arguments as they are, and has its own `--help`. */
export function addJwt(command: Command, terminal: Terminal): void {
  command
    .usage('--key-file <path> [--raw]')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[arguments...]')
    .action(async (args: readonly string[]) => {
      warnOfBanner(terminal);
      const env = { ...terminal.env, COINBASE_API_SECRET: terminal.apiSecret.take() };
      process.exitCode = await runJwtCommand(args, { ...terminal, env });
    });
}
