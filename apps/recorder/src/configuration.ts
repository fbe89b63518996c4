import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { EXIT } from './exit-codes.ts';
import { CommandFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Looked for in the working folder when `--config` names none; the first one there is used. */
const FILES = [
  'feedtape.config.json',
  'feedtape.config.mjs',
  'feedtape.config.js',
  'feedtape.config.ts',
] as const;

/**
 * Lets every option of a command that takes a value come from the environment (`--rotate-size` is
 * `FEEDTAPE_ROTATE_SIZE`), and every option from a file whose keys are the flags in camelCase.
 * A flag wins over the environment, the environment over the file.
 */
export function readConfiguration(command: Command, env: Terminal['env']): Command {
  for (const option of settable(command)) {
    // Only for the help: commander reads a variable only of an option that had it when it was added.
    if (option.required)
      option.envVar = `FEEDTAPE_${option.long?.slice(2).replaceAll('-', '_').toUpperCase()}`;
  }
  return command
    .option('--config <path>', `configuration file (default: ${FILES.join(', ')} in this folder)`)
    .hook('preAction', async (_program, action) => {
      applyEnvironment(action, env);
      const path = await configurationPath(action.opts<{ config?: string }>().config);
      if (path !== undefined) applyFile(action, path, await load(path));
    });
}

function applyEnvironment(command: Command, env: Terminal['env']): void {
  for (const option of settable(command)) {
    const text = option.envVar === undefined ? undefined : env[option.envVar];
    if (text === undefined || text === '' || !isOpen(command, option.attributeName())) continue;
    const parsed = valueSchema(option).safeParse(text);
    if (!parsed.success) {
      throw new CommandFailure(
        EXIT.configuration,
        `${option.envVar}: ${parsed.error.issues[0]?.message ?? ''}`,
      );
    }
    command.setOptionValueWithSource(option.attributeName(), parsed.data, 'env');
  }
}

/** Whether nobody with more weight has said what an option is. */
function isOpen(command: Command, key: string): boolean {
  const source = command.getOptionValueSource(key);
  return source === undefined || source === 'default';
}

async function configurationPath(named: string | undefined): Promise<string | undefined> {
  for (const path of named === undefined ? FILES : [named]) {
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  if (named === undefined) return undefined;
  throw new CommandFailure(EXIT.configuration, `${named}: there is no such configuration file`);
}

async function load(path: string): Promise<unknown> {
  const type = path.endsWith('.json') ? { with: { type: 'json' } } : {};
  try {
    const module = (await import(pathToFileURL(resolve(path)).href, type)) as { default?: unknown };
    return module.default;
  } catch (error) {
    throw new CommandFailure(
      EXIT.configuration,
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function applyFile(command: Command, path: string, document: unknown): void {
  const parsed = schemaOf(command).safeParse(document);
  if (!parsed.success) {
    throw new CommandFailure(EXIT.configuration, `${path}: ${z.prettifyError(parsed.error)}`, {
      hint: `Its keys are the flags of "${command.name()}" in camelCase: ${keysOf(command).join(', ')}.`,
    });
  }
  for (const [key, value] of Object.entries(parsed.data)) {
    if (isOpen(command, key)) command.setOptionValueWithSource(key, value, 'config');
  }
}

const settable = (command: Command): Command['options'] =>
  command.options.filter(({ long }) => long !== '--config');

const keysOf = (command: Command): string[] => settable(command).map((option) => option.attributeName());

/** One key an option; a value is parsed exactly as it would be on the command line. */
function schemaOf(command: Command): z.ZodObject {
  return z.strictObject(
    Object.fromEntries(
      settable(command).map((option) => [option.attributeName(), valueSchema(option).optional()]),
    ),
  );
}

function valueSchema(option: Command['options'][number]): z.ZodType {
  if (option.isBoolean()) return z.boolean();
  const scalar = z.union([z.string(), z.number()]);
  return z
    .union([scalar, z.array(scalar)], 'expected a text, a number or a list of them')
    .transform((value, context) => {
      try {
        return [value]
          .flat()
          .reduce<unknown>((previous, part) => parse(option, String(part), previous), undefined);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    });
}

function parse(option: Command['options'][number], text: string, previous: unknown): unknown {
  if (option.parseArg !== undefined) return option.parseArg(text, previous);
  return text;
}
