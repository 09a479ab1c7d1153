// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { packageRoot } from '../../shared/process/package-root.js';
import { BYTE_RANGES, type ByteSizeField } from './byte-size.js';
import { KINDS } from './kinds.js';
import type { CrdNames, StructuralSchema } from './structural-schema.js';

const root = packageRoot(import.meta.url);
const crdDir = join(root, 'deploy/crds');
const builtInDir = join(root, 'deploy/built-in-kinds');

interface CrdFile {
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: CrdNames;
    readonly versions: readonly {
      readonly name: string;
      readonly subresources: unknown;
      readonly schema: { readonly openAPIV3Schema: StructuralSchema };
    }[];
  };
}

const files = readdirSync(crdDir).filter((file) => file.endsWith('.yaml'));
const crds = files.map((file) => parse(readFileSync(join(crdDir, file), 'utf8')) as CrdFile);
const builtIn = readdirSync(builtInDir)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parse(readFileSync(join(builtInDir, file), 'utf8')) as CrdFile);

describe('CRD files', () => {
  it('say the same as the table of kinds', () => {
    const rows = [...crds, ...builtIn].map(({ spec }) => ({
      group: spec.group,
      version: spec.versions[0]?.name,
      kind: spec.names.kind,
      plural: spec.names.plural,
      singular: spec.names.singular,
      shortNames: spec.names.shortNames ?? [],
      categories: spec.names.categories ?? [],
      namespaced: spec.scope === 'Namespaced',
    }));
    assert.deepEqual(
      rows.sort((a, b) => (a.kind < b.kind ? -1 : 1)),
      KINDS.toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    );
  });

  it('can be installed: names, status, and the approval that Kubernetes asks of its own groups', () => {
    crds.forEach(({ metadata, spec }, index) => {
      assert.equal(metadata.name, `${spec.names.plural}.${spec.group}`);
      assert.equal(files[index], `${spec.group}_${spec.names.plural}.yaml`);
      const [version] = spec.versions;
      const hasStatus = version?.schema.openAPIV3Schema.properties?.['status'] !== undefined;
      assert.deepEqual(version?.subresources, hasStatus ? { status: {} } : undefined);
      const isProtected = spec.group.endsWith('.k8s.io');
      const approval = metadata.annotations?.['api-approved.kubernetes.io'];
      assert.equal(approval !== undefined, isProtected, metadata.name);
    });
  });

  it('of built-in kinds can not be installed by mistake', () => {
    for (const one of builtIn) assert.equal((one as { kind?: string }).kind, 'BuiltInKind');
  });

  for (const { spec } of builtIn) {
    it(`${spec.names.kind} is a structural schema`, () => isStructural(spec));
  }

  for (const { spec } of crds) {
    const schema = spec.versions[0]?.schema.openAPIV3Schema ?? {};
    it(`${spec.names.kind} is a structural schema`, () => isStructural(spec));

    it(`${spec.names.kind} bounds what its rules look at: Kubernetes refuses rules it cannot price`, () => {
      walk(schema, spec.names.kind, (node, path) => {
        if (node['x-kubernetes-validations'] === undefined) return;
        walk(node, path, (part, at) => {
          if (part.type === 'array')
            assert.ok(part.maxItems !== undefined, `${at} has no maxItems`);
          if (part.type === 'string' && part.enum === undefined) {
            assert.ok(part.maxLength !== undefined, `${at} has no maxLength`);
          }
        });
        for (const { message } of node['x-kubernetes-validations']) {
          assert.ok(message && !message.includes('\n') && message.length <= 2048, path);
        }
      });
    });
  }

  it('set the same limits for byte sizes as the compiler', () => {
    const policy = crds.find(({ spec }) => spec.names.kind === 'AgentgatewayPolicy');
    const fields =
      policy?.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec']?.properties?.[
        'frontend'
      ]?.properties?.['http']?.properties ?? {};
    const sizes = Object.entries(fields).filter(([, field]) => field['x-kubernetes-int-or-string']);
    assert.deepEqual(sizes.map(([name]) => name).sort(), Object.keys(BYTE_RANGES).sort());
    for (const [name, field] of sizes) {
      const { min, max } = BYTE_RANGES[name as ByteSizeField];
      const rule = field['x-kubernetes-validations']?.[0]?.rule ?? '';
      assert.ok(rule.includes(`self >= ${min} && self <= ${max}`), name);
    }
  });
});

function isStructural({ names, versions }: CrdFile['spec']): void {
  walk(versions[0]?.schema.openAPIV3Schema ?? {}, names.kind, (node, path) => {
    const isAny =
      node['x-kubernetes-preserve-unknown-fields'] ?? node['x-kubernetes-int-or-string'];
    assert.ok(node.type !== undefined || isAny, `${path} has no type`);
    for (const name of node.required ?? []) {
      assert.ok(node.properties?.[name], `${path} requires ${name}, which it does not have`);
    }
  });
}

function walk(
  schema: StructuralSchema,
  path: string,
  visit: (node: StructuralSchema, path: string) => void,
): void {
  visit(schema, path);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    walk(field, `${path}.${name}`, visit);
  }
  for (const next of [schema.items, schema.additionalProperties]) {
    if (next) walk(next, `${path}[]`, visit);
  }
}
