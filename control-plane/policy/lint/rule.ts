// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../kube-object.js';
import type { Product } from './products.js';
import type { Source } from './sources.js';

/** `warning`: harmful or useless as it stands, so admission says it. `info`: worth knowing, said by `heartline lint` alone. */
export type Severity = 'info' | 'warning';

/** What a check found, still without its rule. */
export interface Hit {
  /** Path from the object's root. */
  readonly field: string;
  /** What it means, and for a warning also what to do; begins in lower case, follows the field. */
  readonly message: string;
  /** Absent: the rule's own. */
  readonly severity?: Severity;
}

/** What is known beside the object itself. */
export interface Surroundings {
  /** What stands between clients and the gateway; undefined = nobody said. Empty = nothing does. */
  readonly inFront: readonly Product[] | undefined;
  /** A Gateway by namespace and name; undefined where none can be looked up. */
  readonly findGateway?: FindGateway;
}

export type FindGateway = (namespace: string, name: string) => KubeObject | undefined;

export interface LintRule {
  /** Stable; words joined by hyphens. */
  readonly id: string;
  readonly severity: Severity;
  /** When a hit is a warning although the rule is info; absent: never. */
  readonly raised?: string;
  /** The kind of object it looks at, and for the reader which part. */
  readonly kind: string;
  readonly field: string;
  /** One sentence for the table of rules. */
  readonly says: string;
  readonly sources: readonly Source[];
  readonly check: (object: KubeObject, surroundings: Surroundings) => readonly Hit[];
}
