// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { defaultProtoDir, listProtoFiles } from '../../shared/proto/proto-files.js';

const RELEASED = fileURLToPath(new URL('./v0.1.0/proto', import.meta.url));

function load(directory: string): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(directory, target);
  root.loadSync(listProtoFiles(directory)).resolveAll();
  return root;
}

/** `package.Message.field` or `package.Enum.VALUE` to what the bytes on the wire depend on. */
function wireFacts(root: protobuf.Root): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  const visit = (parent: protobuf.NamespaceBase): void => {
    for (const child of parent.nestedArray) {
      if (child instanceof protobuf.Type) {
        for (const { name, id, type, repeated } of child.fieldsArray) {
          facts.set(`${child.fullName}.${name}`, `${id} ${repeated ? 'repeated ' : ''}${type}`);
        }
      } else if (child instanceof protobuf.Enum) {
        for (const [name, value] of Object.entries(child.values)) {
          facts.set(`${child.fullName}.${name}`, String(value));
        }
      }
      if (child instanceof protobuf.Namespace) visit(child);
    }
  };
  visit(root);
  return facts;
}

describe('what was released', () => {
  it('keeps every field number, type and enum value of 0.1.0', () => {
    const now = wireFacts(load(defaultProtoDir()));
    const released = wireFacts(load(RELEASED));
    assert.ok(released.size > 300, `only ${released.size} fields were found`);
    const broken = [...released].filter(([name, fact]) => now.get(name) !== fact);
    assert.deepEqual(broken, [], 'a worker or control plane of 0.1.0 would misread these');
  });
});
