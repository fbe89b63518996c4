import type { CommandWords, OptionWords, ProgramWords } from './command-words.ts';

/**
 * Renders a completion script for bash. The first word that names a command selects the options, the word before the
 * cursor selects the values.
 */
export function bashScript({ name, options, commands }: ProgramWords): string {
  const branches = commands.map((command) => `    ${command.name})\n${commandBranch(command)}\n      ;;`);
  return `# Completion for ${name} in bash: eval "$(${name} completion bash)" in ~/.bashrc
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${commands.map((command) => command.name).join('|')}) command="$word"; break ;;
    esac
  done
  COMPREPLY=()
  case "$command" in
${branches.join('\n')}
    *)
      COMPREPLY=($(compgen -W "${[...commands.map((command) => command.name), ...options.flatMap(({ flags }) => flags)].join(' ')}" -- "$current"))
      ;;
  esac
}
complete -o default -o bashdefault -F _${name} ${name}`;
}

function commandBranch({ options, argument }: CommandWords): string {
  const values = options
    .filter(({ takesValue }) => takesValue)
    .map(
      ({ flags, values: words, takesPath }) =>
        `        ${flags.join('|')}) ${valueReply({ words, takesPath })}; return ;;`,
    );
  const words = typeof argument === 'string' ? [] : argument;
  return [
    '      case "$previous" in',
    ...values,
    '      esac',
    `      if [[ "$current" == -* ]]; then ${reply(options.flatMap(({ flags }) => flags))}`,
    ...(words.length === 0 ? [] : [`      else ${reply(words)}`]),
    ...(argument === 'none' ? [`      else ${NO_FILES}`] : []),
    '      fi',
  ].join('\n');
}

/** Not supported by bash before 4, which then offers files. */
const NO_FILES = 'compopt +o default +o bashdefault 2>/dev/null';

const reply = (words: readonly string[]): string =>
  `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`;

/** With an empty reply bash completes file names. */
function valueReply({ words, takesPath }: { words: OptionWords['values']; takesPath: boolean }): string {
  if (words.length > 0) return reply(words);
  return takesPath ? ':' : NO_FILES;
}
