import type { CommandWords, OptionWords, ProgramWords } from './command-words.ts';

/** Renders a completion script for zsh. */
export function zshScript({ name, options, commands }: ProgramWords): string {
  const listed = commands.map((command) => `    ${quoted(`${command.name}:${command.description}`)}`);
  const branches = commands.map((command) => {
    const specs = [...command.options.flatMap(optionSpecs), ...argumentSpec(command)];
    return `    ${command.name}) _arguments ${specs.map(quoted).join(' ')} ;;`;
  });
  return `# Completion for ${name} in zsh: eval "$(${name} completion zsh)" in ~/.zshrc, after compinit
_${name}() {
  local -a commands
  commands=(
${listed.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _arguments ${options.flatMap(optionSpecs).map(quoted).join(' ')}
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${branches.join('\n')}
  esac
}
compdef _${name} ${name}`;
}

/** One `_arguments` spec per spelling; `*` because most options are repeatable. */
function optionSpecs({ flags, description, takesValue, values, takesPath }: OptionWords): readonly string[] {
  const value = values.length > 0 ? `(${values.join(' ')})` : takesPath ? '_files' : ' ';
  return flags.map((flag) => `*${flag}[${bracketed(description)}]${takesValue ? `:value:${value}` : ''}`);
}

function argumentSpec({ argument }: CommandWords): readonly string[] {
  if (argument === 'none') return [];
  return [argument === 'path' ? '*:path:_files' : `1:value:(${argument.join(' ')})`];
}

const bracketed = (text: string): string => text.replaceAll(/[[\]:\\]/gu, String.raw`\$&`);
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
