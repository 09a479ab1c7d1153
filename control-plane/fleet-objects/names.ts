// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type { NamespacedName } from '../../shared/names/gateway-name.js';

/** Set by Gateway API controllers on what they run for a Gateway. */
export const GATEWAY_NAME_LABEL = 'gateway.networking.k8s.io/gateway-name';
export const CLUSTER_LABEL = 'heartline.dev/cluster';

const MAX_LABEL_CHARS = 63;
/** The longest pod name to which a dash and eight digits can be added. */
const MAX_WORKER_POD_CHARS = 244;
const SUBDOMAIN = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

/**
 * What a Deployment or a StatefulSet adds to its own name: a template's hash and five characters (no vowels, so
 * that no words come out), or an ordinal.
 */
const GENERATED_END =
  /^(.+?)(?:-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}|-[0-9]{1,5})$/;

/** `agentgateway-proxy` of `agentgateway-proxy-0`, `web` of `web-7d9f8c6b5d-x2x9z`; else the name itself. */
export function deploymentNameOf(podName: string): string {
  return GENERATED_END.exec(podName)?.[1] ?? podName;
}

/** Whether a pod of that name can exist; a worker may call itself anything. */
export function isPodName({ namespace, name }: NamespacedName): boolean {
  return DNS_LABEL.test(namespace) && SUBDOMAIN.test(name);
}

/** A text as the value of a label; one that cannot be is shortened to its digest. */
export function labelValue(text: string): string {
  return LABEL_VALUE.test(text) ? text : hash('sha256', text).slice(0, MAX_LABEL_CHARS);
}

/** Unique in the fleet: the pod's name for people, the digest of the key for those who share it. */
export function workerName(workerKey: string, pod: NamespacedName): string {
  const digest = hash('sha256', workerKey).slice(0, 8);
  const isNamed = isPodName(pod) && pod.name.length <= MAX_WORKER_POD_CHARS;
  return `${isNamed ? pod.name : 'worker'}-${digest}`;
}

/** A UUID that is the same whenever the same thing is asked for. */
export function uidOf(kind: string, name: string): string {
  const digits = hash('sha256', JSON.stringify([kind, name]));
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`];
  return [...parts, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}
