// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { findKind, inNamespace, KINDS, type Kind } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { objectLabel } from '../apply/run-apply.js';
import { type ApiClient, createApiClient } from '../client/api-client.js';
import { loadConnection } from '../kubeconfig/load.js';
import { type OutputFormat, renderValue } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { Terminal } from '../terminal.js';
import { objectTable } from './columns.js';

export interface GetFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly output: OutputFormat | 'name';
  readonly kubeconfig?: string;
}

/** `heartline get KIND [NAME]`. */
export async function runGet(
  terminal: Terminal,
  kindWord: string,
  name: string | undefined,
  flags: GetFlags,
): Promise<number> {
  const kind = kindNamed(kindWord);
  const connection = loadConnection(terminal, flags.kubeconfig);
  const namespace = flags.namespace ?? connection.namespace;
  const client = createApiClient(connection);
  if (name !== undefined) {
    if (flags.allNamespaces) {
      throw new HeartlineError(
        'INVALID_ARGUMENT',
        'a NAME and -A exclude each other; use -n NAMESPACE',
      );
    }
    const object = await getOne(client, kind, namespace, name);
    terminal.out(render(kind, [object], object, flags.output));
    return 0;
  }
  const where = flags.allNamespaces || !kind.namespaced ? undefined : namespace;
  const { items } = await client.list(kind, where);
  if (items.length === 0 && (flags.output === 'table' || flags.output === 'name')) {
    const anywhere = kind.namespaced ? ' in any namespace' : '';
    const place = where === undefined ? anywhere : ` in namespace "${where}"; -A shows all`;
    terminal.err(`no ${kind.plural}${place}`);
    return 0;
  }
  terminal.out(render(kind, items, { apiVersion: 'v1', kind: 'List', items }, flags.output));
  return 0;
}

/** As kubectl shows objects: who owns which field is long, and read by programs. */
function withoutManagedFields(value: KubeObject | ObjectItems): unknown {
  if ('items' in value) return { ...value, items: value.items.map(withoutManagedFields) };
  const { managedFields: _, ...metadata } = value.metadata;
  return { ...value, metadata };
}

interface ObjectItems {
  readonly items: readonly KubeObject[];
}

/** The kind a user wrote, in any of its names. */
export function kindNamed(word: string): Kind {
  const kind = findKind(word);
  if (kind !== undefined) return kind;
  const known = KINDS.flatMap(({ singular, shortNames }) => [singular, ...shortNames]).join(', ');
  throw new HeartlineError('INVALID_ARGUMENT', `kind "${word}" is not served; use one of ${known}`);
}

async function getOne(
  client: ApiClient,
  kind: Kind,
  namespace: string,
  name: string,
): Promise<KubeObject> {
  const object = await client.get({ kind, namespace, name });
  if (object !== undefined) return object;
  throw new HeartlineError(
    'NOT_FOUND',
    `no ${kind.singular} "${name}"${inNamespace(kind, namespace)}`,
  );
}

function render(
  kind: Kind,
  objects: readonly KubeObject[],
  value: KubeObject | ObjectItems,
  output: GetFlags['output'],
): string {
  switch (output) {
    case 'json':
    case 'yaml':
      return renderValue(withoutManagedFields(value), output);
    case 'name':
      return objects.map(({ metadata }) => objectLabel({ kind, name: metadata.name })).join('\n');
    case 'table': {
      const { columns, rows } = objectTable(objects, kind.kind, Date.now());
      return renderTable(columns, rows);
    }
  }
}
