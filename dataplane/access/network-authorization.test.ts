// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessRules } from '../engine/plan.js';
import { compileAuthorization, createExpressionCheck } from './network-authorization.js';

const NONE: AccessRules = { allow: [], deny: [], require: [] };
const DESTINATION = { address: '10.0.0.1', port: 8080 };
const IN_TEN = 'cidr("10.0.0.0/8").containsIP(source.address)';
const IN_ONE_OF_TEN = 'cidr("10.1.0.0/16").containsIP(source.address)';

function allowed(rules: Partial<AccessRules>, address = '10.1.2.3', port = 40_000): boolean {
  const source = { address, port, rawAddress: '192.0.2.9', rawPort: 7 };
  return compileAuthorization({ ...NONE, ...rules })(source, DESTINATION);
}

describe('network authorization', () => {
  const rows: readonly (readonly [string, Partial<AccessRules>, string, boolean])[] = [
    ['no rule lets everybody in', {}, '10.1.2.3', true],
    ['an allow that holds', { allow: [IN_TEN] }, '10.1.2.3', true],
    ['an allow that does not', { allow: [IN_TEN] }, '11.0.0.1', false],
    ['one of several allows', { allow: ['false', IN_TEN] }, '10.1.2.3', true],
    ['a deny that holds', { deny: [IN_TEN] }, '10.1.2.3', false],
    ['a deny that does not', { deny: [IN_TEN] }, '11.0.0.1', true],
    ['a deny beats an allow', { allow: [IN_TEN], deny: [IN_ONE_OF_TEN] }, '10.1.2.3', false],
    ['the rest of the allow', { allow: [IN_TEN], deny: [IN_ONE_OF_TEN] }, '10.2.0.1', true],
    ['a require that holds', { require: [IN_TEN] }, '10.1.2.3', true],
    ['a require that does not', { require: [IN_TEN] }, '11.0.0.1', false],
    ['every require is required', { require: [IN_TEN, 'false'] }, '10.1.2.3', false],
    ['a require beats an allow', { allow: ['true'], require: [IN_TEN] }, '11.0.0.1', false],
    [
      'an allow that fails lets nobody in',
      { allow: ['source.identity == "a"'] },
      '10.1.2.3',
      false,
    ],
    ['another allow still counts', { allow: ['nothing.here', IN_TEN] }, '10.1.2.3', true],
    ['a deny that fails refuses', { deny: ['source.identity == "a"'] }, '10.1.2.3', false],
    ['a require that fails refuses', { require: ['nothing(1)'] }, '10.1.2.3', false],
    ['an allow that is no CEL', { allow: ['((('] }, '10.1.2.3', false],
    ['a deny that is no CEL', { deny: ['((('] }, '10.1.2.3', false],
    ['a require that is no CEL', { require: ['((('] }, '10.1.2.3', false],
    ['a deny that is no boolean', { deny: ['"no"'] }, '10.1.2.3', false],
    ['an allow that is no boolean', { allow: ['1'] }, '10.1.2.3', false],
    ['has() of what is not there', { deny: ['has(source.identity)'] }, '10.1.2.3', true],
  ];
  for (const [name, rules, address, expected] of rows) {
    it(name, () => assert.equal(allowed(rules, address), expected));
  }
});

describe('what an expression sees', () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['source.address == "10.1.2.3" && source.port == 40000', true],
    ['source.rawAddress == "192.0.2.9" && source.rawPort == 7', true],
    ['destination.address == "10.0.0.1" && destination.port == 8080', true],
    ['source.address.startsWith("10.") && source.port > 1024', true],
    ['source.address in ["10.1.2.3", "10.1.2.4"]', true],
    ['source.address.matches("^10[.]1[.].*")', true],
    ['source.address.split(".")[3] == "3"', true],
    ['["10.0.0.0/8", "2001:db8::/32"].exists(n, cidr(n).containsIP(source.address))', true],
    ['cidr("10.1.2.99/24").containsIP(source.address)', true],
    ['cidr("10.1.2.3/32").containsIP(ip(source.address))', true],
    ['cidr("0.0.0.0/0").containsIP(source.address)', true],
    ['cidr("::/0").containsIP(source.address)', false],
    ['cidr("10.1.3.0/24").containsIP(source.address)', false],
    ['cidr("10.1.2.0/23").containsIP("10.1.3.255")', true],
    ['cidr("2001:db8::/33").containsIP("2001:db8:7fff::1")', true],
    ['cidr("2001:db8::/33").containsIP("2001:db8:8000::1")', false],
    ['cidr("10.0.0.0/8").containsIP("::ffff:10.9.9.9")', true],
    ['cidr("10.0.0.0/8").containsCIDR("10.9.0.0/16")', true],
    ['cidr("10.0.0.0/8").containsCIDR(cidr("10.0.0.0/7"))', false],
    ['cidr("10.1.2.99/24").masked() == cidr("10.1.2.0/24")', true],
    ['cidr("10.1.2.99/24").ip() == ip("10.1.2.99")', true],
    ['cidr("10.1.2.99/24").prefixLength() == 24', true],
    ['ip("2001:DB8:0:0::1") == ip("2001:db8::1")', true],
    ['ip(source.address).family() == 4', true],
    ['ip("::1").family() == 6 && ip("::1").isLoopback()', true],
    ['ip("127.1.2.3").isLoopback() && !ip("10.0.0.1").isLoopback()', true],
    ['ip("169.254.1.1").isLinkLocalUnicast() && ip("fe80::1").isLinkLocalUnicast()', true],
    ['ip("224.0.0.9").isLinkLocalMulticast() && ip("ff02::1").isLinkLocalMulticast()', true],
    ['ip("0.0.0.0").isUnspecified() && ip("::").isUnspecified()', true],
    ['ip("10.0.0.1").isGlobalUnicast() && ip("2001:db8::1").isGlobalUnicast()', true],
    ['ip("fc00::1").isGlobalUnicast() || ip("ff02::1").isGlobalUnicast()', false],
    ['isIP("10.0.0.1") && !isIP("10.0.0") && !isIP("0x7f.0.0.1") && !isIP("010.0.0.1")', true],
    ['isCIDR("10.0.0.0/8") && !isCIDR("10.0.0.0/33") && !isCIDR("10.0.0.0")', true],
    ['cidr("10.0.0.0/33").containsIP(source.address)', false],
    ['ip("nobody").isLoopback()', false],
  ];
  for (const [expression, expected] of rows) {
    it(expression, () => assert.equal(allowed({ allow: [expression] }), expected));
  }

  it('a pattern that would keep a backtracking engine busy for hours', () => {
    const slow = 'source.address.matches("^(([0-9.]+)+)+x$")';
    assert.equal(allowed({ allow: [slow] }, '1.1.1.1'.repeat(40)), false);
  });
});

it('says what is wrong with an expression', () => {
  const problemOf = createExpressionCheck();
  assert.equal(problemOf(IN_TEN), undefined);
  assert.equal(problemOf('false'), undefined);
  assert.match(problemOf('(((') ?? '', /"\(\(\(" is no CEL expression/);
  assert.match(problemOf('source.identity.namespace == "a"') ?? '', /cannot be evaluated here/);
  assert.match(problemOf('cidr("10.0.0.0/40").containsIP(source.address)') ?? '', /cannot be/);
  assert.ok((problemOf(`${'x'.repeat(9000)} == 1`) ?? '').length < 400);
});
