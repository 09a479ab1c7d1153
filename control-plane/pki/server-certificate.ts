// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import { type Authority, openAuthority } from './authority.js';
import { renewalMs, SERVER_LIFE_MS, validityFrom } from './lifetime.js';
import {
  checkPrivateKey,
  damaged,
  type KeyPairPem,
  parseCertificate,
  readIfPresent,
  validityOf,
} from './pem-file.js';
import type { ServerNames } from './server-names.js';

export interface ServerCertificateOptions {
  /** Of the installation, with the authority's files. */
  readonly dataDir: string;
  readonly names: ServerNames;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The certificate a TLS server shows, always with life left. */
export interface ServerCertificate {
  current(): KeyPairPem;
  /** Called with each later one, which new handshakes have to use. */
  onRenewed(listener: (pair: KeyPairPem) => void): void;
  stop(): void;
}

/** Certificate and key in one file, so that they change together. */
const FILE = 'server.pem';
/** The wall clock may jump, and a machine may sleep: the time to renew is looked at this often. */
const LOOK_EVERY_MS = 86_400_000;
/** Of an authority that is about to expire every certificate is due at once. */
const REST_MS = 3_600_000;

/**
 * Reads server.pem of the data directory, issues another one where none is there, its names differ or a third of its life is
 * left, and goes on renewing it. Throws CONFIG when a file is damaged or another authority's.
 */
export async function openServerCertificate(
  options: ServerCertificateOptions,
): Promise<ServerCertificate> {
  const authority = await openAuthority(options.dataDir, options.clock.wallMs());
  const keeper = new Keeper(options, authority, await readOrIssue(options, authority));
  keeper.start();
  return keeper;
}

class Keeper implements ServerCertificate {
  readonly #options: ServerCertificateOptions;
  readonly #authority: Authority;
  readonly #listeners: ((pair: KeyPairPem) => void)[] = [];
  #current: KeyPairPem;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: ServerCertificateOptions, authority: Authority, current: KeyPairPem) {
    this.#options = options;
    this.#authority = authority;
    this.#current = current;
  }

  current(): KeyPairPem {
    return this.#current;
  }

  onRenewed(listener: (pair: KeyPairPem) => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    const leftMs =
      renewalMs(validityOf(new X509Certificate(this.#current.certificate))) - clock.wallMs();
    const delayMs = Math.min(Math.max(leftMs, REST_MS), LOOK_EVERY_MS);
    this.#timer = clock.after(delayMs, () => void this.#renewIfDue());
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #renewIfDue(): Promise<void> {
    const { clock, logger } = this.#options;
    const x509 = new X509Certificate(this.#current.certificate);
    if (isFresh(x509, clock.wallMs())) return this.start();
    try {
      const pair = await issue(this.#options, this.#authority);
      if (this.#isStopped) return;
      this.#current = pair;
      for (const listener of this.#listeners) listener(pair);
      logger.info(
        { until: new X509Certificate(pair.certificate).validTo },
        'server certificate renewed',
      );
    } catch (err) {
      logger.error({ err, until: x509.validTo }, 'server certificate cannot be renewed');
      // A third of a year is left to repair it.
      if (!this.#isStopped) this.#timer = clock.after(LOOK_EVERY_MS, () => void this.#renewIfDue());
      return;
    }
    this.start();
  }
}

async function readOrIssue(
  options: ServerCertificateOptions,
  authority: Authority,
): Promise<KeyPairPem> {
  const path = join(options.dataDir, FILE);
  const text = readIfPresent(path);
  if (text === undefined) return issue(options, authority);
  const remedy = 'delete it to get a new one';
  const x509 = parseCertificate(text, path, remedy);
  checkPrivateKey(x509, text, path, remedy);
  if (!(x509.checkIssued(authority.x509) && x509.verify(authority.x509.publicKey))) {
    throw damaged(path, 'was issued by another authority than ca.crt', remedy);
  }
  const isRight = fits(x509, options.names) && isFresh(x509, options.clock.wallMs());
  return isRight ? { certificate: text, privateKey: text } : issue(options, authority);
}

async function issue(
  { dataDir, names, clock }: ServerCertificateOptions,
  authority: Authority,
): Promise<KeyPairPem> {
  const { issueServer } = await import('./issue.js');
  const validity = validityFrom(clock.wallMs(), SERVER_LIFE_MS, validityOf(authority.x509));
  const pair = await issueServer(authority, names, validity);
  await writeFileAtomic(join(dataDir, FILE), `${pair.certificate}${pair.privateKey}`, {
    mode: 0o600,
  });
  return pair;
}

function isFresh(x509: X509Certificate, nowMs: number): boolean {
  const validity = validityOf(x509);
  return validity.notBeforeMs <= nowMs && nowMs < renewalMs(validity);
}

function fits(x509: X509Certificate, { dns, ip }: ServerNames): boolean {
  return (
    dns.every((name) => x509.checkHost(name) !== undefined) &&
    ip.every((address) => x509.checkIP(address) !== undefined)
  );
}
