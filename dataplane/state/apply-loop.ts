// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { DeltaDiscoveryResponse__Output as DeltaResponse } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import type { Address__Output as Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Engine } from '../engine/engine.js';
import type { Plan, TcpKeepalive } from '../engine/plan.js';
import type { ApplyReport, PlanProblem } from '../engine/report.js';
import type { Diagnostic } from './diagnostic.js';
import { type EffectivePlan, effectivePlan } from './effective-plan.js';
import { type LastGood, type LastGoodResource, lastGoodOf } from './last-good-format.js';
import {
  deltaOf,
  type ResourceDelta,
  type ResourceSet,
  type Staged,
  stageDelta,
  versionsOf,
} from './resource-set.js';
import { addressType, type GatewayResource, gatewayResourceType } from './resource-types.js';
import { ServiceEndpoints } from './service-endpoints.js';
import { versionLabel } from './version-label.js';

export interface ApplyLoopOptions {
  readonly engine: Pick<Engine, 'apply' | 'setEndpoints'>;
  readonly wire: Pick<Wire, 'resource' | 'address'>;
  readonly gateway: NamespacedName;
  readonly systemKeepalive: TcpKeepalive;
  readonly logger: Logger;
  /** Called after the engine has reported a version. */
  readonly onInForce: (lastGood: LastGood) => void;
  /** Called after endpoints changed; what is good now is only worked out when it is asked for. */
  readonly onEndpoints: (lastGood: () => LastGood) => void;
  /** Called with the number of resources that were refused. */
  readonly onRejected: (count: number) => void;
}

/** A line of a log has to stay readable; the control plane gets them all. */
const LOGGED_DIAGNOSTICS = 20;

/** From a response to its answer: stage everything, one step, engine, report. */
export class ApplyLoop {
  readonly #options: ApplyLoopOptions;
  readonly #type;
  readonly #addressType;
  #held: ResourceSet<GatewayResource> = new Map();
  #addresses: ResourceSet<Address> = new Map();
  readonly #endpoints = new ServiceEndpoints();
  #version = '';
  #basis: EffectivePlan['basis'] | undefined;
  #running: Promise<ApplyReport> | undefined;

  constructor(options: ApplyLoopOptions) {
    this.#options = options;
    this.#type = gatewayResourceType(options.wire);
    this.#addressType = addressType(options.wire);
  }

  /** What is held and meant to be in force. */
  get resources(): ResourceSet<GatewayResource> {
    return this.#held;
  }

  /** Workloads and services. */
  get addresses(): ResourceSet<Address> {
    return this.#addresses;
  }

  /** Label of what is held; empty before the first version. */
  get version(): string {
    return this.#version;
  }

