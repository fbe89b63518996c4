import type { CommandWords, OptionWords, ProgramWords } from './command-words.ts';

/** Renders a completion script for fish. */
export function fishScript({ name, options, commands }: ProgramWords): string {
  const unknown = `not __fish_seen_subcommand_from ${commands.map((command) => command.name).join(' ')}`;
  return [
    `# Completion for ${name} in fish: ${name} completion fish > ~/.config/fish/completions/${name}.fish`,
    ...commands.map((command) =>
      line(name, unknown, ['-f', '-a', command.name, '-d', quoted(command.description)]),
    ),
    ...options.map((option) => optionLine(name, unknown, option)),
    ...commands.flatMap((command) => commandLines(name, command)),
  ].join('\n');
}

function commandLines(name: string, { name: command, options, argument }: CommandWords): readonly string[] {
  const seen = `__fish_seen_subcommand_from ${command}`;
  const words = typeof argument === 'string' ? [] : [...argument];
  const noFiles = argument === 'path' ? [] : [line(name, seen, ['-f'])];
  return [
    ...noFiles,
    ...words.map((word) => line(name, seen, ['-a', word])),
    ...options.map((option) => optionLine(name, seen, option)),
  ];
}

function optionLine(
  name: string,
  condition: string,
  { flags, description, takesValue, values, takesPath }: OptionWords,
): string {
  const spellings = flags.flatMap((flag) =>
    flag.startsWith('--') ? ['-l', flag.slice(2)] : ['-s', flag.slice(1)],
  );
  const value =
    values.length > 0 ? ['-x', '-a', quoted(values.join(' '))] : takesPath ? ['-r', '-F'] : ['-x'];
  return line(name, condition, [...spellings, ...(takesValue ? value : []), '-d', quoted(description)]);
}

const line = (name: string, condition: string, words: readonly string[]): string =>
  ['complete', '-c', name, '-n', quoted(condition), ...words].join(' ');

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/gu, String.raw`\$&`)}'`;
