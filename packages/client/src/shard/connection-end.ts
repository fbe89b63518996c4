import { ClientError } from '../model/client-error.ts';
import { publicUrl } from '../transport/urls.ts';
import type { FeedPort, Origin } from './shard-host.ts';
import type { LinkEffect } from './shard-lifecycle.ts';
import { shownCause, shownEnding } from '../model/redaction.ts';

/** The connection that ended, or never began. */
export interface EndedConnection {
  readonly origin: Origin;
  readonly url: string;
  /** Whether anything is still wanted on it. */
  readonly wanted: boolean;
  /** It is not tried again. */
  readonly stopped: boolean;
}

/** Tells the reader and the log, and ends the feed where trying again cannot help. */
export function reportEnd(
  port: FeedPort,
  ending: Extract<LinkEffect, { kind: 'ended' }>,
  { origin, url, wanted, stopped }: EndedConnection,
): void {
  const at = port.clock.now();
  const { secrets, admission } = port;
  const shown = shownEnding(ending, secrets);
  let { retryInMs } = ending;
  if (ending.remedy === 'authenticate' && retryInMs !== undefined) {
    const clearAt = admission.refused({ url, message: shown.reason }, at);
    retryInMs = admission.authenticationsLeft > 0 ? Math.max(retryInMs, clearAt - at) : undefined;
  }
  const retry = retryInMs === undefined ? {} : { retryInMs };
  port.emit({ kind: 'disconnected', ...origin, at, ...shown, ...retry });
  port.log({
    level: wanted ? 'warn' : 'info',
    event: 'connection-ended',
    connection: origin.connection,
    details: { ...shown, remedy: ending.remedy, ...retry },
  });
  if (!stopped) return;
  const cause = shownCause(ending.failure?.cause, secrets);
  port.fail(new ClientError('CLIENT_GAVE_UP', { url: publicUrl(url), ...shown }, { cause }));
}
