// SPDX-License-Identifier: Apache-2.0
import { STATUS_CODES } from 'node:http';
import { type FlatHeaders, hasName } from './headers.js';

/** The head of a response as text, for sockets that no HTTP library writes to. */
export function headText(
  status: number,
  reason: string,
  headers: FlatHeaders,
  connection: 'close' | 'upgrade',
): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  if (!hasName(headers, 'connection')) text += `connection: ${connection}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}

/** A whole answer of the proxy itself, the last on its connection. */
export function refusalText(status: number, text: string): string {
  const body = text === '' ? '' : `${text}\n`;
  const type = body === '' ? [] : ['content-type', 'text/plain; charset=utf-8'];
  const headers = [...type, 'content-length', `${Buffer.byteLength(body)}`];
  return headText(status, STATUS_CODES[status] ?? '', headers, 'close') + body;
}
