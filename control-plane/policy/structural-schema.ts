// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';

/** One entry of `x-kubernetes-validations`: a CEL rule about the value it is attached to (`self`). */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  /** Where to report a failure, relative to the value, e.g. `.targetRefs`. */
  readonly fieldPath?: string;
}

/** The part of a Kubernetes structural schema that our CRD files use. */
export interface StructuralSchema {
  /** Absent where any type is allowed: int-or-string and preserved values. */
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  /** What a pattern stands for, in words, for messages. */
  readonly title?: string;
  readonly description?: string;
  /** A good value, for messages. */
  readonly example?: JsonValue;
  readonly default?: JsonValue;
  readonly nullable?: boolean;
  /** A secret value: never repeated in a message, never given out by a read. */
  readonly writeOnly?: boolean;
  readonly properties?: { readonly [name: string]: StructuralSchema };
  readonly required?: readonly string[];
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly enum?: readonly JsonValue[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  /** How a list is owned and merged: item by item (`map`, `set`) or as one piece (`atomic`, the default). */
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  /** The fields that tell the items of a `map` list apart. */
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  /** The field by which a strategic merge patch tells the items of a list apart; only built-in kinds have it. */
  readonly 'x-kubernetes-patch-merge-key'?: string;
  /** How an object is owned: field by field (`granular`, the default) or as one piece. */
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

export interface CrdNames {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** CustomResourceColumnDefinition: a column of `kubectl get`. */
export interface CrdColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** 0 = always shown, more = with `-o wide`; default 0. */
  readonly priority?: number;
  /** A simple JSONPath such as `.spec.gatewayClassName`. */
  readonly jsonPath: string;
}

/** apiextensions.k8s.io/v1 CustomResourceDefinition, the parts we read. */
export interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: CrdNames;
    readonly scope: 'Cluster' | 'Namespaced';
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: StructuralSchema };
      readonly subresources?: { readonly status?: object };
      readonly additionalPrinterColumns?: readonly CrdColumn[];
    }[];
  };
}

/** A value that has fields, as opposed to a list, a scalar or null. */
export function isJsonObject(
  value: unknown,
): value is { readonly [key: string]: JsonValue | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
