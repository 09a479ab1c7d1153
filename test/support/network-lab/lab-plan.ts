// SPDX-License-Identifier: Apache-2.0
import type { BindPlan, HttpSettings, Plan, TcpKeepalive } from '../../../dataplane/engine/plan.js';
import { DEFAULT_HTTP } from '../../../dataplane/state/http-values.js';

/** The values with which a lab's silence takes 3 s: time 1 s, interval 1 s, retries 2. */
export const QUICK: TcpKeepalive = keepaliveOf(1, 1, 2);
export const OFF: TcpKeepalive = { ...keepaliveOf(7200, 75, 9), enabled: false };

export function keepaliveOf(
  idleSeconds: number,
  intervalSeconds: number,
  probes: number,
): TcpKeepalive {
  return { enabled: true, idleSeconds, intervalSeconds, probes };
}

/** Silence after which the kernel gives a peer up, milliseconds. */
export function limitMsOf({ idleSeconds, intervalSeconds, probes }: TcpKeepalive): number {
  return (idleSeconds + intervalSeconds * probes) * 1000;
}

/** One listener of the lab with one backend. */
export interface LabBind {
  /** The bind's key is `0/lab/NAME`. */
  readonly name: string;
  readonly protocol: 'http' | 'tcp';
  /** Default: off. */
  readonly tcp?: TcpKeepalive;
  readonly http?: Partial<HttpSettings>;
  readonly backend: { readonly host: string; readonly port: number };
}

const DEFAULT_FIRST_PORT = 8000;

/** The plan of a lab's worker: its listeners come and change one by one, each on a port of its own. */
export class LabPlan {
  readonly #apply: (plan: Plan) => Promise<unknown>;
  readonly #upstreamTcp: TcpKeepalive;
  readonly #binds = new Map<string, LabBind>();
  readonly #firstPort: number;
  #version = 0;

  constructor(
    apply: (plan: Plan) => Promise<unknown>,
    upstreamTcp: TcpKeepalive,
    firstPort = DEFAULT_FIRST_PORT,
  ) {
    this.#apply = apply;
    this.#upstreamTcp = upstreamTcp;
    this.#firstPort = firstPort;
  }

  /** Opens listeners, or gives them new values; in force when the promise settles. Returns their ports. */
  async put(...binds: readonly LabBind[]): Promise<readonly number[]> {
    for (const bind of binds) this.#binds.set(bind.name, bind);
    this.#version += 1;
    const names = [...this.#binds.keys()];
    const plans = names.map((name, index) =>
      planOf(this.#binds.get(name) as LabBind, this.#firstPort + index),
    );
    const version = `${this.#version}-lab`;
    await this.#apply({ version, binds: plans, upstreamTcp: this.#upstreamTcp });
    return binds.map(({ name }) => this.#firstPort + names.indexOf(name));
  }
}

function planOf(bind: LabBind, port: number): BindPlan {
  const { name, protocol, backend } = bind;
  const backends = [{ key: `lab/${name}`, ...backend, weight: 1 }];
  const pathMatch = { type: 'prefix', value: '/' } as const;
  const route = { key: `lab/${name}`, hostnames: [], pathMatch, backends };
  const listener = {
    key: `lab/lab.${name}`,
    name,
    hostname: '',
    routes: protocol === 'http' ? [route] : [],
    tcpRoutes: protocol === 'tcp' ? [{ key: `lab/${name}`, backends }] : [],
  };
  return {
    key: bindKeyOf(name),
    port,
    protocol,
    listeners: [listener],
    tcp: bind.tcp ?? OFF,
    http: { ...DEFAULT_HTTP, ...bind.http },
    policyKeys: [],
  };
}

export function bindKeyOf(name: string): string {
  return `0/lab/${name}`;
}
