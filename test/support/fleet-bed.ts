import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { SignJWT } from 'jose';
import type { BundleAnchors } from '../../src/appraisal/bundle/input.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { BundleAppraiser } from '../../src/gateway/fleet/bundle-appraiser.ts';
import type { FleetDeps } from '../../src/gateway/fleet/deps.ts';
import { Fleet } from '../../src/gateway/fleet/fleet.ts';
import { VerifyingHere } from '../../src/gateway/fleet/machine-verifier.ts';
import type { FleetNode, Inventory, NodeKey } from '../../src/gateway/fleet/node.ts';
import { Past } from '../../src/gateway/fleet/past.ts';
import type { PoolConfig } from '../../src/gateway/fleet/pool.ts';
import { EarTokens } from '../../src/gateway/fleet/token-maker.ts';
import { WriterLedger } from '../../src/gateway/fleet/writer-ledger.ts';
import type { Principal } from '../../src/gateway/identity/credential.ts';
import type { LedgerWriter } from '../../src/ledger/writer/ledger-writer.ts';
import { enrolmentTranscript } from '../../src/protocol/enrolment-transcript.ts';
import { bundleAnchors } from '../../src/simulator/bundle/anchors.ts';
import type { BundleMachineOptions } from '../../src/simulator/bundle/simulate.ts';
import { type BundleMachine, createBundleMachine } from '../../src/simulator/bundle/simulate.ts';
import { SIMULATED_NOW } from '../../src/simulator/tdx/plan.ts';
import type { GatewayStore } from '../../src/store/gateway-store.ts';
import { verifiedBundle } from './bundle.ts';
import { writerOn } from './ledger-writing.ts';
import { type PolicyEdit, policyFor } from './policy.ts';

export const GATEWAY = 'https://gate.example';
export const ADMIN: Principal = {
  kind: 'credential',
  id: 'ad'.repeat(8),
  name: 'a',
  role: 'admin',
};
/** Everybody's `reason`. */
export const REASON = 'because the test says so';

export const MINUTE = 60_000;
const TIMES = {
  challengeTtl: 2 * MINUTE,
  clockSkew: 5000,
  challengeKeyLife: 24 * 60 * MINUTE,
  claim: 30_000,
  retry: 10_000,
  retryMost: 10 * MINUTE,
  admissionMost: 60 * MINUTE,
  overrideMost: 24 * 60 * MINUTE,
} as const;

/** A machine and its operator's key. */
export interface Member {
  readonly machine: BundleMachine;
  readonly key: NodeKey;
  readonly privateKey: KeyObject;
  readonly inventory: Inventory;
}

/** All machines are of one simulated world, each with hardware of its own. */
export async function member(name: string, options: BundleMachineOptions = {}): Promise<Member> {
  const { cpu = 'tdx', gpus = 0, switches = 0 } = options;
  const machine = await createBundleMachine({
    revocation: 'published',
    ...options,
    cpu,
    gpus,
    switches,
    machine: name,
  });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key: NodeKey = { algorithm: 'ed25519', publicKey: toHex(new Uint8Array(raw)) };
  return { machine, key, privateKey, inventory: { cpu, gpus, switches } };
}

/** The policy that a machine meets, as a file; every other of its kind meets it too. */
export function policyFile(
  { machine }: Member,
  name: string,
  edit: PolicyEdit = () => undefined,
): Uint8Array {
  const { bundle, ...made } = machine;
  const simulated = { ...made, bundle: bundle(), questions: {} };
  const verified = verifiedBundle(simulated, simulated.bundle, {
    expected: { nonce: machine.plan.nonce },
    endorsements: machine.published,
  });
  const policy = policyFor(verified, (draft) => {
    draft.metadata.name = name;
    if ('purposes' in draft.spec.bindings) {
      draft.spec.bindings.purposes = [`admission:${GATEWAY}`];
      draft.spec.bindings.challenge = 'require';
    }
    draft.spec.deployment = { skip: 'any machine of the fleet will do' };
    draft.spec.freshness = {
      nonceTtl: '2m',
      resultTtl: '15m',
      reattestEvery: '10m',
      reattestGrace: '5m',
    };
    edit(draft);
  });
  return utf8(JSON.stringify(policy));
}

export interface FleetBed {
  readonly fleet: Fleet;
  readonly store: GatewayStore;
  readonly writer: LedgerWriter<never>;
  /** To be moved by the test. */
  readonly clock: { now: number };
  /** How nodes answer at their endpoints, by endpoint. */
  readonly endpoints: Map<string, FleetDeps['caller']['call']>;
  /** The key of result tokens and statements. */
  readonly tokenKey: KeyObject;
  close(): Promise<void>;
}

