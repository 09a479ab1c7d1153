// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
import { GATEWAY, policyOf } from '../../test/support/wire-resources.js';
import { after, CONTEXT, planOf, SAMPLE } from '../../test/support/worker-plan.js';
import { effectivePlan } from './effective-plan.js';

const onPort = (port: number): PolicyTarget => ({ gateway: { ...GATEWAY, port } });
const PREFIX = 'frontend/httpbin/httpbin-keepalive';

describe('PROXY protocol of a port', () => {
  it('is off without a policy, and version 2, strict, with an empty one', () => {
    const { bind } = planOf(...SAMPLE, policyOf('p', { proxyProtocol: {} }, onPort(8080)));
    assert.deepEqual(bind(8080).proxyProtocol, { versions: 'v2', mode: 'strict' });
    assert.deepEqual(bind(8080).policyKeys, [`${PREFIX}:p`]);
    assert.equal(bind(8090).proxyProtocol, undefined);
  });

  it('beats that of the Gateway as a whole', () => {
    const ofGateway = policyOf('g', { proxyProtocol: { version: 'ALL', mode: 'OPTIONAL' } });
    const ofPort = policyOf('p', { proxyProtocol: { version: 'V1' } }, onPort(8080));
    const { bind, warnings } = planOf(...SAMPLE, ofGateway, ofPort);
    assert.deepEqual(bind(8080).proxyProtocol, { versions: 'v1', mode: 'strict' });
    assert.deepEqual(bind(8090).proxyProtocol, { versions: 'all', mode: 'optional' });
    assert.deepEqual(warnings, []);
  });

  it('of two with one target the lower key holds, and the other is warned about', () => {
    const first = policyOf('a', { proxyProtocol: { version: 'V1' } });
    const second = policyOf('b', { proxyProtocol: { version: 'V2' } });
    const { bind, warnings } = planOf(...SAMPLE, second, first);
    assert.equal(bind(8080).proxyProtocol?.versions, 'v1');
    assert.match(warnings.join('\n'), /:b: has no effect: .*:a has the same kind and target/);
  });
});

describe('who may connect to a port', () => {
  const rules = (suffix: string, list: 'allow' | 'deny' | 'require', target?: PolicyTarget) =>
    policyOf(suffix, { networkAuthorization: { [list]: [`source.port > ${suffix}`] } }, target);

  it('adds up over all policies of the Gateway and of the port', () => {
    const { bind, warnings } = planOf(
      ...SAMPLE,
      rules('1', 'allow'),
      rules('2', 'allow', onPort(8080)),
      rules('3', 'deny'),
      rules('4', 'require', onPort(8080)),
    );
    assert.deepEqual(bind(8080).access, {
      allow: ['source.port > 1', 'source.port > 2'],
      deny: ['source.port > 3'],
      require: ['source.port > 4'],
    });
    assert.deepEqual(bind(8090).access, {
      allow: ['source.port > 1'],
      deny: ['source.port > 3'],
      require: [],
    });
    assert.equal(bind(8080).policyKeys.length, 4);
    assert.deepEqual(warnings, []);
  });

  it('is everybody when the policies hold no rule', () => {
    const { bind } = planOf(...SAMPLE, policyOf('n', { networkAuthorization: {} }));
    assert.equal(bind(8080).access, undefined);
    assert.equal(bind(8080).refusal, undefined);
  });

  it('is not changed by a policy of another Gateway', () => {
    const elsewhere = { gateway: { ...GATEWAY, name: 'other' } };
    const { bind } = planOf(...SAMPLE, rules('1', 'deny', elsewhere));
    assert.equal(bind(8080).access, undefined);
  });

  it('keeps the routing of the plan before', () => {
    const before = effectivePlan(after(new Map(), SAMPLE), CONTEXT);
    const held = after(before.basis.held, [rules('1', 'deny')]);
    const next = effectivePlan(held, CONTEXT, before.basis);
    assert.equal(next.basis.routing, before.basis.routing);
    assert.deepEqual(next.plan.binds[0]?.access?.deny, ['source.port > 1']);
  });
});
