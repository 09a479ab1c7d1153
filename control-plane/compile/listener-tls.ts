// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { TLSConfig } from '../../shared/proto/gen/agentgateway/dev/resource/TLSConfig.js';
import { gatewaySpec, type ListenerSpec } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { describeMissingGrant, mayRefer, type Referent, type Referents } from './referents.js';
import { readTlsSecret } from './tls-secret.js';

/** What a listener that ends TLS needs; `notAfterMs` is the end of the certificate's validity. */
export interface ListenerCertificate extends NamespacedName {
  readonly notAfterMs: number;
}

/** Why a listener's certificate cannot be used; reasons of its ResolvedRefs condition (Gateway API). */
export interface CertificateProblem {
  readonly reason: 'InvalidCertificateRef' | 'RefNotPermitted';
  readonly message: string;
}

/** The Secrets that the listeners of a Gateway name, allowed or not. */
export function certificateReferents(gateway: KubeObject): readonly Referent[] {
  const own = objectName(gateway).namespace;
  return gatewaySpec(gateway)
    .listeners.flatMap(({ tls }) => tls?.certificateRefs ?? [])
    .map(({ group, kind, namespace = own, name }) => ({ group, kind, namespace, name }));
}

/**
 * Why TLS of this listener cannot be served whatever its certificate is. What restricts who may connect, or how,
 * is never kept and ignored.
 */
export function unservedTls(gateway: KubeObject, { tls }: ListenerSpec): string | undefined {
  if (tls === undefined) return undefined;
  if (tls.mode === 'Passthrough') {
    return 'tls.mode Passthrough is not supported by this control plane yet: no TLSRoutes are read';
  }
  if (tls.frontendValidation !== undefined || gatewaySpec(gateway).tls?.frontend !== undefined) {
    return 'the verification of client certificates is not supported by this control plane yet';
  }
  const [option] = Object.keys(tls.options ?? {}).sort();
  if (option !== undefined) return `tls.options ${option} is not known to this control plane`;
  if ((tls.certificateRefs ?? []).length > 1) {
    return 'several tls.certificateRefs are not supported: the wire has one certificate for a listener';
  }
  return undefined;
}

/** The certificate of a listener; permission comes before existence, as for backends. */
export function resolveCertificate(
  gateway: NamespacedName,
  { tls }: ListenerSpec,
  { grants, secrets }: Pick<Referents, 'grants' | 'secrets'>,
): ListenerCertificate | CertificateProblem {
  const [ref] = tls?.certificateRefs ?? [];
  if (ref === undefined) return invalid('tls.certificateRefs names no certificate');
  const { group, kind, namespace = gateway.namespace, name } = ref;
  const id = `${namespace}/${name}`;
  if (group !== '' || kind !== 'Secret') {
    return invalid(`${kind} ${id}: a certificate is in a Secret (core group)`);
  }
  const referrer = { kind: 'Gateway', namespace: gateway.namespace };
  const referent: Referent = { group, kind, namespace, name };
  if (!mayRefer(grants, referrer, referent)) {
    return { reason: 'RefNotPermitted', message: describeMissingGrant(referrer, referent) };
  }
  const secret = secrets.get(id);
  if (secret === undefined) return invalid(`Secret ${id} not found`);
  const read = readTlsSecret(secret);
  if (typeof read === 'string') return invalid(`Secret ${id} ${read}`);
  return { namespace, name, notAfterMs: read.notAfterMs };
}

function invalid(message: string): CertificateProblem {
  return { reason: 'InvalidCertificateRef', message };
}

const REFERENCE = 'heartline-secret:';

/**
 * What a version holds in place of a listener's key material: the name of the Secret, where the certificate will
 * be. It is no PEM, so a worker that ever got it would refuse the listener.
 */
export function tlsReference({ namespace, name }: NamespacedName): TLSConfig {
  return { cert: Buffer.from(`${REFERENCE}${namespace}/${name}`, 'utf8') };
}

/** `namespace/name` of the Secret that stands in a listener of a version; undefined when none does. */
export function referencedSecret(certificate: Uint8Array | undefined): string | undefined {
  const text = Buffer.from(certificate ?? []).toString('utf8');
  return text.startsWith(REFERENCE) ? text.slice(REFERENCE.length) : undefined;
}
