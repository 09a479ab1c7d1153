// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../../auth/identity.js';
import { isJsonObject } from '../../policy/structural-schema.js';
import { callerOf } from '../caller.js';
import { refuseOtherMethods } from '../other-methods.js';
import type { ServedResource } from '../resources/served-resource.js';
import { accessRules, isAllowed, NON_RESOURCE_RULES } from './access-review.js';
import type { BodyReader } from './request-body.js';

const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';

/** Questions that a client asks about itself: `kubectl auth can-i`, `can-i --list`, `whoami`. */
export function addAccessRoutes(
  app: FastifyInstance,
  resources: readonly ServedResource[],
  readBody: BodyReader,
): void {
  const post = (path: string, answer: (spec: unknown, caller: Identity) => object): void => {
    app.post(path, async (request, reply) => {
      const body = readBody(request);
      const sent = isJsonObject(body) ? body : {};
      reply.code(201);
      return { ...sent, metadata: {}, status: answer(sent['spec'], callerOf(request)) };
    });
    refuseOtherMethods(app, path);
  };
  post(`${AUTHORIZATION}/selfsubjectaccessreviews`, (spec, caller) => ({
    allowed: isAllowed(accessRules(resources, caller), spec),
  }));
  post(`${AUTHORIZATION}/selfsubjectrulesreviews`, (_spec, caller) => ({
    resourceRules: accessRules(resources, caller),
    nonResourceRules: NON_RESOURCE_RULES,
    incomplete: false,
  }));
  post(`${AUTHENTICATION}/selfsubjectreviews`, (_spec, { name }) => ({
    userInfo: { username: name, groups: ['system:authenticated'] },
  }));
}
