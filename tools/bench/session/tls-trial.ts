import { connect, type TLSSocket } from 'node:tls';
import { openAttestedTls } from '../../../src/client/tls/attested-tls.ts';
import { tlsBed } from '../../../test/support/client/tls-bed.ts';
import { tlsBox } from '../../../test/support/client/tls-box.ts';
import type { Scratch } from '../ledger/scratch.ts';
import { median, type Result } from '../measure.ts';
import type { Trial } from '../trial.ts';

const ROUNDS = 31;
const WARM_UP = 5;

/** Connections to a machine on the loopback, by turns: plain, within a verification, and with one. */
export function tlsTrials(scratch: Scratch): readonly Trial[] {
  return [{ name: 'tls.connect', run: () => connections(scratch) }];
}

async function connections(scratch: Scratch): Promise<Result> {
  const bed = await tlsBed();
  const { address, close } = await tlsBox(bed.key);
  scratch.onEnd(close);
  const held = await openAttestedTls(bed.tls);
  await held.verify();
  const ways = {
    plain: () => plain(address),
    attested: () => held.connect(address),
    first: async () => (await openAttestedTls(bed.tls)).connect(address),
  };
  const times = { plain: [] as number[], attested: [] as number[], first: [] as number[] };
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const name of ['plain', 'attested', 'first'] as const) {
      const took = await timeOf(ways[name]);
      if (round >= WARM_UP) times[name].push(took);
    }
  }
  const [plainMs, attestedMs] = [median(times.plain), median(times.attested)];
  return {
    name: 'tls.connect',
    perSecond: 1000 / attestedMs,
    against: 'limit.tls.plain',
    ratio: plainMs / attestedMs,
    also: { plainMs, attestedMs, firstMs: median(times.first) },
  };
}

async function timeOf(open: () => Promise<TLSSocket>): Promise<number> {
  const start = performance.now();
  const socket = await open();
  const took = performance.now() - start;
  socket.destroy();
  return took;
}

function plain(address: { readonly host: string; readonly port: number }): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, minVersion: 'TLSv1.3', rejectUnauthorized: false });
    socket.once('error', reject).once('secureConnect', () => resolve(socket));
  });
}
