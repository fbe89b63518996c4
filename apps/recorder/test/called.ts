import { PassThrough } from 'node:stream';
import { main } from '#main';

export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process: only one that ends by itself and leaves nothing behind. */
export async function called(
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Called> {
  const { stream: stdout, text: out } = collected();
  const { stream: stderr, text: err } = collected();
  const folder = process.cwd();
  try {
    if (cwd !== undefined) process.chdir(cwd);
    process.exitCode = 0;
    const apiSecret = { isSet: false, take: () => '' };
    await main(args, { stdout, stderr, stdin: new PassThrough(), env, apiSecret, name: 'feedtape' });
    return { code: exitCode(), stdout: out(), stderr: err() };
  } finally {
    process.exitCode = undefined;
    process.chdir(folder);
  }
}

const exitCode = (): number => Number(process.exitCode);

function collected(): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream, text: () => text };
}
