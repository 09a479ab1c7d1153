// SPDX-License-Identifier: Apache-2.0

/** RFC 1123 label, as Kubernetes reads it. */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** RFC 1123 subdomain: labels joined by dots. */
export const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** A label value, and the part of a label key behind the slash. */
export const LABEL_TEXT = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Whether a text is a qualified name as Kubernetes means it: a label's key, a finalizer. */
export function isQualifiedName(key: string): boolean {
  const [prefix, name, ...rest] = key.includes('/') ? key.split('/') : [undefined, key];
  if (rest.length > 0 || name === undefined || name.length > 63 || !LABEL_TEXT.test(name)) {
    return false;
  }
  return prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
}
