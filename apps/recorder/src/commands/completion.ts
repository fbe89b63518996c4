import { Argument, type Command } from 'commander';
import { bashScript } from '../completion/bash-script.ts';
import { wordsOf, type ProgramWords } from '../completion/command-words.ts';
import { fishScript } from '../completion/fish-script.ts';
import { zshScript } from '../completion/zsh-script.ts';
import { say, type Terminal } from '../terminal.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } satisfies Record<
  string,
  (words: ProgramWords) => string
>;

/** Adds `completion` to the program. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a script that completes commands, options and values in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  eval "$(${terminal.name} completion bash)"      in ~/.bashrc
  eval "$(${terminal.name} completion zsh)"       in ~/.zshrc, after compinit
  ${terminal.name} completion fish > ~/.config/fish/completions/feedtape.fish`,
    )
    .action((shell: keyof typeof SCRIPTS) => say(terminal.stdout, SCRIPTS[shell](wordsOf(program))));
}
