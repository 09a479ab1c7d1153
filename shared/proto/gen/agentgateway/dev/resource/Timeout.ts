// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../google/protobuf/Duration.js';

/**
 * Limits of one exchange; unset or 0: none.
 */
export interface Timeout {
  /**
   * From the request's head to the end of the answer.
   */
  'request'?: (_google_protobuf_Duration | null);
  /**
   * The same for one attempt at a backend.
   */
  'backendRequest'?: (_google_protobuf_Duration | null);
}

/**
 * Limits of one exchange; unset or 0: none.
 */
export interface Timeout__Output {
  /**
   * From the request's head to the end of the answer.
   */
  'request'?: (_google_protobuf_Duration__Output);
  /**
   * The same for one attempt at a backend.
   */
  'backendRequest'?: (_google_protobuf_Duration__Output);
}
