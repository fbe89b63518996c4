import { Counter, Gauge, Registry } from 'prom-client';
import { METRIC_ROWS, type MetricRow } from './metric-rows.ts';
import type { StatusSnapshot } from '../model/status-snapshot.ts';

/** The metrics of a recording in the Prometheus text format. */
export interface RecordingMetrics {
  readonly contentType: string;
  text(snapshot: StatusSnapshot): Promise<string>;
}

/** Writes the values of one snapshot into a metric. */
type Fill = (snapshot: StatusSnapshot) => void;

export function createRecordingMetrics(version: string): RecordingMetrics {
  const registry = new Registry();
  const fills = METRIC_ROWS.map((row) => register(row, registry));
  const build = new Gauge({
    name: 'feedtape_build_info',
    help: 'The version, as a label.',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version }, 1);
  registerProcess(registry);

  return {
    contentType: registry.contentType,
    text(snapshot) {
      for (const fill of fills) fill(snapshot);
      return registry.metrics();
    },
  };
}

/** Registers a metric that every scrape sets to the totals of the model. */
function register({ name, help, labels = [], read }: MetricRow, registry: Registry): Fill {
  const configuration = { name, help, labelNames: [...labels], registers: [registry] };
  if (name.endsWith('_total')) {
    const counter = new Counter(configuration);
    return (snapshot) => {
      counter.reset();
      for (const [value, values = {}] of read(snapshot)) counter.inc(values, value);
    };
  }
  const gauge = new Gauge(configuration);
  return (snapshot) => {
    gauge.reset();
    for (const [value, values = {}] of read(snapshot)) gauge.set(values, value);
  };
}

/** Registers the process metrics that alerts need; prom-client's defaults would exceed the limit of series. */
function registerProcess(registry: Registry): void {
  const memory = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers: [],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of all threads of the process.',
    registers: [],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const resources = new Gauge({
    name: 'nodejs_active_resources',
    help: 'Resources that keep the event loop alive, by type: sockets, timers, file system requests.',
    labelNames: ['type'],
    registers: [],
    collect() {
      this.reset();
      for (const type of process.getActiveResourcesInfo()) this.inc({ type });
    },
  });
  for (const metric of [memory, cpu, resources]) registry.registerMetric(metric);
}
