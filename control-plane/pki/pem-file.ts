// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errnoOf, HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Validity } from './lifetime.js';

/** A certificate and its private key (PKCS #8), both as PEM. */
export interface KeyPairPem {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A file's text, undefined when there is none; throws CONFIG when it cannot be read. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return undefined;
    throw new HeartlineError('CONFIG', `${path} cannot be read: ${errno}`, {
      subject: path,
      cause,
    });
  }
}

/** The certificate in a text; throws CONFIG that names the file and the way out. */
export function parseCertificate(text: string, path: string, remedy: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw damaged(path, 'holds no certificate', remedy, cause);
  }
}

/** Throws CONFIG unless the text holds the private key of the certificate. */
export function checkPrivateKey(
  certificate: X509Certificate,
  text: string,
  path: string,
  remedy: string,
): void {
  let isPair: boolean;
  try {
    isPair = certificate.checkPrivateKey(createPrivateKey(text));
  } catch (cause) {
    throw damaged(path, 'holds no private key', remedy, cause);
  }
  if (!isPair) throw damaged(path, 'holds the private key of another certificate', remedy);
}

export function validityOf(certificate: X509Certificate): Validity {
  return {
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

export function damaged(
  path: string,
  problem: string,
  remedy: string,
  cause?: unknown,
): HeartlineError {
  return new HeartlineError('CONFIG', `${path} ${problem}; ${remedy}`, { subject: path, cause });
}
