// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { grpcAnswer, isGrpc } from './grpc-status.js';

describe('gRPC', () => {
  const types: [string, boolean][] = [
    ['application/grpc', true],
    ['application/grpc+proto', true],
    ['application/grpc;charset=utf-8', true],
    ['Application/GRPC', true],
    ['application/grpc-web', false],
    ['application/grpc-web+proto', false],
    ['application/grpcx', false],
    ['text/plain', false],
  ];
  for (const [type, expected] of types) {
    it(`${type} is ${expected ? '' : 'not '}gRPC`, () => {
      assert.equal(isGrpc(['x', '1', 'Content-Type', type]), expected);
    });
  }

  const answers: [number, string][] = [
    [400, '13'],
    [404, '12'],
    [500, '2'],
    [502, '14'],
    [503, '14'],
    [504, '4'],
  ];
  for (const [status, code] of answers) {
    it(`says ${status} as ${code}`, () => {
      const fields = grpcAnswer(status, 'no 100 % "é"\n');
      assert.deepEqual(fields.slice(2), [
        ...['grpc-status', code],
        ...['grpc-message', 'no 100 %25 "%C3%A9"%0A'],
      ]);
    });
  }
});
