// SPDX-License-Identifier: Apache-2.0
import {
  createKubernetesSource,
  type KubernetesSource,
  type KubernetesSourceOptions,
} from './kubernetes-source.js';
import { type AccessOptions, type NamedAccess, podNamespace } from './load-access.js';
import type { ReflectorTiming } from './reflector.js';

export interface KubernetesOptions extends AccessOptions {
  /** Where the Lease of the replicas lives; default: the pod's namespace, that of the context, or `default`. */
  readonly leaseNamespace?: string;
  /** For tests that cannot wait as long as an operator. */
  readonly timing?: Partial<ReflectorTiming>;
}

type Shared = 'store' | 'admission' | 'clock' | 'logger' | 'random' | 'registry';

export interface SourceParts extends Pick<KubernetesSourceOptions, Shared> {
  readonly access: NamedAccess;
  /** Our name for the cluster of the workers; part of the Lease's name. */
  readonly cluster: string;
  readonly version: string;
  /** The machine or pod, which the Lease shows as its holder. */
  readonly host: string;
  readonly randomUuid: () => string;
}

/** The source with the defaults of its flags. */
export function openClusterSource(
  { leaseNamespace, timing }: Omit<KubernetesOptions, keyof AccessOptions> = {},
  { access, cluster, version, host, randomUuid, ...parts }: SourceParts,
): KubernetesSource {
  return createKubernetesSource({
    ...{ ...parts, access },
    clusterName: access.name,
    lease: {
      namespace: leaseNamespace ?? podNamespace() ?? access.namespace ?? 'default',
      name: `heartline-status-${cluster}`,
      identity: `${host}_${randomUuid()}`,
    },
    userAgent: `heartline/${version}`,
    ...(timing === undefined ? {} : { timing }),
  });
}
