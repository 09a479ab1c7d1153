// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { childSpecs } from './children.js';
import { LOOPBACK, portsWithOffset } from './ports.js';
import { statePaths } from './state-paths.js';

describe('command lines of the children', () => {
  const options = {
    ports: portsWithOffset(0),
    portOffset: 0,
    podIp: LOOPBACK,
    paths: statePaths('/data'),
    listenAddresses: [LOOPBACK],
  };
  const flagOf = (args: readonly string[], flag: string) => args[args.indexOf(flag) + 1];

  it('give a manifest folder to the control plane alone', () => {
    const { controlPlane, worker } = childSpecs({ ...options, manifests: '/manifests' });
    assert.equal(flagOf(controlPlane.args, '--manifests'), '/manifests');
    assert.ok(!worker.args.includes('--manifests'));
  });

  it('say nothing of manifests without a folder', () => {
    assert.ok(!childSpecs(options).controlPlane.args.includes('--manifests'));
  });
});
