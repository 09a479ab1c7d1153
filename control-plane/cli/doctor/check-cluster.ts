// SPDX-License-Identifier: Apache-2.0
import { type Check, failure, ok, warning } from './checks.js';

/** A kind that was not watched for so long is more than a connection that was opened anew, seconds. */
const LONG_BEHIND_SECONDS = 30;

/** What the metrics of a control plane with `--source kubernetes` say; nothing for one without. */
export function checkCluster(metrics: string): readonly Check[] {
  const name = 'kubernetes source';
  const behind = read(metrics, 'heartline_kubernetes_behind_seconds');
  if (behind.length === 0) return [];
  const objects = sum(read(metrics, 'heartline_kubernetes_objects'));
  const late = behind.filter(({ value }) => value > LONG_BEHIND_SECONDS);
  if (late.length > 0) {
    const words = late.map(({ resource, value }) => `${resource} (${Math.round(value)} s)`);
    return [
      failure(name, `not watched: ${words.join(', ')}; the log of the control plane says why`),
    ];
  }
  const refused = read(metrics, 'heartline_kubernetes_refused_objects').filter(
    (one) => one.value > 0,
  );
  if (refused.length > 0) {
    const words = refused.map(({ resource, value }) => `${value} of ${resource}`);
    return [
      warning(
        name,
        `${words.join(', ')} break a rule and are not taken over; their status says which`,
      ),
    ];
  }
  return [ok(name, `kinds watched: ${behind.length}, objects: ${objects}`)];
}

interface Sample {
  readonly resource: string;
  readonly value: number;
}

/** Samples of one metric that has the label `resource`. */
function read(metrics: string, metric: string): readonly Sample[] {
  return metrics.split('\n').flatMap((line) => {
    const match = /^(\w+)\{resource="([^"]*)"\} (\S+)$/.exec(line);
    return match?.[1] === metric ? [{ resource: match[2] ?? '', value: Number(match[3]) }] : [];
  });
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
