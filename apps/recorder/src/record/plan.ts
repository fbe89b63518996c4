import { resolve } from 'node:path';
import type { WriterOptions } from '@feedtape/capture/node';
import type { FeedOptions } from '@feedtape/client';
import { isPrivateChannel, productsOf, type RequestChannel, type Subscription } from '@feedtape/protocol';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';
import type { Terminal } from '../output/terminal.ts';
import { SOFTWARE } from '../process/version.ts';
import type { LogFormat } from '../events/event-log.ts';
import type { LogLevel } from '../events/recorder-event.ts';
import type { ListenAddress } from '../status/server/listen-address.ts';

/** The flags of `record`, parsed one by one; {@link recordingPlan} checks them together. */
export interface RecordFlags {
  readonly product?: readonly string[];
  readonly channel?: readonly RequestChannel[];
  readonly out: string;
  readonly url: string;
  readonly userUrl?: readonly string[];
  readonly simulate?: boolean;
  readonly seed?: number;
  readonly faultSeed?: number;
  readonly keyFile?: string;
  readonly keyName?: string;
  readonly includePrivate?: boolean;
  readonly duration?: number;
  readonly frames?: number;
  readonly recovery: NonNullable<FeedOptions['recovery']>;
  readonly rotateSize?: number;
  readonly rotateEvery?: number;
  readonly fsync?: NonNullable<WriterOptions['fsync']>;
  readonly compress: NonNullable<WriterOptions['compress']>;
  readonly keepSize?: number;
  readonly keepAge?: number;
  readonly keepSegments?: number;
  readonly keepFree?: number;
  readonly onFull: 'wait' | 'exit';
  readonly listen?: ListenAddress;
  readonly allowHost?: readonly string[];
  readonly insecureWs?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly logLevel?: LogLevel;
  readonly logFormat: LogFormat;
}

/** What to record and how, validated before anything is opened. */
export interface RecordingPlan {
  readonly flags: RecordFlags;
  readonly products: readonly string[];
  readonly subscriptions: readonly Subscription[];
  /** Without the address, which the simulator has only once it runs. */
  readonly writer: Omit<WriterOptions, 'url'>;
}

export const DEFAULT_CHANNELS: readonly RequestChannel[] = ['level2', 'market_trades'];
const SIMULATED_PRODUCTS: readonly string[] = ['BTC-USD', 'ETH-USD', 'SOL-USD'];

/** @throws CommandFailure with exit code 64 for incompatible flags */
export function recordingPlan(
  flags: RecordFlags,
  terminal: Pick<Terminal, 'env' | 'apiSecret'>,
): RecordingPlan {
  const channels = flags.channel ?? DEFAULT_CHANNELS;
  const products = flags.product ?? (flags.simulate ? SIMULATED_PRODUCTS : []);
  refusePrivate(flags, channels, hasEnvironmentKey(terminal));
  const needy = channels.find((channel) => productsOf(channel) === 'required');
  if (needy !== undefined && products.length === 0) {
    throw new CommandFailure(EXIT.usage, `the channel ${needy} needs at least one --product`, {
      hint: 'For example --product BTC-USD; or --simulate for the built-in simulator.',
    });
  }
  const subscriptions = channels.map((channel) =>
    productsOf(channel) === 'none' || products.length === 0 ? { channel } : { channel, productIds: products },
  );
  return { flags, products, subscriptions, writer: writerOptions(flags, channels) };
}

function refusePrivate(
  flags: RecordFlags,
  channels: readonly RequestChannel[],
  inEnvironment: boolean,
): void {
  const channel = channels.find(isPrivateChannel);
  if (channel === undefined) return;
  const hasKey = flags.simulate || flags.keyFile !== undefined || inEnvironment;
  if (flags.includePrivate && hasKey) return;
  const key = '--key-file cdp_api_key.json or COINBASE_API_KEY and COINBASE_API_SECRET';
  if (flags.includePrivate) {
    throw new CommandFailure(EXIT.usage, `the channel ${channel} needs a key`, { hint: `Add ${key}.` });
  }
  throw new CommandFailure(EXIT.usage, `the channel ${channel} holds private data`, {
    hint: `Add --include-private${hasKey ? '' : `, and ${key},`} if you mean to record it.`,
  });
}

/** Whether both variables of the official SDKs are set. */
const hasEnvironmentKey = ({ env, apiSecret }: Pick<Terminal, 'env' | 'apiSecret'>): boolean =>
  Boolean(env['COINBASE_API_KEY']) && apiSecret.isSet;

function writerOptions(flags: RecordFlags, channels: readonly RequestChannel[]): RecordingPlan['writer'] {
  return {
    // Absolute for errors and the status page, which are read elsewhere.
    folder: resolve(flags.out),
    software: SOFTWARE,
    private: channels.some(isPrivateChannel),
    rotate: defined({ bytes: flags.rotateSize, ms: flags.rotateEvery }),
    compress: flags.compress,
    retention: defined({
      bytes: flags.keepSize,
      ms: flags.keepAge,
      segments: flags.keepSegments,
      freeBytes: flags.keepFree,
    }),
    ...(flags.fsync === undefined ? {} : { fsync: flags.fsync }),
  };
}

type Defined<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Removes `undefined` values, so that the defaults apply. */
const defined = <T extends object>(options: T): Defined<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
