import type { Command } from 'commander';
import { runJwtCommand } from '@feedtape/auth/cli';
import { say, type Terminal } from '../output/terminal.ts';

/** npm prints lines of its own to standard output, which a shell would evaluate. */
function warnOfBanner({ name, env, stderr }: Terminal): void {
  if (name !== 'feedtape' && env['npm_config_loglevel'] !== 'silent') {
    say(stderr, 'npm prints its own lines before the token: call npm with --silent for eval "$(…)".');
  }
}

/** Adds `jwt`, which passes its arguments to the auth package, `--help` included. */
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
