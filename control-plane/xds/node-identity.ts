// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { type NamespacedName, parseRole } from '../../shared/names/gateway-name.js';
import type { Node__Output } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';

/** What the first request of a stream says about its sender. Claims: the token decides what they are worth. */
export interface NodeIdentity {
  readonly nodeId: string;
  readonly gateway: NamespacedName;
  /** The worker's own pod; empty parts when it does not say. */
  readonly pod: NamespacedName;
  /** Program and version: another one may take what this one refused. Empty when it does not say, as the reference proxy. */
  readonly build: string;
}

/** Longer builds are cut: they are shown and stored. */
const MAX_BUILD_CHARS = 128;

/**
 * Reads a node as the reference proxy writes it: metadata `role` is `NAMESPACE~GATEWAY`; without it,
 * `NAMESPACE` and `GATEWAY_NAME` say the same. Throws INVALID_ARGUMENT when the gateway stays unknown.
 */
export function readNode(node: Node__Output | undefined): NodeIdentity {
  const nodeId = node?.id;
  if (!nodeId) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      'the first request of the stream has no node.id; every worker needs one of its own',
    );
  }
  const text = (key: string): string => node.metadata?.fields?.[key]?.stringValue ?? '';
  const gateway =
    parseRole(text('role')) ?? parseRole(`${text('NAMESPACE')}~${text('GATEWAY_NAME')}`);
  if (gateway === undefined) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `node "${nodeId}" names no gateway: its metadata needs role = NAMESPACE~GATEWAY, got ${JSON.stringify(text('role'))}`,
      { subject: nodeId },
    );
  }
  const pod = { namespace: text('NAMESPACE'), name: text('NAME') };
  return { nodeId, gateway, pod, build: buildOf(node, text('heartline.build')) };
}

/** Our worker says it in its metadata; clients of Envoy's and gRPC's kind in the user agent. */
function buildOf(node: Node__Output, ownBuild: string): string {
  const { userAgentName = '', userAgentVersion = '' } = node;
  const agent = [userAgentName, userAgentVersion].filter((part) => part !== '').join('/');
  const build = ownBuild === '' ? agent : `heartline/${ownBuild}`;
  return build.slice(0, MAX_BUILD_CHARS);
}
