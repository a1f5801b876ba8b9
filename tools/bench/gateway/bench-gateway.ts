import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { signStatement } from '../../../src/appraisal/result/signed-statement.ts';
import { verificationThreads } from '../../../src/cli/gateway/settings.ts';
import { VerifyingThreads } from '../../../src/cli/gateway/threads/verifying-threads.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { BundleAppraiser } from '../../../src/gateway/fleet/bundle-appraiser.ts';
import { Decisions } from '../../../src/gateway/fleet/decisions.ts';
import type { NodeCaller } from '../../../src/gateway/fleet/deps.ts';
import { GatewayService } from '../../../src/gateway/fleet/gateway-service.ts';
import type { NodeKey } from '../../../src/gateway/fleet/node.ts';
import { Past } from '../../../src/gateway/fleet/past.ts';
import type { FleetChange } from '../../../src/gateway/fleet/store.ts';
import { EarTokens } from '../../../src/gateway/fleet/token-maker.ts';
import { WriterLedger } from '../../../src/gateway/fleet/writer-ledger.ts';
import { LedgerWriter } from '../../../src/ledger/writer/ledger-writer.ts';
import { enrolmentTranscript } from '../../../src/protocol/enrolment-transcript.ts';
import type { GatewayStore } from '../../../src/store/gateway-store.ts';
import { openStore, type StoreOptions } from '../../../src/store/open.ts';
import { benchIdentity } from '../ledger/append.ts';
import { type FleetEvidence, ORIGIN } from './fleet-evidence.ts';

export const POOL = 'bench';
/** As a gateway has it unless its configuration says otherwise. */
export const AT_ONCE = 8;

export interface BenchGateway {
  readonly service: GatewayService;
  readonly store: GatewayStore;
  readonly writer: LedgerWriter<FleetChange>;
  readonly now: () => number;
  close(): Promise<void>;
}

/**
 * A gateway without its HTTP, put together as the command line does, with the same threads. Its
 * clock begins when the evidence is in date, and its endorsements are at hand.
 *
 * @param answer how nodes answer at their endpoints, which are their numbers.
 */
export async function benchGateway(
  place: StoreOptions,
  { anchors, published, policy, at }: FleetEvidence,
  answer: NodeCaller['call'] = () => Promise.reject(new Error('nobody is called')),
): Promise<BenchGateway> {
  const begun = performance.now();
  const now = () => Math.floor(at + performance.now() - begun);
  const store = await openStore({ ...place, archiveKey: randomBytes(32) });
  const identity = benchIdentity();
  const writer = await LedgerWriter.open<FleetChange>({
    store,
    identity,
    holder: 'bench',
    now,
    pause: (ms) => setTimeout(ms, undefined, { ref: false }),
  });
  const limits = { threads: 'auto', verifications: AT_ONCE } as const;
  const verifying = await VerifyingThreads.open({
    anchors,
    threads: verificationThreads(limits, availableParallelism()),
    waiting: AT_ONCE,
  });
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = { algorithm: 'EdDSA', keyId: 'bench', privateKey } as const;
  const service = await GatewayService.open(
    {
      store,
      log: store,
      decisions: new Decisions(store, identity.origin),
      ledger: new WriterLedger(writer, { origin: identity.origin, engine: 'postern/0.0.0-bench' }),
      past: new Past(store),
      appraiser: new BundleAppraiser({
        anchors,
        verifying,
        find: async () => published,
        limits: { atOnce: AT_ONCE, waiting: 1024 },
      }),
      tokens: new EarTokens({ issuer: ORIGIN, audience: ORIGIN, build: '0.0.0', signer }),
      caller: { call: answer },
      verifySignature: ({ publicKey }, message, signature) =>
        verify(null, message, spkiOf(publicKey), signature),
      signStatement: (type, claims) => signStatement(type, claims, signer),
      gateway: ORIGIN,
      endpoints: 'private-too',
      hardwareKey: randomBytes(32),
      now,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      random: Math.random,
      times: TIMES,
      observe: {
        decided: () => {},
        lag: () => {},
        // A bench of failures would measure nothing.
        failed: (fault) => {
          throw fault;
        },
      },
    },
    [
      { name: POOL, identity: 'required' },
      { name: PARKED, identity: 'required' },
    ],
  );
  await service.activatePolicy(POOL, { kind: 'anyone' }, policy, []);
  return {
    service,
    store,
    writer,
    now,
    close: async () => {
      await service.close();
      await verifying.close();
      await writer.close();
      await store.close();
    },
  };
}

/** Who enrols nodes, and takes them off the list. */
export const OPERATOR = {
  kind: 'credential',
  id: '00'.repeat(8),
  name: 'bench',
  role: 'admin',
} as const;

/** Of nodes that are there, and have nothing to do. */
export const PARKED = 'parked';

const HOUR = 3_600_000;
const TIMES = {
  challengeTtl: HOUR,
  clockSkew: 5000,
  challengeKeyLife: 24 * HOUR,
  claim: 60_000,
  retry: 10_000,
  retryMost: HOUR,
  admissionMost: 24 * HOUR,
  overrideMost: 24 * HOUR,
} as const;

const SPKI = '302a300506032b6570032100';

function spkiOf(publicKey: string) {
  const key = Buffer.from(`${SPKI}${publicKey}`, 'hex');
  return { key, format: 'der' as const, type: 'spki' as const };
}

/** Enrols a TDX machine with a key of its own, as its operator does. @returns its id. */
export async function enrolNode(
  { service }: Pick<BenchGateway, 'service'>,
  name: string,
  endpoint?: string,
): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key: NodeKey = { algorithm: 'ed25519', publicKey: toHex(new Uint8Array(raw)) };
  const { nonce } = await service.enrolmentChallenge(key);
  const inventory = { cpu: 'tdx', gpus: 0, switches: 0 } as const;
  const enrolled = { name, pool: POOL, key, inventory, ...(endpoint && { endpoint }) };
  const message = enrolmentTranscript({ origin: ORIGIN, nonce, enrolled });
  const signature = new Uint8Array(sign(null, message, privateKey));
  return (await service.enrol({ ...enrolled, nonce, signature }, OPERATOR)).id;
}
