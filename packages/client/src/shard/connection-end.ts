import { ClientError } from '../model/client-error.ts';
import { publicUrl } from '../transport/urls.ts';
import type { ShardHost } from './shard-host.ts';
import type { Origin } from '../model/item.ts';
import type { ShardEffect } from './shard-phase.ts';
import { plainText } from '../model/log.ts';
import type { SentSecrets } from '../model/sent-secrets.ts';
import type { ConnectionEnd } from './retry-policy.ts';

/** The connection that ended, or never began. */
export interface EndedConnection {
  readonly origin: Origin;
  readonly url: string;
  /** Whether the shard still has desired subscriptions. */
  readonly desired: boolean;
  /** It is not tried again. */
  readonly stopped: boolean;
}

/** Emits and logs the end of a connection, and ends the feed where a retry cannot help. */
export function reportEnd(
  host: ShardHost,
  end: Extract<ShardEffect, { kind: 'ended' }>,
  { origin, url, desired, stopped }: EndedConnection,
): void {
  const at = host.settings.clock.now();
  const { secrets, admission } = host;
  const shown = redactedEnd(end, secrets);
  let { retryInMs } = end;
  if (end.action === 'authenticate' && retryInMs !== undefined) {
    const clearAt = admission.authenticationRefused({ url, message: shown.reason }, at);
    retryInMs = admission.attemptsLeft > 0 ? Math.max(retryInMs, clearAt - at) : undefined;
  }
  const retry = retryInMs === undefined ? {} : { retryInMs };
  host.queue.add({ kind: 'disconnected', ...origin, at, ...shown, ...retry });
  host.log({
    level: desired ? 'warn' : 'info',
    event: 'connection-ended',
    connection: origin.connection,
    details: { ...shown, action: end.action, ...retry },
  });
  if (!stopped) return;
  const cause = redactedCause(end.failure?.cause, secrets);
  host.fail(new ClientError('CLIENT_GAVE_UP', { url: publicUrl(url), ...shown }, { cause }));
}

/** How a connection ended, as it may be shown. */
function redactedEnd(
  { reason, code, failure }: Pick<ConnectionEnd, 'reason' | 'code' | 'failure'>,
  secrets: SentSecrets,
): { readonly reason: string; readonly code: number; readonly errorCode?: string } {
  const errorCode = failure && secrets.hide(failure.code);
  return { reason: plainText(secrets.hide(reason)), code, ...(errorCode !== undefined && { errorCode }) };
}

/** An error as the cause of ours: what `ws` and Node add to theirs holds what the server sent. */
function redactedCause(cause: unknown, secrets: SentSecrets): Error | undefined {
  return cause instanceof Error ? new Error(secrets.hide(cause.message)) : undefined;
}
