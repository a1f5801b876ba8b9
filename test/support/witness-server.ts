import { createServer, listenOn } from '../../src/gateway/http/server.ts';
import { witnessRoutes } from '../../src/gateway/http/witness-routes.ts';
import { parseVerifierKey, writeVerifierKey } from '../../src/ledger/note/verifier-key.ts';
import { Witness } from '../../src/ledger/witness/witness.ts';
import { WitnessMemory, witnessSigners } from './witnessing.ts';

export interface RunningWitness {
  /** Of the log, with this witness as its quorum. */
  readonly tlogPolicy: string;
  readonly close: () => Promise<void>;
}

/** A witness on loopback. @param log verifier key of the log that it cosigns. */
export async function startWitness(log: string, now: () => number): Promise<RunningWitness> {
  const key = parseVerifierKey(log, 'vkey');
  const signers = witnessSigners.slice(0, 1);
  const app = createServer();
  app.register(witnessRoutes, {
    witness: new Witness({
      store: new WitnessMemory(),
      logs: new Map([[key.name, [key]]]),
      signers,
      now,
      keepFork: async () => undefined,
    }),
  });
  const url = await listenOn(app, '127.0.0.1', 0);
  const witness = signers.map((signer) => writeVerifierKey(signer.key)).join();
  return {
    tlogPolicy: `log ${log}\nwitness w ${witness} ${url}\nquorum w\n`,
    close: async () => app.close(),
  };
}
