// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { packageRoot } from '../../shared/process/package-root.js';
import { loadWire } from '../../shared/proto/wire.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import type { Admission } from '../policy/admission.js';
import { findKind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { compileGateway } from './compile-gateway.js';

const wire = loadWire();
const admission = crdAdmission();
const gatewayName = { namespace: 'httpbin', name: 'agentgateway-proxy' };

/** Bytes measured with agentgateway's own .proto files for the policies of its keepalive guide. */
const GUIDE_POLICIES = [
  {
    file: 'tcp-keepalive.yaml',
    name: 'policy/frontend/httpbin/httpbin-keepalive:frontend-tcp:httpbin/agentgateway-proxy',
    hex: '2aaf010a4a66726f6e74656e642f6874747062696e2f6874747062696e2d6b656570616c6976653a66726f6e74656e642d7463703a6874747062696e2f6167656e74676174657761792d70726f787912300a116874747062696e2d6b656570616c69766512076874747062696e1a124167656e7467617465776179506f6c6963791a1f0a1d0a126167656e74676174657761792d70726f787912076874747062696e320e0a0c0a0a0a02081e120208051803',
  },
  {
    file: 'http-keepalive.yaml',
    name: 'policy/frontend/httpbin/httpbin-keepalive:frontend-http:httpbin/agentgateway-proxy',
    hex: '2aac010a4b66726f6e74656e642f6874747062696e2f6874747062696e2d6b656570616c6976653a66726f6e74656e642d687474703a6874747062696e2f6167656e74676174657761792d70726f787912300a116874747062696e2d6b656570616c69766512076874747062696e1a124167656e7467617465776179506f6c6963791a1f0a1d0a126167656e74676174657761792d70726f787912076874747062696e320a1a083a0208054202081e',
  },
];

describe('the examples', () => {
  for (const { file, name, hex } of GUIDE_POLICIES) {
    it(`${file} compiles to the bytes of the guide's policy`, () => {
      const { resources } = compile({ policies: readExample(admission, file) });
      assert.deepEqual(
        resources.map((resource) => [
          resource.name,
          wire.resource.encode(resource.message).toString('hex'),
        ]),
        [[name, hex]],
      );
    });
  }

  it('gateway.yaml compiles to two listeners that reach the sample', () => {
    const objects = readExample(admission, 'gateway.yaml');
    const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
    const [gateway] = ofKind('Gateway');
    assert.ok(gateway);
    const { resources } = compile({
      gateway,
      httpRoutes: ofKind('HTTPRoute'),
      tcpRoutes: ofKind('TCPRoute'),
      backends: ofKind('AgentgatewayBackend'),
    });
    assert.deepEqual(
      resources.map((resource) => resource.name),
      [
        'backend/httpbin/httpbin',
        'bind/8080/httpbin/agentgateway-proxy',
        'bind/8090/httpbin/agentgateway-proxy',
        'listener/httpbin/agentgateway-proxy.http',
        'listener/httpbin/agentgateway-proxy.tcp',
        'route/httpbin/httpbin.00.http',
        'tcp_route/httpbin/httpbin-tcp.00.tcp',
      ],
    );
  });
});

function compile(input: Partial<Parameters<typeof compileGateway>[0]>) {
  const nothing = { policies: [], httpRoutes: [], tcpRoutes: [], backends: [] };
  return compileGateway({ gatewayName, ...nothing, ...input });
}

function readExample(gate: Admission, file: string): KubeObject[] {
  const text = readFileSync(join(packageRoot(import.meta.url), 'deploy/examples', file), 'utf8');
  return parseAllDocuments(text).map((document) => {
    const object = document.toJS() as { kind: string };
    const kind = findKind(object.kind);
    assert.ok(kind, object.kind);
    const admitted = gate.admit(kind, object, { fieldValidation: 'Strict' });
    assert.deepEqual(admitted.warnings, []);
    return admitted.object;
  });
}
