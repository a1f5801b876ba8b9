import type { TLSSocket } from 'node:tls';
import type { AttestedTlsOptions } from '../../../src/client/tls/attested-tls.ts';
import { type ClientBed, clientBed, NODE } from './bed.ts';
import { POOL } from './gateway.ts';
import type { MachineChanges } from './machine.ts';
import { servingTls, type TlsKey, tlsKey } from './tls-box.ts';

/** A machine that serves TLS, before a gateway, and how a client of it is made. */
export interface TlsBed extends ClientBed {
  readonly key: TlsKey;
  readonly tls: AttestedTlsOptions;
}

export async function tlsBed(changes: MachineChanges = {}): Promise<TlsBed> {
  const key = await tlsKey();
  const bed = await clientBed({
    serving: [servingTls(key)],
    policy: ({ spec }) => {
      if ('skip' in spec.bindings) throw new Error('bindings are skipped');
      spec.bindings.purposes = ['client', 'tls-session', 'tls-certificate'];
    },
    ...changes,
  });
  return { ...bed, key, tls: { ...bed.options, pool: POOL, node: NODE } };
}

/** @returns the first bytes that come back, as text. */
export async function said(socket: TLSSocket, text: string): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    socket.once('data', (part) => resolve(part.toString())).once('error', reject);
  });
  socket.write(text);
  return answer;
}

/** @returns what a connection was destroyed with. */
export function endOf(socket: TLSSocket): Promise<Error | null> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve(socket.errored));
  });
}
