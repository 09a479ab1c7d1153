// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkCertificate,
  checkKubectl,
  checkMachine,
  checkPortFacts,
  checkTokenFile,
  parseOpenFilesLimit,
} from './checks.js';

const GOOD = {
  nodeVersion: '20.19.0',
  platform: 'linux 6.1 x64',
  openFiles: 4096,
  kernelKeepalive: [7200, 75, 9],
};

describe('doctor', () => {
  for (const [name, facts, expected] of [
    ['a good machine', GOOD, ['ok', 'ok', 'ok', 'ok']],
    ['no limit', { ...GOOD, openFiles: undefined }, ['ok', 'ok', 'ok', 'ok']],
    ['a newer major', { ...GOOD, nodeVersion: '22.0.0' }, ['ok', 'ok', 'ok', 'ok']],
    ['an old node', { ...GOOD, nodeVersion: '20.18.9' }, ['failure', 'ok', 'ok', 'ok']],
    ['another system', { ...GOOD, platform: 'darwin 24 arm64' }, ['ok', 'failure', 'ok', 'ok']],
    ['few descriptors', { ...GOOD, openFiles: 1024 }, ['ok', 'ok', 'warning', 'ok']],
    ['no /proc', { ...GOOD, kernelKeepalive: [undefined, 75, 9] }, ['ok', 'ok', 'ok', 'failure']],
  ] as const) {
    it(name, () => {
      assert.deepEqual(
        checkMachine(facts).map(({ verdict }) => verdict),
        expected,
      );
    });
  }

  for (const [owner, isRunning, verdict] of [
    [undefined, false, 'ok'],
    [undefined, true, 'ok'],
    ['pid 7 (x)', true, 'ok'],
    ['pid 7 (x)', false, 'failure'],
  ] as const) {
    it(`a port of ${owner ?? 'nobody'} while ${isRunning ? '' : 'not '}running`, () => {
      assert.equal(
        checkPortFacts([{ port: 1, label: 'l', owner }], isRunning)[0]?.verdict,
        verdict,
      );
    });
  }

  for (const [mode, verdict] of [
    [0o600, 'ok'],
    [0o400, 'ok'],
    [0o640, 'failure'],
    [0o604, 'failure'],
    [undefined, 'failure'],
  ] as const) {
    it(`a token of mode ${mode?.toString(8)}`, () => {
      assert.equal(checkTokenFile({ path: '/t', mode }).verdict, verdict);
    });
  }

  for (const [version, verdict] of [
    [undefined, 'warning'],
    ['v1.20.2', 'warning'],
    ['v1.29.0', 'ok'],
    ['v1.33.1', 'ok'],
    ['v1.32.4-dispatcher', 'ok'],
  ] as const) {
    it(`kubectl ${version ?? 'that is missing'}`, () => {
      assert.equal(checkKubectl(version).verdict, verdict);
    });
  }

  for (const [fact, verdict, detail] of [
    [{ kind: 'plain' }, 'warning', /http:\/\/ server/],
    [{ kind: 'trusted', names: 'DNS:localhost', until: 'Jan 1 2030' }, 'ok', /until Jan 1 2030/],
    [{ kind: 'refused', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'failure', /ALTNAME_INVALID/],
  ] as const) {
    it(`a certificate that is ${fact.kind}`, () => {
      const check = checkCertificate(fact);
      assert.equal(check.verdict, verdict);
      assert.match(check.detail, detail);
    });
  }

  it('reads the soft limit', () => {
    assert.equal(
      parseOpenFilesLimit(
        'Max open files            1024                 524288               files\n',
      ),
      1024,
    );
    assert.equal(
      parseOpenFilesLimit(
        'Max open files            unlimited            unlimited            files\n',
      ),
      undefined,
    );
  });
});
