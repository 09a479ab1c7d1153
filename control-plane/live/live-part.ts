// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';
import { serviceHostname, serviceName } from '../../shared/names/resource-keys.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Transaction } from '../log/transaction.js';
import { serviceNameOf } from '../policy/endpoint-slice.js';
import { findKind, type Kind, objectKey, objectPrefix } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import type { Store } from '../store/store.js';
import {
  type AddressSet,
  joinServiceSets,
  NO_ADDRESSES,
  nextServiceSet,
  type ServiceSet,
} from './address-book.js';
import type { JoinedSet, ListenerJoiner } from './joined-listeners.js';
import { serviceAddresses } from './service-addresses.js';

export interface LivePartOptions {
  readonly store: Pick<Store, 'get' | 'list' | 'watch'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
  readonly cluster: string;
  readonly encode: (message: Address) => Uint8Array;
  readonly joiner: ListenerJoiner;
}

/** Endpoints and certificates as they are now, for every gateway. */
export interface LivePart {
  /** Reads the store, then follows it. */
  start(): void;
  stop(): void;
  /**
   * The Services (`namespace/hostname`) that a gateway's routes lead to from now on. Called before its new
   * version is told, so that endpoints are on their way ahead of the routes that need them.
   */
  use(gateway: GatewayRef, services: readonly string[]): void;
  addresses(gateway: GatewayRef): AddressSet;
  /** A version's set with key material; its Secrets are watched for the gateway from now on. */
  join(
    gateway: GatewayRef,
    set: Pick<JoinedSet, 'hash' | 'resources'>,
  ): Pick<JoinedSet, 'hash' | 'resources'>;
  /** See ListenerJoiner. */
  withoutSecrets: ListenerJoiner['withoutSecrets'];
  /** Calls back after the sets of these types changed for a gateway. */
  onChange(listener: (gateway: GatewayRef, typeUrls: readonly string[]) => void): () => void;
}

/** A worker has new routes within milliseconds, or, when it was away, within its longest wait to reconnect (15 s). */
const LINGER_MS = 30_000;

interface Service {
  object: KubeObject | undefined;
  /** By name. */
  readonly slices: Map<string, KubeObject>;
  set: ServiceSet | undefined;
  /** Gateways that use it. */
  readonly users: Set<Gateway>;
}

interface Gateway {
  readonly ref: GatewayRef;
  /** Service to what ends its stay: undefined = used now. */
  readonly services: Map<string, Timer | undefined>;
  /** Undefined = to be put together when asked for. */
  addresses: AddressSet | undefined;
  secrets: readonly string[];
}

export function createLivePart(options: LivePartOptions): LivePart {
  return new StoreLivePart(options);
}

