// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import { findKind, KINDS } from './kinds.js';

const admission = crdAdmission();
const kind = findKind('agpol') ?? assert.fail();

const good = {
  apiVersion: 'agentgateway.dev/v1alpha1',
  kind: 'AgentgatewayPolicy',
  metadata: { name: 'p', namespace: 'default' },
  spec: {
    targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g' }],
    frontend: { tcp: { keepalive: { time: '30s' } } },
  },
};

function refusal(object: unknown): HeartlineError {
  try {
    admission.admit(kind, object, { fieldValidation: 'Strict' });
  } catch (error) {
    if (error instanceof HeartlineError) return error;
    throw error;
  }
  return assert.fail('it was admitted');
}

function nest(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

describe('admission', () => {
  it('knows every kind', () => {
    for (const one of KINDS) {
      const other = () => admission.admit(one, {}, { fieldValidation: 'Strict' });
      assert.throws(other, { code: 'INVALID_ARGUMENT', message: /^apiVersion is missing/ });
    }
  });

  it('names the object, the field, the value, the limit and an example', () => {
    const time = { frontend: { tcp: { keepalive: { time: '99999h' } } } };
    const { code, subject, message } = refusal({ ...good, spec: { ...good.spec, ...time } });
    assert.equal(code, 'INVALID_OBJECT');
    assert.equal(subject, 'p');
    assert.equal(
      message,
      'AgentgatewayPolicy.agentgateway.dev "p" is invalid: spec.frontend.tcp.keepalive.time: Invalid value: "99999h": must be from 1s to 32767s (9h6m7s), the longest the kernel takes; for example 30s',
    );
  });

  it('changes nothing about what it was given, and leaves status out', () => {
    const given = structuredClone({ ...good, status: { conditions: [] } });
    const { object } = admission.admit(kind, given, { fieldValidation: 'Strict' });
    assert.deepEqual(given, { ...good, status: { conditions: [] } });
    assert.deepEqual(object, good);
  });

  it('lists at most 100 problems of an object that is all mistakes, and says how many there are', () => {
    const targetRefs = Array.from({ length: 2000 }, () => ({}));
    const { problems, message } = refusal({ ...good, spec: { ...good.spec, targetRefs } });
    assert.equal(problems.length, 100);
    assert.match(message, /, and 5901 more\]$/);
  });

  it('refuses what is nested too deeply, by any means of nesting', () => {
    for (const levels of [100, 100_000]) {
      const { code, message } = refusal({ ...good, spec: { ...good.spec, traffic: nest(levels) } });
      assert.equal(code, 'INVALID_ARGUMENT');
      assert.match(message, /nested deeper than 100 levels/);
    }
    const inBounds = { ...good, spec: { ...good.spec, traffic: { a: nest(90) } } };
    assert.ok(admission.admit(kind, inBounds, { fieldValidation: 'Strict' }));
  });

  it('answers soon to long text where a pattern is wanted', () => {
    const gateway = findKind('gateway') ?? assert.fail();
    const long = 'a'.repeat(1_000_000);
    const listeners = [{ name: `${long}!`, port: 1, protocol: `${long}!`, hostname: `${long}!` }];
    const object = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: `${long}!`, namespace: 'a' },
      spec: { gatewayClassName: long, listeners },
    };
    assert.throws(() => admission.admit(gateway, object, { fieldValidation: 'Strict' }), {
      code: 'INVALID_OBJECT',
    });
  });
});
