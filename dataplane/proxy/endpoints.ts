// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../shared/time/clock.js';
import type { BackendTarget, EndpointTable } from '../engine/plan.js';
import type { Endpoint } from './dial.js';

/** Where one request or connection may go. */
export interface EndpointChoice {
  /** An address that was not given out yet; undefined when none is left. */
  next(): Endpoint | undefined;
  /** It could not be connected to: others are preferred for a moment. */
  failed(endpoint: Endpoint): void;
}

export interface EndpointsOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Requests and connections that an address has to carry now. */
  readonly loadOf: (endpoint: Endpoint) => number;
}

/** One request tries at most this many endpoints: with a third of them dead, 96 of 100 still find a live one. */
const MAX_ATTEMPTS = 3;
/**
 * How long an endpoint that refused a connection is passed over while there are others. Envoy's outlier detection
 * ejects for 30 s after five errors in a row; here one refused connect is enough, so the time is short.
 */
const COOLING_MS = 1_000;
const NONE: readonly Endpoint[] = [];

/**
 * The endpoints of Services, and which of them is next: of two taken at random the one with less to do. That is
 * within reach of asking all of them, costs the same for two and for a thousand, and unlike round robin sends less to
 * an endpoint that is slow.
 */
export class Endpoints {
  readonly #options: EndpointsOptions;
  #table: EndpointTable = new Map();
  /** Usable addresses by backend, Service and port, put together when first asked for. */
  #lists = new Map<string, readonly Endpoint[]>();
  /** Of backends that are an address themselves. */
  readonly #fixed = new WeakMap<BackendTarget, readonly Endpoint[]>();
  /** By address: until when it is passed over, monotonic milliseconds. */
  readonly #cooling = new Map<string, number>();

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  replace(table: EndpointTable): void {
    this.#table = table;
    this.#lists = new Map();
  }

  choose(backend: BackendTarget): EndpointChoice {
    const { service } = backend;
    return new Choice(
      this,
      service === undefined ? this.#only(backend) : this.#listOf(backend, service),
    );
  }

  /** The best of `list`, of which all may be taken. */
  pick(list: readonly Endpoint[]): Endpoint | undefined {
    return this.#pick(this.#preferred(list));
  }

  /** Passes it over for a moment where there are others. */
  cool(endpoint: Endpoint): void {
    this.#cooling.set(addressKey(endpoint), this.#options.clock.monotonicMs() + COOLING_MS);
  }

  /** The same object each time: pools are found by it. */
  #only(backend: BackendTarget): readonly Endpoint[] {
    const known = this.#fixed.get(backend);
    if (known !== undefined) return known;
    const { key, host, port } = backend;
    const list = [{ backend: key, host, port }];
    this.#fixed.set(backend, list);
    return list;
  }

  #listOf({ key: backend, port }: BackendTarget, service: string): readonly Endpoint[] {
    const key = `${backend} ${service} ${port}`;
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const list = (this.#table.get(service) ?? []).flatMap(({ host, ports }) => {
      const target = ports.get(port);
      return target === undefined ? [] : [{ backend, host, port: target }];
    });
    this.#lists.set(key, list);
    return list;
  }

  /** Without those that cool down, unless that would leave none. */
  #preferred(list: readonly Endpoint[]): readonly Endpoint[] {
    if (this.#cooling.size === 0) return list;
    const nowMs = this.#options.clock.monotonicMs();
    for (const [key, untilMs] of this.#cooling) if (untilMs <= nowMs) this.#cooling.delete(key);
    const fit = list.filter((endpoint) => !this.#cooling.has(addressKey(endpoint)));
    return fit.length === 0 ? list : fit;
  }

  #pick(list: readonly Endpoint[]): Endpoint | undefined {
    const { random, loadOf } = this.#options;
    if (list.length < 2) return list[0];
    const first = Math.floor(random() * list.length);
    const step = 1 + Math.floor(random() * (list.length - 1));
    const one = list[first];
    const other = list[(first + step) % list.length];
    if (one === undefined || other === undefined) return one;
    return loadOf(other) < loadOf(one) ? other : one;
  }
}

/** Of one request. */
class Choice implements EndpointChoice {
  readonly #endpoints: Endpoints;
  readonly #all: readonly Endpoint[];
  #tried: readonly Endpoint[] = NONE;

  constructor(endpoints: Endpoints, all: readonly Endpoint[]) {
    this.#endpoints = endpoints;
    this.#all = all;
  }

  next(): Endpoint | undefined {
    const tried = this.#tried;
    if (tried.length >= MAX_ATTEMPTS) return undefined;
    const left =
      tried.length === 0 ? this.#all : this.#all.filter((endpoint) => !tried.includes(endpoint));
    const picked = this.#endpoints.pick(left);
    if (picked !== undefined) this.#tried = [...tried, picked];
    return picked;
  }

  failed(endpoint: Endpoint): void {
    // There is no other one to prefer.
    if (this.#all.length > 1) this.#endpoints.cool(endpoint);
  }
}

/** What tells upstream addresses apart. */
function addressKey({ host, port }: Endpoint): string {
  return `${host} ${port}`;
}
