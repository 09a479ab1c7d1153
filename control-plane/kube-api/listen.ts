// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { errnoOf, HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';

/** `localhost` as one address: fastify would open a second server for ::1, which knows nothing of what was added to the first. */
const LOCALHOST = '127.0.0.1';

/** Binds and returns the real address; a busy or forbidden port is an error that names it. */
export async function listenOn(
  app: FastifyInstance,
  address: { readonly host: string; readonly port: number },
): Promise<{ host: string; port: number }> {
  const subject = `${address.host}:${address.port}`;
  try {
    const host = address.host === 'localhost' ? LOCALHOST : address.host;
    await app.listen({ host, port: address.port });
  } catch (cause) {
    await app.close();
    if (errnoOf(cause) === 'EADDRINUSE') {
      throw new HeartlineError(
        'ADDRESS_IN_USE',
        `the API address ${subject} is taken by another process; stop it or give another --api-addr`,
        { subject, cause },
      );
    }
    throw toHeartlineError(cause, 'CONFIG');
  }
  const bound = app.server.address() as AddressInfo;
  return { host: bound.address, port: bound.port };
}
