// SPDX-License-Identifier: Apache-2.0
import type { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import { AUTHORITY_LIFE_MS, validityFrom } from './lifetime.js';
import {
  checkPrivateKey,
  damaged,
  type KeyPairPem,
  parseCertificate,
  readIfPresent,
  validityOf,
} from './pem-file.js';

/** The private authority of one installation: clients trust what it signs, and nothing else. */
export interface Authority extends KeyPairPem {
  readonly x509: X509Certificate;
}

/** Of the certificate, in the data directory. */
export const AUTHORITY_FILE = 'ca.crt';
const KEY_FILE = 'ca.key';
const COMMON_NAME = 'heartline-ca';

/**
 * The authority in ca.crt and ca.key of the data directory; made, the key for its owner only, when neither is there. Files that
 * are damaged, foreign to each other or expired are an error (CONFIG) and stay as they are: clients hold a copy of ca.crt.
 */
export async function openAuthority(dataDir: string, nowMs: number): Promise<Authority> {
  const certificatePath = join(dataDir, AUTHORITY_FILE);
  const keyPath = join(dataDir, KEY_FILE);
  const certificate = readIfPresent(certificatePath);
  const privateKey = readIfPresent(keyPath);
  const remedy = `restore ${AUTHORITY_FILE} and ${KEY_FILE}, or delete both to get new ones, and hand out the kubeconfig again`;
  if (certificate === undefined && privateKey === undefined) {
    return createAuthority(dataDir, nowMs);
  }
  if (certificate === undefined || privateKey === undefined) {
    const missing = certificate === undefined ? certificatePath : keyPath;
    throw damaged(missing, 'is missing while its other half is there', remedy);
  }
  const x509 = parseCertificate(certificate, certificatePath, remedy);
  checkPrivateKey(x509, privateKey, keyPath, remedy);
  if (!x509.ca) throw damaged(certificatePath, 'is no certificate of an authority', remedy);
  if (validityOf(x509).notAfterMs <= nowMs) {
    throw damaged(certificatePath, `expired on ${x509.validTo}`, remedy);
  }
  return { certificate, privateKey, x509 };
}

async function createAuthority(dataDir: string, nowMs: number): Promise<Authority> {
  // Loaded when it is needed, once in a long while: it takes 20 MB and some hundred milliseconds.
  const { issueAuthority } = await import('./issue.js');
  const pair = await issueAuthority(COMMON_NAME, validityFrom(nowMs, AUTHORITY_LIFE_MS));
  const certificatePath = join(dataDir, AUTHORITY_FILE);
  try {
    writeFileSync(join(dataDir, KEY_FILE), pair.privateKey, { mode: 0o600, flag: 'wx' });
    writeFileSync(certificatePath, pair.certificate, { mode: 0o644, flag: 'wx' });
  } catch (thrown) {
    throw toHeartlineError(thrown, 'CONFIG');
  }
  return { ...pair, x509: parseCertificate(pair.certificate, certificatePath, '') };
}
