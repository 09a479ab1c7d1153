// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from './kube-object.js';

/** The fields of a discovery.k8s.io/v1 EndpointSlice that are read, after admission. */
export interface EndpointSliceBody {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

export interface SliceEndpoint {
  /** Interchangeable; the first one is used, as kube-proxy does. */
  readonly addresses: readonly string[];
  readonly conditions?: {
    /** Absent is true. */
    readonly ready?: boolean;
    /** Absent is what `ready` says. */
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

export interface SlicePort {
  /** The name of the Service's port; absent or empty for its only port without a name. */
  readonly name?: string;
  /** Absent: every port, so that of the Service itself. */
  readonly port?: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** Names the Service of a slice, which is in the same namespace. */
export const SERVICE_LABEL = 'kubernetes.io/service-name';

/** The body of an admitted EndpointSlice; its schema made sure of the shape. */
export function endpointSlice(object: KubeObject): EndpointSliceBody {
  return object as unknown as EndpointSliceBody;
}

export function serviceNameOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[SERVICE_LABEL];
}
