import type { Command, Option } from 'commander';
import { CHANNELS } from '@feedtape/protocol';
import { channels, tableNames } from '../option-parsers.ts';
import { TABLE_NAMES } from '../../export/export-tables.ts';

/** One option, for a completion script. */
export interface OptionWords {
  /** `-c`, `--channel` */
  readonly flags: readonly string[];
  readonly description: string;
  /** Whether it takes a value. */
  readonly takesValue: boolean;
  /** The allowed values; empty if any value is allowed. */
  readonly values: readonly string[];
  /** Whether the value is a file or a folder. */
  readonly takesPath: boolean;
}

/** One command, for a completion script. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** Its first argument: files, none, or one of these words. */
  readonly argument: 'path' | 'none' | readonly string[];
}

/** All commands and options of the program. */
export interface ProgramWords {
  readonly name: string;
  readonly options: readonly OptionWords[];
  readonly commands: readonly CommandWords[];
}

/** The values that parsers accept; `choices` are listed by commander. */
const VALUES_OF_PARSER: ReadonlyMap<unknown, readonly string[]> = new Map<unknown, readonly string[]>([
  [channels, CHANNELS],
  [tableNames, TABLE_NAMES],
]);

/** Collects the commands and options of a fully loaded program. */
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

/** Includes the options that commander adds, such as `--help`. */
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
