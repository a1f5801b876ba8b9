import { generateKeyPairSync, sign } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { attest, challengeFor } from '../../../src/agent/gateway/attestation.ts';
import { enrol } from '../../../src/agent/gateway/enrol.ts';
import { GatewayClient } from '../../../src/agent/gateway/gateway-client.ts';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import type { BundleMachine } from '../../../src/simulator/bundle/simulate.ts';
import { POOL } from './bench-gateway.ts';
import { machineOf, ORIGIN } from './fleet-evidence.ts';

/** Machines of those numbers are to come to a gateway, so many at once. */
export interface Coming {
  readonly url: string;
  readonly numbers: readonly number[];
  readonly atOnce: number;
}

/** Each makes a key, enrols, is challenged and shows its evidence; answers with the ids of their nodes. */
const machines = new Map<number, BundleMachine>();

parentPort?.on('message', async (coming: Coming) => {
  const gateway = new GatewayClient(
    {
      fetch,
      now: Date.now,
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
    { base: coming.url, origin: ORIGIN, proof: undefined },
  );
  const waiting = [...coming.numbers];
  const ids: string[] = [];
  const turns = Array.from({ length: coming.atOnce }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      ids.push(await admitted(gateway, next));
    }
  });
  await Promise.all(turns);
  parentPort?.postMessage(ids);
});

async function admitted(gateway: GatewayClient, number: number): Promise<string> {
  const machine = machines.get(number) ?? (await machineOf(number));
  machines.set(number, machine);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const signer = {
    kind: 'signature',
    publicKey: toHex(new Uint8Array(raw)),
    sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)),
  } as const;
  const inventory = { cpu: 'tdx', gpus: 0, switches: 0 } as const;
  const { id } = await enrol(gateway, signer, { name: `new-${number}`, pool: POOL, inventory });
  const { nonce, purpose } = await challengeFor(gateway, id);
  const bundle = machine.bundle({ nonce: fromHex(nonce, 'nonce', 32), purpose });
  const outcome = await attest(gateway, id, nonce, bundle);
  if (outcome.verdict !== 'accept') throw new Error(`not admitted: ${outcome.problem.detail}`);
  return id;
}
