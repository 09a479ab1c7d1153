// SPDX-License-Identifier: Apache-2.0
import { type FlatHeaders, hasName, valuesOf } from './headers.js';

/** `application/grpc`, alone, with a message format (`+proto`) or parameters. gRPC-Web is plain HTTP and none of it. */
const GRPC = /^application\/grpc(?:$|[+; ])/i;

/** gRPC needs HTTP/2 on both sides: its status is in the trailers. */
export function isGrpc(headers: FlatHeaders): boolean {
  if (!hasName(headers, 'content-type')) return false;
  const [type = ''] = valuesOf(headers, 'content-type');
  return GRPC.test(type);
}

const UNKNOWN = 2;
/** What a gRPC client makes of an HTTP status (grpc/doc/http-grpc-status-mapping.md); 504 is a time limit of ours. */
const GRPC_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 4],
]);

/** Fields of an answer without messages ("Trailers-Only", gRPC over HTTP/2), which is always a 200. */
export function grpcAnswer(status: number, text: string): string[] {
  const code = GRPC_STATUS.get(status) ?? UNKNOWN;
  return [
    'content-type',
    'application/grpc',
    'grpc-status',
    String(code),
    'grpc-message',
    percentEncoded(text),
  ];
}

/** All but printable ASCII, and the sign itself. */
function percentEncoded(text: string): string {
  return text.replaceAll(/[^ -$&-~]/gu, (character) => encodeURIComponent(character));
}
