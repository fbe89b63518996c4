import { metrics } from '@opentelemetry/api';
import { DataPointType, MeterProvider, MetricReader, type MetricData } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, test } from 'vitest';
import { offerMetrics, openTelemetryMeter } from '#status/metrics/open-telemetry';
import { METRIC_ROWS } from '#status/metrics/metric-rows';
import { createRecordingStatus } from '#status/model/recording-status';
import { connected, frame } from '../feed-items.ts';

/** Collects when it is asked to, and exports nothing. */
class AskedReader extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

afterEach(() => metrics.disable());

async function collected(reader: MetricReader): Promise<readonly MetricData[]> {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
}

test('a registered SDK collects every figure of /metrics, until the recording is over', async () => {
  const reader = new AskedReader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const status = createRecordingStatus({ startedAt: 0, books: true });
  status.observe(connected(0, 10));
  for (let at = 20; at < 23; at += 1) status.observe(frame({ at, channel: 'l2_data', product: 'BTC-USD' }));
  status.observeClock({ skewMs: 1500, uncertaintyMs: 500, measuredAt: 10 });
  const meter = await openTelemetryMeter('1.2.3');
  if (meter === undefined) throw new Error('the registered SDK is not seen');
  let looks = 0;
  const withdraw = offerMetrics(meter, () => {
    looks += 1;
    return status.snapshot(2000, 1_700_000_000_000);
  });

  const data = await collected(reader);
  const byName = new Map(data.map((metric) => [metric.descriptor.name, metric]));
  const received = byName.get('feedtape.received_bytes');
  expect(received).toMatchObject({
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    descriptor: { unit: 'By' },
  });
  expect(received?.dataPoints[0]?.value).toBe(status.snapshot(2000, 0).totals.bytes);
  expect(byName.get('feedtape.clock_skew_seconds')?.dataPoints[0]?.value).toBe(1.5);
  expect(byName.get('feedtape.frames')?.dataPoints).toEqual([
    expect.objectContaining({ value: 3, attributes: { channel: 'l2_data', product: 'BTC-USD' } }),
  ]);
  const known = new Set(METRIC_ROWS.map(({ name }) => name.replace(/_total$/u, '').replace('_', '.')));
  expect(data.every(({ descriptor }) => known.has(descriptor.name))).toBe(true);
  expect(data.length).toBeGreaterThan(15);

  expect(looks).toBe(1);
  withdraw();
  await collected(reader);
  expect(looks).toBe(1);
});

test('there is no meter without an SDK', async () => {
  expect(await openTelemetryMeter('1.2.3')).toBeUndefined();
});
