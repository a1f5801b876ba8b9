import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Who holds an address: passes each new connection on to whomever he likes. */
export interface Switchboard {
  readonly port: number;
  /** A port on the loopback. */
  to: number;
  readonly close: () => Promise<void>;
}

export async function switchboard(to: number): Promise<Switchboard> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(board.to, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const board = {
    port: (server.address() as AddressInfo).port,
    to,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return board;
}
