// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Metric, type Registry } from 'prom-client';
import { BUCKET_BOUNDS_MS, type Buckets } from './buckets.js';

export interface Sample<T = number> {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: T;
}

/** A metric that is read when it is scraped: counting costs an addition, and no label is looked up. */
export interface MetricShape<T = number> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: () => Iterable<Sample<T>>;
}

export function addGauge(registry: Registry, { name, help, labels, read }: MetricShape): void {
  new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const sample of read()) this.inc(sample.labels, sample.value);
    },
  });
}

export function addCounter(registry: Registry, { name, help, labels, read }: MetricShape): void {
  new Counter({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const sample of read()) this.inc(sample.labels, sample.value);
    },
  });
}

/** prom-client's own histograms find their labels anew for each observation; these are filled elsewhere and only shown here. */
export function addHistogram(
  registry: Registry,
  { name, help, labels: labelNames, read }: MetricShape<Buckets>,
): void {
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...read()].flatMap((sample) => histogramValues(name, sample)),
  });
  registry.registerMetric({ name, labelNames, get } as unknown as Metric);
}

function histogramValues(name: string, { labels, value }: Sample<Buckets>) {
  let count = 0;
  const buckets = [...value.counts].map((inBucket, at) => {
    count += inBucket;
    const boundMs = BUCKET_BOUNDS_MS[at];
    const le = boundMs === undefined ? '+Inf' : String(boundMs / 1000);
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: value.sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
