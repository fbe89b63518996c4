import { styleText } from 'node:util';
import { oneLine } from '../output/printable.ts';
import { bytesText, countText, durationText } from '../output/format.ts';
import { missingText } from '../read/sequence-figures.ts';
import type { ConnectionSnapshot, StatusSnapshot, StreamSnapshot } from '../status/model/status-snapshot.ts';
import { missingOf } from '../status/model/running-totals.ts';
import { table } from '../output/table.ts';

/** The view must fit a terminal: further rows are only counted. */
const MAX_CONNECTIONS = 8;
const MAX_PRODUCTS = 8;

export interface LiveViewOptions {
  readonly durationMs: number | undefined;
  /** Whether colour may be used. */
  readonly color: boolean;
}

type Style = (format: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string;

/** Renders a running recording as lines for a terminal. */
export function liveView(snapshot: StatusSnapshot, { durationMs, color }: LiveViewOptions): string {
  const style: Style = (format, text) => (color ? styleText(format, text, { validateStream: false }) : text);
  const { health } = snapshot;
  const level = { good: 'green', warning: 'yellow', bad: 'red' } as const;
  const light = style(level[health.level], '●');
  return [
    `${light} ${style('bold', titleOf(snapshot, durationMs))}`,
    ...health.reasons.map((reason) => `  ${style(level[health.level], oneLine(reason))}`),
    `  ${totalsOf(snapshot)}`,
    `  ${captureOf(snapshot)}`,
    '',
    connectionsOf(snapshot.connections),
    '',
    ratesOf(snapshot.streams),
    style('dim', '  Ctrl-C stops the recording cleanly.'),
  ].join('\n');
}

function titleOf({ elapsedMs }: StatusSnapshot, durationMs: number | undefined): string {
  if (durationMs === undefined) return `recording for ${durationText(elapsedMs)}`;
  const left = Math.max(0, durationMs - elapsedMs);
  return `recording ${durationText(elapsedMs)} of ${durationText(durationMs)}, ${durationText(left)} left`;
}

function totalsOf({ totals, framesPerSecond, bytesPerSecond, lag }: StatusSnapshot): string {
  const missing = missingOf(totals);
  return [
    `${countText(totals.frames, 'frame')} (${framesPerSecond.toFixed(0)}/s)`,
    `${bytesText(totals.bytes)} (${bytesText(bytesPerSecond)}/s)`,
    `${countText(totals.gaps, 'gap')} (${missingText({ ...totals, missing })})`,
    countText(totals.duplicates, 'duplicate'),
    ...(lag.medianMs === undefined ? [] : [`lag ${lag.medianMs.toFixed(0)} ms`]),
  ].join(' · ');
}

function captureOf({ capture }: StatusSnapshot): string {
  const [segment] = capture.segments;
  const { disk, compressionRatio } = capture;
  return [
    ...(segment === undefined ? [] : [oneLine(segment.file)]),
    `${capture.sealed} sealed`,
    ...(compressionRatio === undefined ? [] : [`compressed to ${(compressionRatio * 100).toFixed(0)} %`]),
    ...(capture.dropped === 0 ? [] : [`${countText(capture.dropped, 'frame')} dropped`]),
    ...(disk === undefined ? [] : [`${bytesText(disk.freeBytes)} free`]),
    ...(disk?.timeLeftMs === undefined ? [] : [`full in ${durationText(disk.timeLeftMs)}`]),
  ].join(' · ');
}

function connectionsOf(connections: readonly ConnectionSnapshot[]): string {
  const shown = connections.slice(0, MAX_CONNECTIONS);
  const rows = shown.map((connection) => [
    String(connection.connection),
    connection.phase,
    `${connection.framesPerSecond.toFixed(0)}/s`,
    connection.lastFrameAgeMs === undefined
      ? 'no frame yet'
      : `${(connection.lastFrameAgeMs / 1000).toFixed(1)} s ago`,
    String(connection.sequence ?? ''),
    String(connection.gaps),
    connection.health.reasons[0] ?? '',
  ]);
  const text = table(['connection', 'phase', 'frames', 'last frame', 'sequence', 'gaps', ''], rows).join(
    '\n',
  );
  const hidden = connections.length - shown.length;
  return hidden > 0 ? `${text}\n  ${countText(hidden, 'more connection')}` : text;
}

function ratesOf(streams: readonly StreamSnapshot[]): string {
  const rates = (key: 'channel' | 'product'): string => {
    const sums = new Map<string, number>();
    for (const stream of streams) {
      if (stream[key] !== '') sums.set(stream[key], (sums.get(stream[key]) ?? 0) + stream.framesPerSecond);
    }
    const names = [...sums].toSorted(([, a], [, b]) => b - a);
    const hidden = names.length - MAX_PRODUCTS;
    const shown = names.slice(0, MAX_PRODUCTS).map(([name, rate]) => `${oneLine(name)} ${rate.toFixed(0)}/s`);
    return [...shown, ...(hidden > 0 ? [`${hidden} more`] : [])].join(' · ');
  };
  return `  ${rates('channel')}\n  ${rates('product')}`;
}
