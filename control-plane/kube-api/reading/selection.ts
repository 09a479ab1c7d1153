// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../policy/kube-object.js';
import type { ServedResource } from '../resources/served-resource.js';
import { parseFieldSelector } from './field-selector.js';
import { parseLabelSelector } from './label-selector.js';

/** Which objects of a resource a request is about; undefined = all. */
export type Selection = ((object: KubeObject) => boolean) | undefined;

export interface Selectors {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Compiles both selectors of a request. Throws INVALID_ARGUMENT. */
export function parseSelection(
  { labelSelector = '', fieldSelector = '' }: Selectors,
  resource: Pick<ServedResource, 'selectableFields'>,
): Selection {
  if (labelSelector.trim() === '' && fieldSelector.trim() === '') return undefined;
  const hasLabels = parseLabelSelector(labelSelector);
  const hasFields = parseFieldSelector(fieldSelector, resource.selectableFields);
  return (object) => hasLabels(object.metadata.labels ?? {}) && hasFields(object);
}
