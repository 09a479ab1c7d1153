// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import protobuf from 'protobufjs';
import { encodeOpenApiV2, openApiV2 } from './openapi-v2.js';

/** The fields of gnostic's Document that kubectl cannot do without. */
const DOCUMENT = protobuf.parse(`
  syntax = "proto3";
  message Document { string swagger = 1; Info info = 2; Paths paths = 8; }
  message Info { string title = 1; string version = 2; }
  message Paths {}
`).root;

describe('OpenAPI v2 as protobuf', () => {
  it('says what the JSON says', () => {
    const document = openApiV2('1.2.3');
    const read = DOCUMENT.lookupType('Document').decode(encodeOpenApiV2(document));
    assert.deepEqual(read.toJSON(), document);
  });
});
