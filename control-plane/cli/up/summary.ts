// SPDX-License-Identifier: Apache-2.0
import { renderTable } from '../output/table.js';
import { hostOf, UP_PORTS, type UpPortName, type UpPorts } from './ports.js';

export interface SummaryOptions {
  readonly ports: UpPorts;
  readonly podIp: string;
  readonly kubeconfig: string;
  /** AgentgatewayPolicies that the data directory holds. */
  readonly policies: number;
  /** False when other commands would not find the kubeconfig by themselves. */
  readonly isKubeconfigFound: boolean;
}

/** What is up, and what to type next. */
export function renderSummary(options: SummaryOptions): string {
  const names = Object.keys(UP_PORTS) as UpPortName[];
  const rows = names.map((name) => [
    UP_PORTS[name].label,
    `${hostOf(name, options.podIp)}:${options.ports[name]}`,
  ]);
  const table = renderTable(['WHAT', 'ADDRESS'], rows);
  const lines = [`Heartline is up, ${policyCount(options.policies)}.`, '', table, ''];
  if (!options.isKubeconfigFound) {
    lines.push(
      'In another terminal, first:',
      `  export HEARTLINE_KUBECONFIG=${options.kubeconfig}`,
    );
  }
  lines.push(
    'Next, in another terminal:',
    `  curl localhost:${options.ports.http}/get`,
    '  npx heartline apply -f deploy/examples/tcp-keepalive.yaml',
    '  npx heartline connections',
    'Ctrl-C stops all of it.',
  );
  return lines.join('\n');
}

function policyCount(count: number): string {
  if (count === 0) return 'with no policy yet';
  return count === 1 ? 'with 1 policy' : `with ${count} policies`;
}
