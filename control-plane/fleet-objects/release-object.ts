// SPDX-License-Identifier: Apache-2.0
import { gatewayKey } from '../../shared/events/gateway-key.js';
import { formatConditionTime } from '../compile/conditions.js';
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { GatewayRelease, ReleaseVersion } from '../release/gateway-release.js';
import type { Page } from '../release/pages.js';
import { uidOf } from './names.js';
import { FLEET_API_VERSION } from './worker-object.js';

/**
 * Makes the objects of releases. Versions, and the pages they share, are written out once: a gateway with 10,000
 * resources gets a new version with every change.
 */
export function createReleaseWriter(): (release: GatewayRelease) => KubeObject {
  const versions = new WeakMap<ReleaseVersion, JsonValue>();
  const pages = new WeakMap<Page, readonly JsonValue[]>();
  const writePage = (page: Page): readonly JsonValue[] =>
    remember(pages, page, ({ pairs }) => pairs.map(([name, hash]) => ({ name, hash })));
  const writeVersion = (version: ReleaseVersion): JsonValue =>
    remember(versions, version, ({ time, pages: own, ...rest }) => ({
      ...rest,
      time: new Date(time).toISOString(),
      resources: own.flatMap(writePage),
    }));

  return (release) => {
    const { cluster, namespace, name } = release.gateway;
    const createdMs = Math.min(...release.versions.map(({ time }) => time));
    return {
      apiVersion: FLEET_API_VERSION,
      kind: 'GatewayRelease',
      metadata: {
        ...{ namespace, name, uid: uidOf('GatewayRelease', gatewayKey(release.gateway)) },
        ...(release.versions.length === 0
          ? {}
          : { creationTimestamp: formatConditionTime(createdMs) }),
      },
      spec: { cluster, ...(release.pin === undefined ? {} : { pin: release.pin }) },
      status: {
        head: release.head,
        stable: release.stable,
        kept: release.versions.length,
        versions: release.versions.map(writeVersion),
      },
    };
  };
}

function remember<Key extends object, Value>(
  known: WeakMap<Key, Value>,
  key: Key,
  write: (key: Key) => Value,
): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = write(key);
  known.set(key, value);
  return value;
}
