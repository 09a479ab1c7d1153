// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';

/** Who a token is for; a worker's token never opens the API, nor the other way round. */
export type Audience = 'api' | 'worker';

/** Who stands behind a token and what it is bound to. Claims of a client select within it, they never widen it. */
export interface Identity {
  readonly name: string;
  readonly audience: Audience;
  /** The one cluster a worker may claim; absent = whichever it names. */
  readonly cluster?: string;
  /** The gateways whose configuration a worker may read. */
  readonly gateways: 'all' | readonly NamespacedName[];
  /** Whether it may reach the admin, stats and readiness servers of workers by port-forward; absent = no. */
  readonly mayPortForward?: boolean;
}

export interface TokenEntry {
  readonly identity: Identity;
  readonly token: string;
}