  versions(typeUrl: string): ReadonlyMap<string, string> {
    switch (typeUrl) {
      case RESOURCE_TYPE_URL:
        return versionsOf(this.#held);
      case ADDRESS_TYPE_URL:
        return versionsOf(this.#addresses);
      default:
        return new Map();
    }
  }

  /**
   * Everything up to the engine's apply happens before this returns; the promise settles when the version may be acknowledged.
   * A second call meanwhile is fine: the engine lets the newer plan win.
   */
  async handle(response: DeltaResponse): Promise<readonly Diagnostic[]> {
    if (response.typeUrl === ADDRESS_TYPE_URL) {
      const diagnostics = this.#takeAddresses(deltaOf(response));
      this.#options.onRejected(countErrors(diagnostics));
      if (this.#version !== '') this.#options.onEndpoints(() => this.#lastGood());
      return diagnostics;
    }
    const before = this.#held;
    const staged = stageDelta(this.#type, before, deltaOf(response));
    const version = versionLabel({
      sent: response.systemVersionInfo,
      current: this.#version,
      changed: staged.changed,
      held: staged.next,
    });
    const names = new Set(response.resources.map(({ name = '' }) => name));
    return this.#step(staged, version, { before, names });
  }

  /** Serves a last-good file as if a control plane had sent it; what this build refuses is left out and logged. */
  async restore(lastGood: LastGood): Promise<void> {
    const addresses = lastGood.addresses.map((one) => toWire(ADDRESS_TYPE_URL, one));
    this.#takeAddresses({ resources: addresses, removed: [] });
    const resources = lastGood.resources.map((one) => toWire(RESOURCE_TYPE_URL, one));
    const staged = stageDelta(this.#type, this.#held, { resources, removed: [] });
    const names = new Set(resources.map(({ name }) => name));
    await this.#step(staged, lastGood.label, { before: this.#held, names });
  }

  async #step(
    staged: Staged<GatewayResource>,
    version: string,
    origin: Origin,
  ): Promise<readonly Diagnostic[]> {
    const { engine, onInForce, onRejected } = this.#options;
    const effective = this.#planOf(staged.next, version);
    const { plan, warnings } = effective;
    const unchanged = !staged.changed && version === this.#version ? this.#running : undefined;
    this.#held = staged.next;
    this.#version = version;
    this.#basis = effective.basis;
    this.#running = unchanged ?? engine.apply(plan);
    const report = await this.#running;

    const refused = blame(report.errors, plan, staged.next, origin.names);
    if (refused.length > 0) await this.#restoreOlder(refused, staged.next, origin.before);
    const diagnostics = [
      ...staged.diagnostics,
      ...refused,
      ...warnings.filter(({ key }) => origin.names.has(key)),
      ...report.warnings.map(({ key, ...problem }): Diagnostic => {
        return { key: nameOf(key, staged.next), severity: 'warn', ...problem };
      }),
    ];
    onRejected(countErrors(diagnostics));
    if (unchanged === undefined) this.#log(plan, report, staged.next.size, diagnostics);
    // Superseded meanwhile: the newer version brings its own file.
    if (unchanged === undefined && this.#version === version) {
      onInForce(this.#lastGood());
    }
    return diagnostics;
  }

  /** The live part has no version: it is in force at once, for the next request. */
  #takeAddresses(delta: ResourceDelta): readonly Diagnostic[] {
    const before = this.#addresses;
    const staged = stageDelta(this.#addressType, before, delta);
    this.#addresses = staged.next;
    const names = delta.resources.map(({ name = '' }) => name);
    this.#endpoints.update(before, staged.next, new Set([...names, ...delta.removed]));
    this.#options.engine.setEndpoints(this.#endpoints.table);
    return staged.diagnostics;
  }

  #lastGood(): LastGood {
    return lastGoodOf({
      gateway: formatNamespacedName(this.#options.gateway),
      label: this.#version,
      held: this.#held,
      addresses: this.#addresses,
    });
  }

  #planOf(held: ResourceSet<GatewayResource>, version: string): EffectivePlan {
    const { gateway, systemKeepalive } = this.#options;
    return effectivePlan(held, { gateway, version, systemKeepalive }, this.#basis);
  }

  /** The engine has put its listener back already; the state and the open connections follow. */
  async #restoreOlder(
    refused: readonly Diagnostic[],
    staged: ResourceSet<GatewayResource>,
    before: ResourceSet<GatewayResource>,
  ): Promise<void> {
    const next = new Map(this.#held);
    for (const { key } of refused) {
      // A newer response has replaced it meanwhile: that one gets its own report.
      if (this.#held.get(key) !== staged.get(key)) continue;
      const older = before.get(key);
      if (older === undefined) next.delete(key);
      else next.set(key, older);
    }
    this.#held = next;
    this.#running = this.#options.engine.apply(this.#planOf(next, this.#version).plan);
    await this.#running;
  }

  #log(
    plan: Plan,
    { listenersMs, verifiedMs }: ApplyReport,
    resources: number,
    diagnostics: readonly Diagnostic[],
  ): void {
    const { logger } = this.#options;
    const { version, binds } = plan;
    logger.info(
      {
        version,
        resources,
        binds: binds.length,
        listenersMs: Number(listenersMs.toFixed(2)),
        verifiedMs: Number(verifiedMs.toFixed(2)),
      },
      'version applied',
    );
    if (diagnostics.length === 0) return;
    const failed = countErrors(diagnostics) > 0;
    logger.warn(
      { version, count: diagnostics.length, first: diagnostics.slice(0, LOGGED_DIAGNOSTICS) },
      failed ? 'resources were refused' : 'version accepted with warnings',
    );
  }
}

/** Which names a change carried, and what was held before it. */
interface Origin {
  readonly before: ResourceSet<GatewayResource>;
  readonly names: ReadonlySet<string>;
}

/**
 * The kernel refused a value of a bind: the resources of this response that the value came from are refused, its policies
 * first, else the bind itself.
 */
function blame(
  errors: readonly PlanProblem[],
  plan: Plan,
  held: ResourceSet<GatewayResource>,
  sent: ReadonlySet<string>,
): Diagnostic[] {
  return errors.flatMap(({ key, message }) => {
    const policyKeys = plan.binds.find((bind) => bind.key === key)?.policyKeys ?? [];
    const policies = [...sent].filter((name) =>
      policyKeys.includes(held.get(name)?.value.policy?.key ?? ''),
    );
    const blamed = policies.length > 0 ? policies : [nameOf(key, held)];
    return blamed.map((name): Diagnostic => ({ key: name, severity: 'error', message }));
  });
}

function toWire(typeUrl: string, { name, version, bytes }: LastGoodResource) {
  return { name, version, resource: { type_url: typeUrl, value: bytes }, aliases: [] };
}

/** Resource.name of a bind, listener or route key. */
function nameOf(key: string, held: ResourceSet<GatewayResource>): string {
  for (const { name, value } of held.values()) {
    const keyed = value.bind ?? value.listener ?? value.route ?? value.tcpRoute;
    if (keyed?.key === key) return name;
  }
  return key;
}

function countErrors(diagnostics: readonly Diagnostic[]): number {
  return diagnostics.filter(({ severity }) => severity === 'error').length;
}
