import { isPrivateChannel } from '@feedtape/protocol';
import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';
import {
  ignoredModule,
  IMPLICIT_FILE,
  readConfigurationFile,
  type ConfigurationFile,
} from './config-file.ts';
import { createEventLog, type LogFormat } from '../events/event-log.ts';
import type { RecorderEvent } from '../events/recorder-event.ts';
import { refuseSecret, refuseSecretsIn } from './secret-check.ts';
import type { Terminal } from '../output/terminal.ts';

/**
 * Options that a file found in the working folder may set. All others (addresses, keys, deletion, output and listening)
 * need a file that `--config` names, and so does every new option until it is added here.
 */
const UNRESTRICTED: ReadonlySet<string> = new Set([
  'product',
  'channel',
  'seed',
  'faultSeed',
  'duration',
  'frames',
  'recovery',
  'rotateSize',
  'rotateEvery',
  'fsync',
  'compress',
  'onFull',
  'dryRun',
  'json',
  'quiet',
  'logLevel',
  'logFormat',
]);

/**
 * Lets options with a value come from the environment (`--rotate-size` is `FEEDTAPE_ROTATE_SIZE`), and all options from
 * a file whose keys are the flags in camelCase. Flags take precedence over the environment, and the environment over the
 * file. Logs which file was read.
 */
export function readConfiguration(command: Command, terminal: Terminal): Command {
  for (const option of settable(command)) {
    // Only for the help: commander would read `process.env`, and repeat a rejected value.
    if (option.required)
      option.envVar = `FEEDTAPE_${option.long?.slice(2).replaceAll('-', '_').toUpperCase()}`;
  }
  return command
    .option(
      '--config <path>',
      `configuration file, JSON or a module (default: ${IMPLICIT_FILE} in this folder, without addresses, keys, paths and deletion)`,
    )
    .hook('preAction', async (_program, action) => {
      applyEnvironment(action, terminal.env);
      const { config } = action.opts<{ config?: string }>();
      const file = await readConfigurationFile(config);
      if (file !== undefined) applyFile(action, file);
      reportFile(file, config === undefined ? await ignoredModule() : undefined, {
        terminal,
        format: action.opts<{ logFormat?: LogFormat }>().logFormat ?? 'text',
      });
    });
}

function reportFile(
  file: ConfigurationFile | undefined,
  ignored: string | undefined,
  { terminal, format }: { readonly terminal: Terminal; readonly format: LogFormat },
): void {
  const events: RecorderEvent[] = [];
  if (file !== undefined)
    events.push({ level: 'info', event: 'configuration', text: `settings from ${file.path}` });
  if (ignored !== undefined)
    events.push({
      level: 'warn',
      event: 'configuration-not-read',
      text: `${ignored} in this folder is not run unless you name it: --config ${ignored}`,
    });
  if (events.length === 0) return;
  // At any log level, since the file may have set it.
  const log = createEventLog(terminal, { level: 'debug', format });
  for (const event of events) log(event);
}

function applyEnvironment(command: Command, env: Terminal['env']): void {
  for (const option of settable(command)) {
    const text = option.envVar === undefined ? undefined : env[option.envVar];
    if (text === undefined || text === '') continue;
    refuseSecret(`${option.envVar}`, text);
    if (!isUnset(command, option.attributeName())) continue;
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

/** Whether no source of higher precedence has set an option. */
function isUnset(command: Command, key: string): boolean {
  const source = command.getOptionValueSource(key);
  return source === undefined || source === 'default';
}

function applyFile(command: Command, { path, named, document }: ConfigurationFile): void {
  refuseSecretsIn(path, document);
  const parsed = schemaOf(command).safeParse(document);
  if (!parsed.success) {
    throw new CommandFailure(EXIT.configuration, `${path}: ${z.prettifyError(parsed.error)}`, {
      hint: `Its keys are the flags of "${command.name()}" in camelCase: ${keysOf(command).join(', ')}.`,
    });
  }
  if (!named) refuseRestricted(path, parsed.data);
  for (const [key, value] of Object.entries(parsed.data)) {
    if (isUnset(command, key)) command.setOptionValueWithSource(key, value, 'config');
  }
}

function refuseRestricted(path: string, settings: Readonly<Record<string, unknown>>): void {
  const keys = Object.keys(settings).filter((key) => !UNRESTRICTED.has(key));
  const channels = [settings['channel'] ?? []].flat().map(String).filter(isPrivateChannel);
  const refused = [...keys, ...channels.map((channel) => `the channel ${channel}`)];
  if (refused.length === 0) return;
  const file = `a file that --config does not name may not set ${refused.join(', ')}`;
  throw new CommandFailure(EXIT.configuration, `${path}: ${file}`, {
    hint: `If you trust it: --config ${path}`,
  });
}

const settable = (command: Command): Command['options'] =>
  command.options.filter(({ long }) => long !== '--config');

const keysOf = (command: Command): string[] => settable(command).map((option) => option.attributeName());

/** One key per option; values are parsed as on the command line. */
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
    .union([scalar, z.array(scalar)], 'expected a string, a number or a list of them')
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
