// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { status } from '@grpc/grpc-js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { namesOf } from '../support/delta-client.js';
import { snapshotOf, versionOf } from '../support/resource-sets.js';
import { type RuleTest, verdicts } from './rule-test.js';

const AB = { a: '1', b: '1' };
const typeUrl = RESOURCE_TYPE_URL;

/** The rules of DeltaAggregatedResources, each on a live server. */
export const DELTA_RULES: readonly RuleTest[] = [
  {
    rule: 1,
    name: 'later requests need no node, and another one in them changes nothing',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      await client.open();
      client.send({ typeUrl, resourceNamesSubscribe: ['a'], node: { id: 'somebody-else' } });
      client.ack(await client.next());
      await client.assertQuiet();
      const nodes = server.events.flatMap((event) =>
        event.type === 'sent' ? [event.worker.nodeId] : [],
      );
      assert.deepEqual([...new Set(nodes)], ['node-1']);
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
      assert.match(end.details, /no type_url/);
    },
  },
  {
    rule: 3,
    name: 'nonce, names and an answer that is out belong to one type',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      client.send({ typeUrl, resourceNamesSubscribe: ['a'] });
      const resources = await client.next();
      client.send({ typeUrl: ADDRESS_TYPE_URL });
      const addresses = await client.next();
      assert.notEqual(addresses.nonce, resources.nonce);
      client.send({ typeUrl: ADDRESS_TYPE_URL, responseNonce: resources.nonce ?? '' });
      server.source.publish(snapshotOf({ a: '2', b: '2' }, 2));
      await client.assertQuiet();
      client.ack(resources);
      assert.deepEqual(namesOf(await client.next()), ['a']);
    },
  },
  {
    rule: 4,
    name: 'a first request with the nonce of an earlier stream is a first request',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const first = server.connect();
      const { nonce = '' } = await first.open();
      first.cancel();
      await first.status;
      const again = server.connect();
      again.send({ typeUrl, responseNonce: nonce });
      const answer = await again.next();
      assert.deepEqual(namesOf(answer), ['a', 'b']);
      assert.notEqual(answer.nonce, nonce);
    },
  },
  {
    rule: 5,
    name: 'an error_detail without code and message is a refusal',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      client.send({ typeUrl });
      const { nonce = '' } = await client.next();
      client.send({ typeUrl, responseNonce: nonce, errorDetail: {} });
      await client.assertQuiet();
      assert.deepEqual(verdicts(server).slice(0, 1), ['rejected the worker gave no reason']);
    },
  },
  {
    rule: 6,
    name: 'a refused resource stays out of later responses until it changes',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      client.send({ typeUrl });
      client.nack(await client.next(), { a: 'no such port' });
      await client.assertQuiet();
      server.source.publish(snapshotOf({ a: '1', b: '2' }, 2));
      const other = await client.next();
      assert.deepEqual(namesOf(other), ['b']);
      client.ack(other);
      server.source.publish(snapshotOf({ a: '2', b: '2' }, 3));
      assert.deepEqual(namesOf(await client.next()), ['a']);
    },
  },
  {
    rule: 7,
    name: 'names in a request with a stale nonce count, its verdict does not',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      client.send({ typeUrl, resourceNamesSubscribe: ['a'] });
      const first = await client.next();
      client.ack(first);
      client.send({
        ...{ typeUrl, responseNonce: 'stale', resourceNamesSubscribe: ['b'] },
        errorDetail: { message: 'late' },
      });
      assert.deepEqual(namesOf(await client.next()), ['b']);
      assert.deepEqual(verdicts(server), ['accepted']);
    },
  },
  {
    rule: 8,
    name: 'a first request, an ACK, a NACK and a request without nonce may all change names',
    async run(server) {
      server.source.publish(snapshotOf({ ...AB, c: '1', d: '1' }));
      const client = server.connect();
      const asks = async (more: object): Promise<string[]> => {
        client.send({ typeUrl, ...more });
        return namesOf(await client.next());
      };
      assert.deepEqual(await asks({ resourceNamesSubscribe: ['a'] }), ['a']);
      const ofLast = () => client.received.at(-1)?.nonce ?? '';
      assert.deepEqual(await asks({ responseNonce: ofLast(), resourceNamesSubscribe: ['b'] }), [
        'b',
      ]);
      const nack = { responseNonce: ofLast(), errorDetail: { message: 'no' } };
      assert.deepEqual(await asks({ ...nack, resourceNamesSubscribe: ['c'] }), ['c']);
      client.send({ typeUrl, responseNonce: ofLast() });
      assert.deepEqual(await asks({ resourceNamesSubscribe: ['d'] }), ['d']);
    },
  },
  {
    rule: 9,
    name: 'requests that come while a response is out are answered together',
    async run(server) {
      server.source.publish(snapshotOf({ ...AB, c: '1' }));
      const client = server.connect();
      for (const name of ['a', 'b', 'c', 'x']) {
        client.send({ typeUrl, resourceNamesSubscribe: [name] });
      }
      const first = await client.next();
      assert.deepEqual(namesOf(first), ['a']);
      client.ack(first);
      const rest = await client.next();
      assert.deepEqual(namesOf(rest), ['b', 'c', '-x']);
      client.ack(rest);
      await client.assertQuiet();
    },
  },
  {
    rule: 10,
    name: '"*" and an empty first request both mean everything, also what comes later',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      for (const first of [{}, { resourceNamesSubscribe: ['*'] }]) {
        const client = server.connect({ nodeId: JSON.stringify(first) });
        client.send({ typeUrl, ...first });
        assert.deepEqual(namesOf(await client.next()), ['a', 'b']);
      }
      const named = server.connect({ nodeId: 'named' });
      named.send({ typeUrl, resourceNamesSubscribe: ['a'] });
      named.ack(await named.next());
      named.send({ typeUrl, resourceNamesUnsubscribe: ['a'] });
      await named.assertQuiet();
      server.source.publish(snapshotOf({ a: '2', b: '2' }, 2));
      await named.assertQuiet();
    },
  },
  {
    rule: 11,
    name: 'a name beside the wildcard stays when the wildcard goes, and nothing stays after it',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      await client.open();
      client.send({ typeUrl, resourceNamesSubscribe: ['a'] });
      client.ack(await client.next());
      server.source.publish(snapshotOf({ a: '2', b: '2' }, 2));
      const both = await client.next();
      assert.deepEqual(namesOf(both), ['a', 'b']);
      client.ack(both);
      client.send({ typeUrl, resourceNamesUnsubscribe: ['*'] });
      await client.assertQuiet();
      server.source.publish(snapshotOf({ a: '3', b: '3' }, 3));
      const named = await client.next();
      assert.deepEqual(namesOf(named), ['a']);
      client.ack(named);
      client.send({ typeUrl, resourceNamesUnsubscribe: ['a'] });
      await client.assertQuiet();
      server.source.publish(snapshotOf({ a: '4', b: '4' }, 4));
      await client.assertQuiet();
    },
  },
  {
    rule: 12,
    name: 'a name that is held at its newest version is sent again when it is subscribed again',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      await client.open();
      for (let time = 0; time < 2; time += 1) {
        client.send({ typeUrl, resourceNamesSubscribe: ['a'] });
        const again = await client.next();
        assert.deepEqual(namesOf(again), ['a']);
        client.ack(again);
      }
    },
  },
  {
    rule: 13,
    name: 'a name that does not exist is removed at once and sent once it is created',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      client.send({ typeUrl, resourceNamesSubscribe: ['later'] });
      const missing = await client.next();
      assert.deepEqual(namesOf(missing), ['-later']);
      client.ack(missing);
      server.source.publish(snapshotOf({ ...AB, later: '1' }, 2));
      assert.deepEqual(namesOf(await client.next()), ['later']);
    },
  },
  {
    rule: 14,
    name: 'unsubscribing is silent, of unknown names too; under a wildcard the name is answered',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const named = server.connect({ nodeId: 'named' });
      named.send({ typeUrl, resourceNamesSubscribe: ['a', 'b'] });
      named.ack(await named.next());
      named.send({ typeUrl, resourceNamesUnsubscribe: ['a', 'phantom'] });
      await named.assertQuiet();
      const all = server.connect({ nodeId: 'all' });
      all.send({ typeUrl, resourceNamesSubscribe: ['*', 'a', 'x'] });
      all.ack(await all.next());
      all.send({ typeUrl, resourceNamesUnsubscribe: ['a', 'x', 'phantom'] });
      assert.deepEqual(namesOf(await all.next()), ['a', '-x']);
    },
  },
  {
    rule: 17,
    name: 'however often a name is asked for in one request, it is in the response once',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      client.send({ typeUrl, resourceNamesSubscribe: ['*', 'a', 'a', 'x', '*', 'x'] });
      assert.deepEqual(namesOf(await client.next()), ['a', 'b', '-x']);
    },
  },
  {
    rule: 19,
    name: 'the canonical name is answered under itself; there are no aliases, so another one does not exist',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      client.send({ typeUrl, resourceNamesSubscribe: ['a', 'alias-of-a'] });
      const answer = await client.next();
      assert.deepEqual(namesOf(answer), ['a', '-alias-of-a']);
      assert.deepEqual(answer.resources[0]?.aliases, []);
    },
  },
  {
    rule: 20,
    name: 'the same version is skipped, another or an unknown one is sent, what is gone is removed',
    async run(server) {
      server.source.publish(snapshotOf({ ...AB, c: '1' }));
      const client = server.connect();
      const held = { a: versionOf('1'), b: versionOf('0'), c: '', gone: versionOf('1') };
      const answer = await client.open(held);
      assert.deepEqual(namesOf(answer), ['b', 'c', '-gone']);
      const named = server.connect({ nodeId: 'named' });
      named.send({
        ...{ typeUrl, resourceNamesSubscribe: ['a', 'b'] },
        initialResourceVersions: { a: versionOf('1'), b: versionOf('0'), gone: '' },
      });
      assert.deepEqual(namesOf(await named.next()), ['b', '-gone']);
    },
  },
  {
    rule: 25,
    name: 'full, empty and not-found responses name the instance',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      await client.open();
      client.send({ typeUrl, resourceNamesSubscribe: ['x'] });
      await client.next();
      const names = client.received.map((response) => response.controlPlane?.identifier);
      assert.deepEqual(names, new Array(3).fill('control-plane-under-test'));
    },
  },
  {
    rule: 26,
    name: 'a version that only looks newer is another version; system_version_info is a label',
    async run(server) {
      server.source.publish(snapshotOf(AB));
      const client = server.connect();
      const newer = 'f'.repeat(32);
      const answer = await client.open({ a: newer, b: versionOf('1').toUpperCase() });
      assert.deepEqual(namesOf(answer), ['a', 'b']);
      assert.equal(answer.systemVersionInfo, snapshotOf(AB).label);
      assert.equal(answer.resources[0]?.version, versionOf('1'));
    },
  },
  {
    rule: 27,
    name: 'whatever the text says, it refuses the response and is shown as it is',
    async run(server) {
      const texts = ['OK', '{"ack":true}', '[]', 'Fehler: größer als 2³¹'];
      for (const [index, text] of texts.entries()) {
        server.source.publish(snapshotOf({ a: String(index) }, index + 1));
        const client = server.connect({ nodeId: `node-${index}` });
        client.send({ typeUrl });
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
      const client = server.connect();
      const answer = await client.open();
      assert.deepEqual(namesOf(answer), ['empty', 'no/valid name']);
      assert.equal(String(answer.resources[0]?.resource?.value), 'not a message');
    },
  },
];
