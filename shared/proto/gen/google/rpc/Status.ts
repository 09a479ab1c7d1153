// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../google/protobuf/Any.js';

/**
 * The shared error shape of gRPC APIs. xDS carries it as `error_detail`: its presence, whatever the code, makes a request a NACK.
 */
export interface Status {
  /**
   * A google.rpc.Code number. The reference proxy always sends 0 here, also in a NACK.
   */
  'code'?: (number);
  /**
   * For people, or for agentgateway a JSON array of {"key", "error" | "warn"}.
   */
  'message'?: (string);
  'details'?: (_google_protobuf_Any)[];
}

/**
 * The shared error shape of gRPC APIs. xDS carries it as `error_detail`: its presence, whatever the code, makes a request a NACK.
 */
export interface Status__Output {
  /**
   * A google.rpc.Code number. The reference proxy always sends 0 here, also in a NACK.
   */
  'code'?: (number);
  /**
   * For people, or for agentgateway a JSON array of {"key", "error" | "warn"}.
   */
  'message'?: (string);
  'details': (_google_protobuf_Any__Output)[];
}
