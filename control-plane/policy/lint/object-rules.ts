// SPDX-License-Identifier: Apache-2.0
import { ipBytes, ipFamily } from '../../../shared/names/ip-address.js';
import { findCelProblem } from '../cel-expression.js';
import { findClosestName } from '../closest-name.js';
import { endpointSlice, SERVICE_LABEL, serviceNameOf } from '../endpoint-slice.js';
import { formatFieldPath } from '../field-path.js';
import type { KubeObject } from '../kube-object.js';
import { policyExpressions } from '../policy-expressions.js';
import { policySpec } from '../policy-spec.js';
import { IN_FRONT_ANNOTATION, IN_FRONT_VALUES, productsOf } from './products.js';
import type { Hit, LintRule } from './rule.js';
import { ENDPOINT_SLICE, OURS, SECRET } from './sources.js';

/** Rules about what is accepted and yet not what its author may think, values of keepalive aside. */
export const OBJECT_RULES: readonly LintRule[] = [
  {
    ...{ id: 'cel-expression', severity: 'warning', kind: 'AgentgatewayPolicy' },
    field: 'every expression',
    says: 'Text that is no CEL expression is left out by the workers.',
    sources: [OURS],
    check: (policy) =>
      policyExpressions(policySpec(policy).frontend ?? {}).flatMap(({ path, text }) => {
        const problem = findCelProblem(text);
        return problem === undefined ? [] : [{ field: path, message: problem }];
      }),
  },
  ...['AgentgatewayPolicy', 'Gateway'].map(unknownInFront),
  {
    ...{ id: 'slice-without-service', severity: 'warning', kind: 'EndpointSlice' },
    field: 'metadata.labels',
    says: `Without the label ${SERVICE_LABEL} a slice belongs to no Service.`,
    sources: [ENDPOINT_SLICE],
    check: (slice) =>
      serviceNameOf(slice) === undefined
        ? [
            {
              field: 'metadata.labels',
              message: `without ${SERVICE_LABEL} the slice belongs to no Service`,
            },
          ]
        : [],
  },
  {
    ...{ id: 'slice-fqdn', severity: 'warning', kind: 'EndpointSlice', field: 'addressType' },
    says: 'Slices of names are not used.',
    sources: [ENDPOINT_SLICE],
    check: (slice) =>
      endpointSlice(slice).addressType === 'FQDN'
        ? [
            {
              field: 'addressType',
              message: 'FQDN is not used; give a name to an AgentgatewayBackend',
            },
          ]
        : [],
  },
  {
    ...{ id: 'slice-address-family', severity: 'warning', kind: 'EndpointSlice' },
    field: 'endpoints[].addresses',
    says: 'An address of another family than addressType leaves its endpoint out.',
    sources: [ENDPOINT_SLICE],
    check: foreignAddresses,
  },
  {
    ...{ id: 'secret-immutable', severity: 'warning', kind: 'Secret', field: 'immutable' },
    says: 'immutable has no effect.',
    sources: [SECRET],
    check: (secret) =>
      'immutable' in secret
        ? [
            {
              field: 'immutable',
              message: 'has no effect; this control plane lets a Secret be replaced',
            },
          ]
        : [],
  },
];

function unknownInFront(kind: string): LintRule {
  return {
    ...{ id: `in-front-unknown-${kind === 'Gateway' ? 'gateway' : 'policy'}`, kind },
    severity: 'warning',
    field: IN_FRONT_ANNOTATION,
    says: `A value that is none of ${IN_FRONT_VALUES.join(', ')} is ignored.`,
    sources: [OURS],
    check: ({ metadata }) => {
      const value = metadata.annotations?.[IN_FRONT_ANNOTATION];
      if (value === undefined || productsOf(value) !== undefined) return [];
      const closest = findClosestName(value, IN_FRONT_VALUES);
      const hint = closest === undefined ? '' : `; did you mean ${closest}?`;
      return [
        {
          field: formatFieldPath(['metadata', 'annotations', IN_FRONT_ANNOTATION]),
          message: `${JSON.stringify(value)} is none of ${IN_FRONT_VALUES.join(', ')} and is ignored${hint}`,
        },
      ];
    },
  };
}

function foreignAddresses(slice: KubeObject): readonly Hit[] {
  const { addressType, endpoints } = endpointSlice(slice);
  if (addressType === 'FQDN') return [];
  return endpoints.flatMap(({ addresses: [address = ''] }, index) => {
    const bytes = ipBytes(address);
    if (bytes !== undefined && ipFamily(bytes) === addressType) return [];
    return [
      {
        field: `endpoints[${index}].addresses[0]`,
        message: `${address} is no ${addressType} address, so the endpoint is left out`,
      },
    ];
  });
}
