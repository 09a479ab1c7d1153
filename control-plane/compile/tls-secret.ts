// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { KubeObject } from '../policy/kube-object.js';
import { secretBody } from '../policy/secret-data.js';

/** A usable kubernetes.io/tls Secret: PEM as it was written. */
export interface TlsSecret {
  /** The leaf first, then what its issuer needs. */
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  /** End of the leaf's validity, milliseconds since the Unix epoch. */
  readonly notAfterMs: number;
}

/** A string says why the Secret cannot serve a listener; never with anything of its values. */
export function readTlsSecret(secret: KubeObject): TlsSecret | string {
  const { type, data = {} } = secretBody(secret);
  if (type !== 'kubernetes.io/tls') return `is of type ${type}, not kubernetes.io/tls`;
  const certificate = Buffer.from(data['tls.crt'] ?? '', 'base64');
  const privateKey = Buffer.from(data['tls.key'] ?? '', 'base64');
  const chain = readChain(certificate);
  const [leaf] = chain ?? [];
  if (leaf === undefined) return 'has a tls.crt that is no certificate chain in PEM';
  const key = readKey(privateKey);
  if (key === undefined) {
    return 'has a tls.key that is no private key in PEM; it must not be encrypted';
  }
  if (!leaf.checkPrivateKey(key)) return 'has a tls.key that does not belong to its certificate';
  return { certificate, privateKey, notAfterMs: Date.parse(leaf.validTo) };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Undefined as soon as one block cannot be read: a client would get a chain with a hole. */
function readChain(pem: Buffer): readonly X509Certificate[] | undefined {
  try {
    const blocks = pem.toString('latin1').match(CERTIFICATE) ?? [];
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    // What OpenSSL says about broken bytes helps nobody.
    return undefined;
  }
}

function readKey(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // As above; the sentence the caller makes of it names the field.
    return undefined;
  }
}
