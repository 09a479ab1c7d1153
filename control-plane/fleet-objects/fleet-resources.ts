// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { ObjectView } from '../kube-api/resources/object-view.js';
import { crdColumns, type PrinterColumn } from '../kube-api/resources/printer-column.js';
import { READ_VERBS, type ServedResource } from '../kube-api/resources/served-resource.js';
import type { Crd } from '../policy/structural-schema.js';
import { DEPLOYMENT_COLUMNS, EVENT_COLUMNS, POD_COLUMNS } from './printer-columns.js';

/** Plurals of the kinds of deploy/virtual-kinds. */
export type VirtualPlural = 'deployments' | 'events' | 'gatewayreleases' | 'pods' | 'workers';

interface Extras {
  readonly columns?: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
}

/** What the schema files cannot say: columns that Kubernetes computes in its code, and fields to select by. */
const EXTRAS: Readonly<Record<VirtualPlural, Extras>> = {
  deployments: { columns: DEPLOYMENT_COLUMNS, selectableFields: [] },
  events: {
    columns: EVENT_COLUMNS,
    selectableFields: [
      'involvedObject.apiVersion',
      'involvedObject.fieldPath',
      'involvedObject.kind',
      'involvedObject.name',
      'involvedObject.namespace',
      'involvedObject.resourceVersion',
      'involvedObject.uid',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
  },
  gatewayreleases: { selectableFields: [] },
  pods: {
    columns: POD_COLUMNS,
    selectableFields: ['spec.nodeName', 'spec.restartPolicy', 'status.phase', 'status.podIP'],
  },
  workers: { selectableFields: [] },
};

/** The computed kinds as the API serves them. Throws CONFIG when a schema file is missing or of an unknown kind. */
export function fleetResources(
  crds: readonly Crd[],
  views: Readonly<Record<VirtualPlural, ObjectView>>,
): readonly ServedResource[] {
  return (Object.keys(EXTRAS) as VirtualPlural[]).map((plural) => {
    const { columns, selectableFields } = EXTRAS[plural];
    const found = crds.find(({ spec }) => spec.names.plural === plural);
    const version = found?.spec.versions[0];
    if (found === undefined || version === undefined) {
      throw new HeartlineError('CONFIG', `deploy/virtual-kinds has no schema of ${plural}`);
    }
    const { group, names, scope } = found.spec;
    const { kind, singular, shortNames = [], categories = [] } = names;
    return {
      kind: {
        ...{ group, version: version.name, kind, plural, singular, shortNames, categories },
        namespaced: scope === 'Namespaced',
      },
      verbs: READ_VERBS,
      subresources: [],
      schema: version.schema.openAPIV3Schema,
      columns: columns ?? crdColumns(version.additionalPrinterColumns),
      selectableFields,
      view: views[plural],
    };
  });
}
