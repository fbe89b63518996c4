import type { Command } from 'commander';
import type { Terminal } from './output/terminal.ts';

/** One command of the program, whose module is loaded only when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Resolves to the function that adds options and action to the command. */
  readonly load: () => Promise<(command: Command, terminal: Terminal) => void>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'record',
    description: 'write a capture of the live feed, of any other server, or of the built-in simulator',
    load: async () => (await import('./commands/record.ts')).addRecord,
  },
  {
    name: 'verify',
    description:
      'check a capture against its format; exit code 65 with file, line and bytes of each violation',
    load: async () => (await import('./commands/verify.ts')).addVerify,
  },
  {
    name: 'repair',
    description:
      'seal the segments that a crash left open; complete lines stay as they are, torn bytes are kept',
    load: async () => (await import('./commands/repair.ts')).addRepair,
  },
  {
    name: 'inspect',
    description: 'summarise a capture: runs, connections, channels, products, rates, gaps, sizes',
    load: async () => (await import('./commands/inspect.ts')).addInspect,
  },
  {
    name: 'cat',
    description: 'write the frames of a capture to standard output, exactly as they were received',
    load: async () => (await import('./commands/cat.ts')).addCat,
  },
  {
    name: 'cut',
    description: 'extract a smaller capture for a bug report or a test; it verifies and names its origin',
    load: async () => (await import('./commands/cut.ts')).addCut,
  },
  {
    name: 'import',
    description: 'convert raw frames (TSV, NDJSON) to a capture; it verifies and names its origin',
    load: async () => (await import('./commands/import.ts')).addImport,
  },
  {
    name: 'replay',
    description: 'serve a capture as an exchange on this machine until Ctrl-C',
    load: async () => (await import('./commands/replay.ts')).addReplay,
  },
  {
    name: 'simulate',
    description: 'run the sandbox exchange on this machine until Ctrl-C',
    load: async () => (await import('./commands/simulate.ts')).addSimulate,
  },
  {
    name: 'jwt',
    description: 'print a token for the shell: eval "$(… jwt --key-file cdp_api_key.json)"',
    load: async () => (await import('./commands/jwt.ts')).addJwt,
  },
  {
    name: 'drift',
    description: 'report what the schemas do not describe: channels, keys, enum values',
    load: async () => (await import('./commands/drift.ts')).addDrift,
  },
  {
    name: 'export',
    description: 'write tables of a capture as Parquet or NDJSON, partitioned by date, channel and product',
    load: async () => (await import('./commands/export.ts')).addExport,
  },
  {
    name: 'completion',
    description: 'print a script that completes commands, options and values in a shell',
    load: async () => (await import('./commands/completion.ts')).addCompletion,
  },
];
