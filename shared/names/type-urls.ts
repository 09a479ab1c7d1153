// SPDX-License-Identifier: Apache-2.0

/** Workloads and services of the live part (package istio.workload). */
export const ADDRESS_TYPE_URL = 'type.googleapis.com/istio.workload.Address';
/** Binds, listeners, routes, backends and policies (package agentgateway.dev.resource). */
export const RESOURCE_TYPE_URL = 'type.googleapis.com/agentgateway.dev.resource.Resource';
