import type { Command, Option } from 'commander';
import { CHANNELS } from '@feedtape/protocol';
import { channels, tableNames } from '../option-parsers.ts';
import { TABLE_NAMES } from '../../export/export-tables.ts';

/** One option as a shell needs it. */
export interface OptionWords {
  /** `-c`, `--channel` */
  readonly flags: readonly string[];
  readonly description: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** The values there are; empty when it can be anything. */
  readonly values: readonly string[];
  /** Whether the value is a file or a folder. */
  readonly takesPath: boolean;
}

/** One command as a shell needs it. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** What may stand after it; `path` when files. */
  readonly argument: 'path' | 'none' | readonly string[];
}

/** The words of a whole command line, read off the program itself. */
export interface ProgramWords {
  readonly name: string;
  readonly options: readonly OptionWords[];
  readonly commands: readonly CommandWords[];
}

/** Parsers that know all their values; `choices` are known without. */
const VALUES_OF_PARSER: ReadonlyMap<unknown, readonly string[]> = new Map<unknown, readonly string[]>([
  [channels, CHANNELS],
  [tableNames, TABLE_NAMES],
]);

/** Reads the words off a program; what is added to it later is missing. */
export function wordsOf(program: Command): ProgramWords {
  return {
    name: program.name(),
    options: optionsOf(program),
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      options: optionsOf(command),
      argument: argumentOf(command),
    })),
  };
}

/** The help of a program has the options that commander adds by itself, too. */
const optionsOf = (command: Command): readonly OptionWords[] =>
  command.createHelp().visibleOptions(command).map(optionWords);

function optionWords(option: Option): OptionWords {
  const { short, long, description, argChoices, parseArg, flags } = option;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    takesValue: option.required || option.optional,
    values: argChoices ?? VALUES_OF_PARSER.get(parseArg) ?? [],
    takesPath: /[<[](?:path|folder|file)[>\]]/u.test(flags),
  };
}

function argumentOf({ registeredArguments: [first] }: Command): CommandWords['argument'] {
  if (first === undefined) return 'none';
  return first.argChoices ?? 'path';
}
