// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { status } from '@grpc/grpc-js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { snapshotOf } from '../support/resource-sets.js';
import { textsOf } from '../support/sotw-client.js';
import { type RuleTest, verdicts } from './rule-test.js';

const typeUrl = RESOURCE_TYPE_URL;
/** A response of the state of the world has no names: contents tell the resources apart. */
const AB = { a: 'a1', b: 'b1' };

/** The rules of StreamAggregatedResources, each on a live server. */
export const SOTW_RULES: readonly RuleTest[] = [
  {
    rule: 1,
    name: 'later requests need no node, and another one in them changes nothing',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      await client.open();
      client.send({ typeUrl: ADDRESS_TYPE_URL, node: { id: 'somebody-else' } });
      await client.next();
      const nodes = server.events.flatMap((event) =>
        event.type === 'sent' ? [event.worker.nodeId] : [],
      );
      assert.deepEqual(nodes, ['node-1', 'node-1']);
    },
  },
  {
    rule: 2,
    name: 'a request without type_url ends the stream with INVALID_ARGUMENT and the reason',
    async run(server) {
      const client = server.connectSotw();
      client.send({});
      const end = await client.status;
      assert.equal(end.code, status.INVALID_ARGUMENT);
      assert.match(end.details, /no type_url/);
    },
  },
  {
    rule: 3,
    name: 'nonce, names and an answer that is out belong to one type',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      client.subscribe(['a']);
      const resources = await client.next();
      client.subscribe([], ADDRESS_TYPE_URL);
      const addresses = await client.next();
      assert.notEqual(addresses.nonce, resources.nonce);
      client.send({ typeUrl: ADDRESS_TYPE_URL, responseNonce: resources.nonce ?? '' });
      server.source.publish(snapshotOf({ a: 'a2', b: 'b2' }, 2));
      await client.assertQuiet();
      client.ack(resources);
      assert.deepEqual(textsOf(await client.next()), ['a2']);
    },
  },
  {
    rule: 4,
    name: 'a first request with nonce and version of an unknown stream is answered in full',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      client.send({ typeUrl, responseNonce: 's99-7', versionInfo: '41-0badcafe' });
      assert.deepEqual(textsOf(await client.next()), ['a1', 'b1']);
    },
  },
  {
    rule: 5,
    name: 'an error_detail without code and message is a refusal, even beside the new version',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      client.subscribe();
      const { nonce = '', versionInfo = '' } = await client.next();
      client.send({ typeUrl, versionInfo, responseNonce: nonce, errorDetail: {} });
      await client.assertQuiet();
      assert.equal(verdicts(server)[0], 'rejected the worker gave no reason');
    },
  },
  {
    rule: 6,
    name: 'refused content is not sent again; another change carries its last good one',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      await client.open();
      server.source.publish(snapshotOf({ a: 'a2', b: 'b1' }, 2));
      client.nack(await client.next(), { a: 'no such port' });
      await client.assertQuiet();
      server.source.publish(snapshotOf({ a: 'a2', b: 'b2' }, 3));
      const other = await client.next();
      assert.deepEqual(textsOf(other), ['a1', 'b2']);
      client.ack(other);
      server.source.publish(snapshotOf({ a: 'a3', b: 'b2' }, 4));
      assert.deepEqual(textsOf(await client.next()), ['a3', 'b2']);
    },
  },
  {
    rule: 7,
    name: 'a request with a stale nonce is not answered, and its names and verdict do not count',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      const first = await client.open(['a']);
      client.send({
        ...{ typeUrl, responseNonce: 'stale', resourceNames: ['a', 'b'] },
        errorDetail: { message: 'late' },
      });
      await client.assertQuiet();
      client.ack(first, ['a', 'b']);
      assert.deepEqual(textsOf(await client.next()), ['a1', 'b1']);
      assert.deepEqual(new Set(verdicts(server)), new Set(['accepted']));
    },
  },
  {
    rule: 9,
    name: 'requests that come while a response is out are answered by one',
    async run(server) {
      server.source.publish(snapshotOf({ ...AB, c: 'c1' }));
      const client = server.connectSotw();
      client.subscribe(['a']);
      client.subscribe(['a', 'b']);
      client.subscribe(['a', 'b', 'c']);
      const first = await client.next();
      assert.deepEqual(textsOf(first), ['a1']);
      client.ack(first, ['a', 'b', 'c']);
      const rest = await client.next();
      assert.deepEqual(textsOf(rest), ['a1', 'b1', 'c1']);
      client.ack(rest);
      await client.assertQuiet();
    },
  },
  {
    rule: 10,
    name: 'an empty list is everything until a name was given, and nothing afterwards; "*" is everything',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      const all = await client.open();
      assert.deepEqual(textsOf(all), ['a1', 'b1']);
      client.ack(all, ['b']);
      const named = await client.next();
      assert.deepEqual(textsOf(named), ['b1']);
      client.ack(named, []);
      await client.assertQuiet();
      server.source.publish(snapshotOf({ a: 'a2', b: 'b2' }, 2));
      await client.assertQuiet();
      client.ack(named, ['*']);
      assert.deepEqual(textsOf(await client.next()), ['a2', 'b2']);
    },
  },
  {
    rule: 15,
    name: 'a new name right after the ACK, under the same nonce, is answered; a shorter list is silent',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      const first = await client.open(['a']);
      client.ack(first, ['a', 'b']);
      const second = await client.next();
      assert.deepEqual(textsOf(second), ['a1', 'b1']);
      client.ack(second);
      client.ack(second, ['b']);
      await client.assertQuiet();
      client.ack(second, ['a', 'b']);
      assert.ok(textsOf(await client.next()).includes('a1'));
    },
  },
  {
    rule: 16,
    name: 'our types are full-state: absence deletes, and an empty response deletes everything',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      await client.open();
      server.source.publish(snapshotOf({ b: 'b1' }, 2));
      const one = await client.next();
      assert.deepEqual(textsOf(one), ['b1']);
      client.ack(one);
      server.source.publish(snapshotOf({}, 3));
      assert.deepEqual(textsOf(await client.next()), []);
    },
  },
  {
    rule: 17,
    name: 'however often a name is in the list, its resource is in the response once',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      client.subscribe(['*', 'a', 'a', '*']);
      const answer = await client.next();
      assert.deepEqual(textsOf(answer), ['a1', 'b1']);
    },
  },
  {
    rule: 19,
    name: 'the canonical name is answered; there are no aliases, so another one is absent',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      assert.deepEqual(textsOf(await client.open(['a', 'alias-of-a'])), ['a1']);
    },
  },
  {
    rule: 21,
    name: 'everything at the version that is wanted is skipped; names, or another version, are not',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const first = server.connectSotw();
      const { versionInfo = '' } = await first.open();
      first.cancel();
      await first.status;
      const again = server.connectSotw();
      again.subscribe([], typeUrl, versionInfo);
      await again.assertQuiet();
      server.source.publish(snapshotOf({ a: 'a2' }, 2));
      assert.deepEqual(textsOf(await again.next()), ['a2']);
      const named = server.connectSotw({ nodeId: 'named' });
      named.subscribe(['a'], typeUrl, snapshotOf({ a: 'a2' }, 2).label);
      assert.deepEqual(textsOf(await named.next()), ['a2']);
      const older = server.connectSotw({ nodeId: 'older' });
      older.subscribe([], typeUrl, versionInfo);
      assert.deepEqual(textsOf(await older.next()), ['a2']);
    },
  },
  {
    rule: 25,
    name: 'full and empty responses name the instance',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      const answers = [await client.open(), await client.open([], ADDRESS_TYPE_URL)];
      const names = answers.map((response) => response.controlPlane?.identifier);
      assert.deepEqual(names, new Array(2).fill('control-plane-under-test'));
    },
  },
  {
    rule: 26,
    name: 'a version that only looks newer is another version, and none is ever empty',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connectSotw();
      client.subscribe([], typeUrl, '999-ffffffff');
      assert.equal((await client.next()).versionInfo, snapshotOf(AB).label);
      assert.notEqual((await client.open([], ADDRESS_TYPE_URL)).versionInfo ?? '', '');
    },
  },
  {
    rule: 27,
    name: 'whatever the text says, it refuses the response and is shown as it is',
    async run(server) {
      const texts = ['OK', '{"ack":true}', '[]', 'Fehler: größer als 2³¹'];
      for (const [index, text] of texts.entries()) {
        server.source.publish(snapshotOf({ a: String(index) }, index + 1));
        const client = server.connectSotw({ nodeId: `node-${index}` });
        client.subscribe();
        client.nack(await client.next(), text);
        await client.assertQuiet();
      }
      const refusals = verdicts(server).filter((text) => text.startsWith('rejected'));
      assert.deepEqual(
        refusals,
        texts.map((text) => `rejected ${text}`),
      );
    },
  },
  {
    rule: 29,
    name: 'contents that no validator would take are served as they are',
    async run(server) {
      server.source.publish(snapshotOf({ 'no/valid name': '', empty: 'not a message' }));
      const client = server.connectSotw();
      assert.deepEqual(textsOf(await client.open()), ['not a message', '']);
    },
  },
];
