// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * `held-clients-main KIND PORT COUNT [PATH]`: opens connections that stay open, each proven by one exchange, and prints `open`. KIND is
 * http1 (a request answered), websocket (an echo seen), tcp (a request answered) or h2c (a request answered). Lines in:
 * `closed` prints how many were closed by the other side; `reuse` sends a request on each, one after another, without looking for a FIN
 * first, and prints how many failed; `ports N` prints the local ports of the last N; `add N` opens N more and prints `open`.
 */
type Kind = 'http1' | 'websocket' | 'tcp' | 'h2c';

const path = process.argv[5] ?? '/';
const REQUEST = `GET ${path} HTTP/1.1\r\nhost: bench\r\n\r\n`;
const UPGRADE =
  `GET ${path} HTTP/1.1\r\nhost: bench\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
/** A text frame whose mask changes nothing (RFC 6455 §5.2); the echo is at least as long as its text. */
const FRAME = Buffer.concat([Buffer.from([0x81, 0x84, 0, 0, 0, 0]), Buffer.from('ping')]);
const BODY_BYTES = 1024;
const BATCH = 100;
const ANSWER_MS = 3000;

interface Held {
  readonly localPort: number;
  closed: boolean;
  /** One more exchange; false when it was not answered. */
  exchange(): Promise<boolean>;
}

async function open(kind: Kind, port: number): Promise<Held> {
  if (kind === 'h2c') return openHttp2(port);
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const held: Held = {
    localPort: socket.localPort ?? 0,
    closed: false,
    exchange: () =>
      kind === 'websocket'
        ? answered(socket, FRAME, (bytes) => bytes >= 4)
        : answered(socket, REQUEST, (bytes) => bytes > BODY_BYTES),
  };
  socket.on('error', () => socket.destroy());
  socket.once('end', () => {
    held.closed = true;
  });
  socket.once('close', () => {
    held.closed = true;
  });
  if (kind === 'websocket' && !(await answered(socket, UPGRADE, (bytes) => bytes > 50))) {
    throw new Error('no upgrade');
  }
  if (!(await held.exchange())) throw new Error(`a new ${kind} connection was not answered`);
  return held;
}

/** Whether bytes enough came back before the socket ended or the time was up. */
function answered(
  socket: Socket,
  text: string | Buffer,
  enough: (bytes: number) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    let bytes = 0;
    const settle = (good: boolean): void => {
      socket.off('data', onData);
      socket.off('close', onClose);
      clearTimeout(timer);
      resolve(good);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (enough(bytes)) settle(true);
    };
    const onClose = (): void => settle(false);
    const timer = setTimeout(() => settle(false), ANSWER_MS);
    if (socket.destroyed) {
      settle(false);
      return;
    }
    socket.on('data', onData);
    socket.once('close', onClose);
    socket.write(text);
  });
}

async function openHttp2(port: number): Promise<Held> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const held: Held = {
    localPort: 0,
    closed: false,
    async exchange() {
      const stream = session.request({ ':path': path });
      stream.resume();
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      await once(stream, 'end');
      return headers[':status'] === 200;
    },
  };
  session.on('error', () => session.destroy());
  session.once('close', () => {
    held.closed = true;
  });
  await held.exchange();
  return held;
}

async function main(kind: Kind, port: number, count: number): Promise<void> {
  const all: Held[] = [];
  const add = async (more: number): Promise<void> => {
    const until = all.length + more;
    while (all.length < until) {
      const size = Math.min(BATCH, until - all.length);
      all.push(...(await Promise.all(Array.from({ length: size }, () => open(kind, port)))));
    }
  };
  await add(count);
  console.log('open');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ');
    if (command === 'ports') {
      console.log(
        all
          .slice(-Number(argument))
          .map(({ localPort }) => localPort)
          .join(' '),
      );
    }
    if (command === 'add') {
      await add(Number(argument));
      console.log('open');
    }
    if (line === 'closed') console.log(all.filter(({ closed }) => closed).length);
    if (line === 'reuse') {
      let failed = 0;
      for (const held of all) if (!(await held.exchange())) failed += 1;
      console.log(failed);
    }
  }
  process.exit(0);
}

await main(process.argv[2] as Kind, Number(process.argv[3]), Number(process.argv[4]));
