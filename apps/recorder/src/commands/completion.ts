import { Argument, type Command } from 'commander';
import { bashScript } from '../cli/completion/bash-script.ts';
import { wordsOf, type ProgramWords } from '../cli/completion/command-words.ts';
import { fishScript } from '../cli/completion/fish-script.ts';
import { zshScript } from '../cli/completion/zsh-script.ts';
import { say, type Terminal } from '../output/terminal.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } satisfies Record<
  string,
  (words: ProgramWords) => string
>;

/** Adds options and action of `completion`. */
export function addCompletion(command: Command, terminal: Terminal): void {
  command
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  eval "$(${terminal.name} completion bash)"      in ~/.bashrc
  eval "$(${terminal.name} completion zsh)"       in ~/.zshrc, after compinit
  ${terminal.name} completion fish > ~/.config/fish/completions/feedtape.fish`,
    )
    .action((shell: keyof typeof SCRIPTS) =>
      say(terminal.stdout, SCRIPTS[shell](wordsOf(command.parent ?? command)).split('\n')),
    );
}
