// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { apiVersionOf, type Kind } from '../../policy/kinds.js';
import type { Crd } from '../../policy/structural-schema.js';
import { builtInColumns } from './built-in-columns.js';
import type { ObjectView } from './object-view.js';
import { crdColumns } from './printer-column.js';
import { READ_VERBS, type ServedResource, type Verb } from './served-resource.js';

const WRITE_VERBS: readonly Verb[] = ['create', 'delete', 'deletecollection', 'patch', 'update'];

/** The kinds of the log as the API serves them: what their schema files say, over their views. */
export function storedResources(
  crds: readonly Crd[],
  views: ReadonlyMap<Kind, ObjectView>,
): readonly ServedResource[] {
  return [...views].map(([kind, view]) => {
    const { schema, subresources, additionalPrinterColumns } = versionOf(crds, kind);
    return {
      ...{ kind, view },
      verbs: [...READ_VERBS, ...WRITE_VERBS].sort(),
      subresources: Object.keys(subresources ?? {}).sort(),
      schema: schema.openAPIV3Schema,
      columns: builtInColumns(kind) ?? crdColumns(additionalPrinterColumns),
      selectableFields: kind.group === '' && kind.kind === 'Secret' ? ['type'] : [],
    };
  });
}

function versionOf(crds: readonly Crd[], kind: Kind): Crd['spec']['versions'][number] {
  const crd = crds.find(
    ({ spec }) => spec.group === kind.group && spec.names.plural === kind.plural,
  );
  const version = crd?.spec.versions.find(({ name }) => name === kind.version);
  if (version !== undefined) return version;
  throw new HeartlineError('CONFIG', `no schema file for ${apiVersionOf(kind)} ${kind.kind}`);
}