class StoreLivePart implements LivePart {
  readonly #options: LivePartOptions;
  readonly #services = new Map<string, Service>();
  /** Which Service a slice belonged to when it was seen last, by store key. */
  readonly #sliceOwners = new Map<string, string>();
  readonly #gateways = new Map<string, Gateway>();
  readonly #listeners = new Set<Parameters<LivePart['onChange']>[0]>();
  readonly #kinds = {
    service: known('Service'),
    slice: known('EndpointSlice'),
    secret: known('Secret'),
  };
  readonly withoutSecrets: ListenerJoiner['withoutSecrets'];
  #stopWatch = (): void => {};

  constructor(options: LivePartOptions) {
    this.#options = options;
    this.withoutSecrets = options.joiner.withoutSecrets;
  }

  start(): void {
    const { store } = this.#options;
    const changed = new Set<string>();
    const prefixes = [objectPrefix(this.#kinds.service), objectPrefix(this.#kinds.slice)];
    let seq = 0;
    for (const prefix of prefixes) {
      const listed = store.list(prefix);
      seq = listed.seq;
      for (const { key } of listed.entries) for (const id of this.#read(key)) changed.add(id);
    }
    for (const id of changed) this.#rebuild(id);
    this.#stopWatch = store.watch(seq, (transaction) => this.#follow(transaction));
  }

  stop(): void {
    this.#stopWatch();
    for (const { services } of this.#gateways.values()) {
      for (const timer of services.values()) timer?.cancel();
    }
  }

  use(ref: GatewayRef, services: readonly string[]): void {
    const gateway = this.#gatewayOf(ref);
    const wanted = new Set(services);
    const added = services.filter((id) => !gateway.services.has(id));
    for (const id of services) {
      gateway.services.get(id)?.cancel();
      gateway.services.set(id, undefined);
      this.#serviceOf(id).users.add(gateway);
    }
    for (const [id, timer] of gateway.services) {
      if (wanted.has(id) || timer !== undefined) continue;
      gateway.services.set(
        id,
        this.#options.clock.after(LINGER_MS, () => this.#drop(gateway, id)),
      );
    }
    if (added.length > 0) this.#changeAddresses(gateway);
  }

  addresses(ref: GatewayRef): AddressSet {
    const gateway = this.#gateways.get(gatewayKey(ref));
    if (gateway === undefined) return NO_ADDRESSES;
    gateway.addresses ??= joinServiceSets(
      [...gateway.services.keys()].sort().flatMap((id) => this.#services.get(id)?.set ?? []),
    );
    return gateway.addresses;
  }

  join(ref: GatewayRef, set: Pick<JoinedSet, 'hash' | 'resources'>): JoinedSet {
    const joined = this.#options.joiner.join(set, (id) => this.#secretOf(id));
    // A gateway without certificates needs no entry here.
    if (joined.secrets.length > 0 || this.#gateways.has(gatewayKey(ref))) {
      this.#gatewayOf(ref).secrets = joined.secrets;
    }
    return joined;
  }

  onChange(listener: Parameters<LivePart['onChange']>[0]): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #follow({ ops }: Transaction): void {
    const services = new Set<string>();
    const secrets = new Set<string>();
    const secretPrefix = objectPrefix(this.#kinds.secret);
    for (const key of new Set(ops.map((op) => op.key))) {
      if (key.startsWith(secretPrefix)) secrets.add(key.slice(secretPrefix.length));
      else for (const id of this.#read(key)) services.add(id);
    }
    if (services.size + secrets.size === 0) return;
    const affected = new Set<Gateway>();
    for (const id of services) {
      if (this.#rebuild(id)) for (const user of this.#serviceOf(id).users) affected.add(user);
      this.#forgetUnused(id);
    }
    for (const gateway of affected) this.#changeAddresses(gateway);
    if (secrets.size > 0) this.#tellUsersOf(secrets);
  }

  /** Takes over the object of a key as it is now, and returns the Services that it is about. */
  #read(key: string): readonly string[] {
    const { service, slice } = this.#kinds;
    const object = this.#options.store.get(key)?.value as unknown as KubeObject | undefined;
    const servicePrefix = objectPrefix(service);
    if (key.startsWith(servicePrefix)) {
      const [namespace = '', name = ''] = key.slice(servicePrefix.length).split('/');
      const id = idOf(namespace, name);
      this.#serviceOf(id).object = object;
      return [id];
    }
    if (!key.startsWith(objectPrefix(slice))) return [];
    return this.#readSlice(key, object);
  }

  #readSlice(key: string, object: KubeObject | undefined): readonly string[] {
    const before = this.#sliceOwners.get(key);
    if (before !== undefined) this.#serviceOf(before).slices.delete(key);
    const name = object && serviceNameOf(object);
    if (object === undefined || name === undefined) {
      this.#sliceOwners.delete(key);
      return before === undefined ? [] : [before];
    }
    const id = idOf(objectName(object).namespace, name);
    this.#sliceOwners.set(key, id);
    this.#serviceOf(id).slices.set(key, object);
    return before === undefined || before === id ? [id] : [before, id];
  }

  /** True when the Service's set is another one than before. */
  #rebuild(id: string): boolean {
    const { cluster, encode } = this.#options;
    const service = this.#serviceOf(id);
    const before = service.set;
    service.set =
      service.object === undefined
        ? undefined
        : nextServiceSet(
            before,
            serviceAddresses(service.object, [...service.slices.values()], cluster),
            encode,
          );
    return before?.hash !== service.set?.hash;
  }

  #changeAddresses(gateway: Gateway): void {
    gateway.addresses = undefined;
    this.#tell(gateway.ref, [ADDRESS_TYPE_URL]);
  }

  #tellUsersOf(secrets: ReadonlySet<string>): void {
    for (const { ref, secrets: used } of this.#gateways.values()) {
      if (used.some((id) => secrets.has(id))) this.#tell(ref, [RESOURCE_TYPE_URL]);
    }
  }

  #tell(gateway: GatewayRef, typeUrls: readonly string[]): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(gateway, typeUrls);
      } catch (err) {
        this.#options.logger.error({ err, gateway }, 'a listener for the live part failed');
      }
    }
  }

  #drop(gateway: Gateway, id: string): void {
    gateway.services.delete(id);
    this.#serviceOf(id).users.delete(gateway);
    this.#forgetUnused(id);
    this.#changeAddresses(gateway);
  }

  #forgetUnused(id: string): void {
    const { object, slices, users } = this.#serviceOf(id);
    if (object === undefined && slices.size === 0 && users.size === 0) this.#services.delete(id);
  }

  #secretOf(id: string): KubeObject | undefined {
    const [namespace = '', name = ''] = id.split('/');
    const entry = this.#options.store.get(objectKey(this.#kinds.secret, namespace, name));
    return entry?.value as unknown as KubeObject | undefined;
  }

  #serviceOf(id: string): Service {
    const existing = this.#services.get(id);
    if (existing !== undefined) return existing;
    const created: Service = {
      object: undefined,
      slices: new Map(),
      set: undefined,
      users: new Set(),
    };
    this.#services.set(id, created);
    return created;
  }

  #gatewayOf(ref: GatewayRef): Gateway {
    const id = gatewayKey(ref);
    const existing = this.#gateways.get(id);
    if (existing !== undefined) return existing;
    const created: Gateway = { ref, services: new Map(), addresses: undefined, secrets: [] };
    this.#gateways.set(id, created);
    return created;
  }
}

function idOf(namespace: string, name: string): string {
  return serviceName({ namespace, hostname: serviceHostname({ namespace, name }) });
}

function known(word: string): Kind {
  const kind = findKind(word);
  if (kind === undefined) throw new TypeError(`no kind ${word} is served`);
  return kind;
}
