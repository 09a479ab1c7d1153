// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { packageRoot } from '../shared/process/package-root.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { manualClock } from '../shared/time/manual-clock.js';
import { assertGeneratedBlock } from '../test/support/generated-block.js';
import { createEngine } from './engine/create-engine.js';
import { createXdsMetrics } from './xds/xds-metrics.js';

const ROOT = packageRoot(import.meta.url);

interface Declared {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric of a worker, sorted by name. */
async function declaredMetrics(): Promise<readonly Declared[]> {
  const registry = new Registry();
  createXdsMetrics(registry);
  createEngine({
    clock: manualClock(),
    random: () => 0,
    logger: createLogger({ name: 'test', level: 'silent' }),
    registry,
    listenAddresses: ['127.0.0.1'],
    portOffset: 0,
    allowLocalBackends: true,
    forbiddenBackendPorts: [],
  });
  const metrics = registry.getMetricsAsArray() as unknown as {
    readonly labelNames: readonly string[];
    get(): Promise<{ readonly name: string; readonly type: string; readonly help: string }>;
  }[];
  const declared = await Promise.all(
    metrics.map(async (metric) => {
      const { name, type, help } = await metric.get();
      return { name, type, help, labels: metric.labelNames };
    }),
  );
  return declared.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function table(metrics: readonly Declared[]): string {
  const rows = metrics.map(({ name, type, labels, help }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${names} | ${help} |`;
  });
  return ['| metric | type | labels | what |', '|---|---|---|---|', ...rows].join('\n');
}

describe('metrics', () => {
  it('are those of the table', async () => {
    assertGeneratedBlock(
      join(ROOT, 'dataplane/METRICS.md'),
      'metrics',
      table(await declaredMetrics()),
    );
  });

  it('have names as Prometheus asks for them', async () => {
    const wrong = (await declaredMetrics()).flatMap(({ name, type, help, labels }) => {
      const isCounter = type === 'counter';
      const problems = [
        /^heartline_[a-z0-9]+(_[a-z0-9]+)*$/.test(name) ? '' : 'is not in snake case',
        isCounter === name.endsWith('_total') ? '' : 'ends with _total, or should',
        /_(count|sum|bucket)$/.test(name) ? 'ends like a part of a histogram' : '',
        type === 'histogram' && !/_(seconds|bytes)$/.test(name) ? 'has no base unit' : '',
        /_(ms|milliseconds|minutes|kb)(_|$)/.test(name) ? 'has no base unit' : '',
        help.endsWith('.') ? '' : 'has help that is no sentence',
        labels.some((label) => /peer|client|^le$|^job$|^instance$/.test(label))
          ? 'has a label that it may not have'
          : '',
      ];
      return problems.filter((problem) => problem !== '').map((problem) => `${name} ${problem}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('are what the example alerts ask for', async () => {
    const text = readFileSync(join(ROOT, 'deploy/prometheus/alerts.yaml'), 'utf8');
    const { groups } = parse(text) as {
      groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
    };
    const declared = await declaredMetrics();
    const isKnown = (used: string): boolean =>
      declared.some(({ name, type }) =>
        type === 'histogram' ? used === `${name}_bucket` : used === name,
      );
    const rules = groups.flatMap(({ rules: own }) => own);
    assert.ok(rules.length > 5);
    for (const { alert, expr, annotations } of rules) {
      const used = expr.match(/heartline_[a-z0-9_]+/g) ?? [];
      assert.ok(used.length > 0, alert);
      assert.deepEqual(
        used.filter((name) => !isKnown(name)),
        [],
        alert,
      );
      assert.match(annotations.summary, /\w/, alert);
    }
  });
});