export interface FleetBedOptions {
  readonly configs?: readonly PoolConfig[];
  readonly clock?: { now: number };
  readonly deps?: Partial<FleetDeps>;
  /** What vendors publish of the machines that are there. */
  readonly published: readonly Member[];
}

const KEY = new Uint8Array(32).fill(9);

export async function fleetBed(
  store: GatewayStore,
  { configs = POOLS, clock = { now: SIMULATED_NOW }, deps = {}, published }: FleetBedOptions,
): Promise<FleetBed> {
  const writer = await writerOn(store, { now: () => clock.now });
  const anchors = anchorsOf(published);
  const token = generateKeyPairSync('ed25519');
  const endpoints: FleetBed['endpoints'] = new Map();
  const byKind = new Map(
    published.map(({ machine, inventory }) => [inventory.cpu, machine.published] as const),
  );
  const rims = published.flatMap(({ machine }) => machine.published.rims ?? []);
  const ocsp = published.flatMap(({ machine }) => machine.published.ocsp ?? []);
  const all: FleetDeps = {
    store,
    ledger: new WriterLedger(writer, { origin: 'log.example/writer', engine: 'postern/0.1.0' }),
    past: new Past(store),
    appraiser: new BundleAppraiser({
      anchors,
      verifying: new VerifyingHere(anchors),
      limits: { atOnce: 8, waiting: 1000 },
      find: async ({ cpu, devices, endorsements }) => {
        const {
          vek: _vek,
          rims: _rims,
          ocsp: _ocsp,
          ...own
        } = byKind.get(cpu?.kind ?? 'tdx') ?? {};
        return {
          ...own,
          ...(endorsements.snpVek && { vek: endorsements.snpVek }),
          ...(devices.length > 0 && { rims, ocsp }),
        };
      },
    }),
    tokens: new EarTokens({
      issuer: GATEWAY,
      audience: 'test',
      build: '0.1.0',
      signer: { algorithm: 'EdDSA', keyId: 'k', privateKey: token.privateKey },
    }),
    caller: {
      call: async (endpoint, challenge) => {
        const answer = endpoints.get(endpoint);
        if (answer === undefined) throw new Error(`nobody at ${endpoint}`);
        return answer(endpoint, challenge);
      },
    },
    verifySignature: ({ publicKey }, message, signature) =>
      verify(null, message, spkiOf(publicKey), signature),
    signStatement: (typ, claims) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', typ }).sign(token.privateKey),
    gateway: GATEWAY,
    endpoints: 'private-too',
    hardwareKey: KEY,
    now: () => clock.now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    random: () => 0.5,
    times: TIMES,
    ...deps,
  };
  const fleet = await Fleet.open(all, configs);
  return {
    fleet,
    store,
    writer: writer as never,
    clock,
    endpoints,
    tokenKey: token.publicKey,
    close: async () => {
      await fleet.close();
      await writer.close();
    },
  };
}

const POOLS: readonly PoolConfig[] = [
  { name: 'tdx', identity: 'required' },
  { name: 'snp', identity: 'required' },
  { name: 'gpu', identity: 'required' },
];

function anchorsOf([first]: readonly Member[]): BundleAnchors {
  if (first === undefined) throw new Error('no machine');
  return bundleAnchors(first.machine.roots);
}

function spkiOf(publicKey: string) {
  const der = Buffer.from(`302a300506032b6570032100${publicKey}`, 'hex');
  return { key: der, format: 'der' as const, type: 'spki' as const };
}

export async function enrol(
  { fleet }: Pick<FleetBed, 'fleet'>,
  { key, privateKey, inventory }: Member,
  more: Pick<FleetNode, 'name' | 'pool' | 'endpoint' | 'services'>,
  by = ADMIN,
): Promise<FleetNode> {
  const { nonce } = await fleet.enrolmentChallenge(key);
  const enrolled = { ...more, key, inventory };
  const message = enrolmentTranscript({ origin: GATEWAY, nonce, enrolled });
  const signature = new Uint8Array(sign(null, message, privateKey));
  return fleet.enrol({ ...enrolled, nonce, signature }, by);
}

/** A challenge, answered by a machine: its own, unless it is another's. */
export async function attest(
  { fleet }: Pick<FleetBed, 'fleet'>,
  node: string,
  { machine }: Member,
) {
  const { nonce, purpose } = await fleet.challenge(node);
  return fleet.attest(node, { nonce, bundle: machine.bundle({ nonce, purpose }) });
}
