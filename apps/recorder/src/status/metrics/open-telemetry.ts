import type { Meter, MetricOptions, Observable } from '@opentelemetry/api';
import { METRIC_ROWS, type MetricRow } from './metric-rows.ts';
import type { StatusSnapshot } from '../model/status-snapshot.ts';

/**
 * Returns an OpenTelemetry meter if its API is installed and an SDK was registered (for example with
 * `NODE_OPTIONS=--import`), otherwise `undefined`.
 */
export async function openTelemetryMeter(version: string): Promise<Meter | undefined> {
  const api = await import('@opentelemetry/api').catch(() => undefined);
  const meter = api?.metrics.getMeter('feedtape', version);
  return meter === api?.createNoopMeter() ? undefined : meter;
}

/**
 * Registers the metrics of `/metrics` as observable instruments. One snapshot serves all instruments of a collection.
 * Returns how to unregister them.
 */
export function offerMetrics(meter: Meter, look: () => StatusSnapshot): () => void {
  const rows = new Map<Observable, MetricRow>(METRIC_ROWS.map((row) => [instrumentOf(row, meter), row]));
  const instruments = [...rows.keys()];
  const collect: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const snapshot = look();
    for (const [instrument, { read }] of rows) {
      for (const [value, labels = {}] of read(snapshot)) result.observe(instrument, value, { ...labels });
    }
  };
  meter.addBatchObservableCallback(collect, instruments);
  return () => meter.removeBatchObservableCallback(collect, instruments);
}

/** Converts `feedtape_received_bytes_total` to the counter `feedtape.received_bytes` in bytes; exporters add suffixes. */
function instrumentOf({ name, help }: MetricRow, meter: Meter): Observable {
  const plain = name.replace(/_total$/u, '').replace('_', '.');
  const options: MetricOptions = { description: help, ...unitOf(plain) };
  return name.endsWith('_total')
    ? meter.createObservableCounter(plain, options)
    : meter.createObservableGauge(plain, options);
}

function unitOf(name: string): { unit?: string } {
  if (name.endsWith('_seconds')) return { unit: 's' };
  return name.endsWith('_bytes') ? { unit: 'By' } : {};
}
