// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { status } from '@grpc/grpc-js';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { namesOf } from '../support/delta-client.js';
import { snapshotOf } from '../support/resource-sets.js';
import type { RuleTest } from './rule-test.js';

export const DELTA_RULES: readonly RuleTest[] = [
  {
    rule: 1,
    name: 'a node in the first request serves the whole stream, and a repeated one changes nothing',
    async run(server) {
      server.source.publish(snapshotOf({ a: '1' }));
      const client = server.connect();
      const first = await client.open();
      client.ack(first);
      client.send({ typeUrl: RESOURCE_TYPE_URL, resourceNamesSubscribe: ['a'] });
      assert.deepEqual(namesOf(await client.next()), ['a']);
    },
  },
  {
    rule: 2,
    name: 'a request without type_url ends the stream with INVALID_ARGUMENT and the reason',
    async run(server) {
      const client = server.connect();
      client.send({});
      const end = await client.status;
      assert.equal(end.code, status.INVALID_ARGUMENT);
      assert.match(end.details, /type_url/);
    },
  },
];
