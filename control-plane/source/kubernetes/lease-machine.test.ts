// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isLeader,
  type LeaseSpec,
  type LeaseState,
  leaseWritten,
  newLeaseState,
  type ObservedLease,
  observeLease,
  planLease,
  releasedSpec,
} from './lease-machine.js';

const WALL = Date.parse('2026-11-22T13:00:00.250Z');

function lease(resourceVersion: string, spec: LeaseSpec): ObservedLease {
  return { resourceVersion, spec };
}

const theirs: LeaseSpec = { holderIdentity: 'b', leaseDurationSeconds: 15, leaseTransitions: 4 };
const fresh = newLeaseState('a');

function leading(): LeaseState {
  const plan = planLease(fresh, 0, WALL);
  assert.ok(plan.do === 'write');
  return leaseWritten(fresh, lease('1', plan.spec), 0);
}

describe('a Lease', () => {
  it('that does not exist is created', () => {
    assert.deepEqual(planLease(observeLease(fresh, undefined, 0), 0, WALL), {
      do: 'write',
      resourceVersion: undefined,
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: '2026-11-22T13:00:00.250000Z',
        renewTime: '2026-11-22T13:00:00.250000Z',
        leaseTransitions: 0,
      },
    });
  });

  it('of somebody else is left alone until we have seen it unchanged for its whole duration, whatever its times say', () => {
    const old = { ...theirs, renewTime: '2001-01-01T00:00:00.000000Z' };
    const seen = observeLease(fresh, lease('7', old), 1_000);
    assert.deepEqual(planLease(observeLease(seen, lease('7', old), 15_999), 15_999, WALL), {
      do: 'wait',
    });
    const plan = planLease(observeLease(seen, lease('7', old), 16_000), 16_000, WALL);
    assert.ok(plan.do === 'write');
    assert.equal(plan.resourceVersion, '7');
    assert.equal(plan.spec.holderIdentity, 'a');
    assert.equal(plan.spec.leaseTransitions, 5);
  });

  it('that its holder renews starts over', () => {
    const seen = observeLease(fresh, lease('7', theirs), 0);
    const renewed = observeLease(seen, lease('8', theirs), 14_000);
    assert.deepEqual(planLease(renewed, 20_000, WALL), { do: 'wait' });
  });

  it('that was released is taken at once', () => {
    const seen = observeLease(fresh, lease('7', { ...theirs, holderIdentity: '' }), 0);
    assert.equal(planLease(seen, 0, WALL).do, 'write');
  });

  it('of ours is renewed: a new renewTime, the same acquireTime, no transition', () => {
    const plan = planLease(leading(), 2_000, WALL + 2_000);
    assert.ok(plan.do === 'write');
    assert.equal(plan.resourceVersion, '1');
    assert.equal(plan.spec.acquireTime, '2026-11-22T13:00:00.250000Z');
    assert.equal(plan.spec.renewTime, '2026-11-22T13:00:02.250000Z');
    assert.equal(plan.spec.leaseTransitions, 0);
  });

  it('is released with no holder, so that the next one need not wait', () => {
    assert.equal(releasedSpec(leading(), WALL).holderIdentity, '');
  });
});

describe('a leader', () => {
  it('is one until a renewal is overdue, which is before anybody else may take the Lease', () => {
    const state = leading();
    assert.ok(isLeader(state, 9_999));
    assert.ok(!isLeader(state, 10_000));
    assert.ok(isLeader(leaseWritten(state, lease('2', theirs), 8_000), 17_999));
  });

  it('is none before its first write, and none once somebody else holds the Lease', () => {
    assert.ok(!isLeader(fresh, 0));
    assert.ok(!isLeader(observeLease(leading(), lease('9', theirs), 100), 100));
  });
});
