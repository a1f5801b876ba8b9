import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Gateway } from '../../src/gateway/http/gateway.ts';

export interface Wire {
  readonly socket: Socket;
  send(text: string | Uint8Array): void;
  /** All that came, once a piece of it has come; fails if the connection ends before. */
  until(piece: string): Promise<string>;
  /** All that came, once the other side has closed. */
  end(): Promise<string>;
}

/** Listens on a free port of this machine. */
export async function listening(app: Gateway): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** A connection on which whatever is wanted can be sent, in whatever pieces. */
export async function wire(port: number, halfOpen: 'kept' | 'closed' = 'closed'): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: halfOpen === 'kept' });
  let came = '';
  let closed = false;
  const looks = new Set<() => void>();
  const look = () => {
    for (const one of looks) one();
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    came += text;
    look();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    look();
  });
  await once(socket, 'connect');
  const when = (is: () => boolean) =>
    new Promise<string>((resolve, reject) => {
      const one = () => {
        if (is()) resolve(came);
        else if (closed) reject(new Error(`closed after ${JSON.stringify(came)}`));
        else return;
        looks.delete(one);
      };
      looks.add(one);
      one();
    });
  return {
    socket,
    send: (text) => void socket.write(text),
    until: (piece) => when(() => came.includes(piece)),
    end: () => when(() => closed),
  };
}

export function statuses(came: string): number[] {
  return [...came.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
