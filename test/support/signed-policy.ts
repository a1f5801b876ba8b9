import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type ReadPolicy, readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import type { Keyring } from '../../src/appraisal/policy/signing/keyring.ts';
import { type KnownRevision, revisionOf } from '../../src/appraisal/policy/signing/revision.ts';
import { POLICY_PAYLOAD_TYPE } from '../../src/appraisal/policy/signing/signed-policy.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { type Envelope, writeEnvelope } from '../../src/core/encoding/dsse.ts';
import { type EnvelopeSigner, signEnvelope } from '../../src/core/encoding/dsse-signatures.ts';
import { parsePublicKey } from '../../src/core/x509/public-key.ts';

/** A person with a key, and the key as files. */
export interface Person extends EnvelopeSigner {
  readonly privatePem: string;
  readonly publicPem: string;
}

export function person(algorithm: 'ed25519' | 'p256' = 'ed25519'): Person {
  const { privateKey, publicKey } =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: parsePublicKey(publicKey.export({ format: 'der', type: 'spki' }), 'key'),
    sign: (message) => signed(privateKey, message),
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

function signed(key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(
    key.asymmetricKeyType === 'ed25519'
      ? sign(null, message, key)
      : sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }),
  );
}

export const [alice, bob, carol, mallory] = [person(), person('p256'), person(), person()];

/** Two of three, and nothing waits. */
export function keyringOf(more: Partial<Keyring> = {}): Keyring {
  const keys = Object.entries({ alice, bob, carol });
  return {
    name: 'cpu-nodes',
    threshold: 2,
    revokeThreshold: 1,
    keys: keys.map(([owner, { publicKey }]) => ({ owner, publicKey })),
    activationDelay: 0,
    ...more,
  };
}

type Members = Readonly<Record<string, unknown>>;

const reason = 'not asked for in this test';

/** A reference set whose measurement is this digit over and over. */
export function referenceSet(digit: string, lifecycle: Members = { state: 'active' }): Members {
  return { ...VALUES, id: `image-${digit}`, lifecycle, measurement: digit.repeat(96) };
}

const VALUES = {
  hostData: { skip: reason },
  familyId: { skip: reason },
  imageId: { skip: reason },
  idKeyDigest: { skip: reason },
  authorKeyDigest: { skip: reason },
  minGuestSvn: { skip: reason },
};

/** A whole policy; `metadata` and `referenceSets` as given. */
export function policyJson(metadata: Members = {}, sets: readonly Members[] = [referenceSet('a')]) {
  return {
    apiVersion: 'postern/v1',
    kind: 'MeasurementPolicy',
    metadata: {
      name: 'cpu-nodes',
      revision: 1,
      lifecycle: { state: 'active' },
      owners: ['alice'],
      ...metadata,
    },
    spec: {
      role: 'node',
      evidence: {
        cpu: {
          type: 'amd-sev-snp',
          referenceSets: sets,
          guestPolicy: {
            debug: 'forbid',
            migrateMa: 'forbid',
            smt: 'any',
            singleSocket: 'any',
            cxlAllow: 'any',
            memAes256Xts: 'any',
            raplDis: 'any',
            ciphertextHidingDram: 'any',
            pageSwapDisable: 'any',
            minAbi: { skip: reason },
          },
          platformInfo: {
            smtEn: 'any',
            tsmeEn: 'any',
            eccEn: 'any',
            raplDis: 'any',
            ciphertextHidingDramEn: 'any',
            aliasCheckComplete: 'any',
            iommuWriteSafe: 'any',
            tioEn: 'any',
          },
          minTcb: { genoa: { bootLoader: 9, tee: 0, snp: 23, microcode: 72 } },
          tcbAppliesTo: ['reported'],
          bulletins: { skip: reason },
          vmpl: [0],
          signer: ['vcek'],
          provisionalFirmware: 'forbid',
          crl: 'require',
        },
      },
      composite: { topology: { skip: reason } },
      bindings: { skip: reason },
      workload: { agentConfigSha256: { skip: reason }, weightsSha256: { skip: reason } },
      deployment: { skip: reason },
      logHygiene: { commandLine: { skip: reason }, events: { skip: reason } },
      freshness: { nonceTtl: '120s', resultTtl: '15m', reattestEvery: '10m' },
      assertions: [],
    },
  };
}

export function policyOf(metadata?: Members, sets?: readonly Members[]): ReadPolicy {
  return readPolicy(utf8(JSON.stringify(policyJson(metadata, sets))));
}

/** The revision after `before`, which says so. */
export function successor(
  before: KnownRevision,
  metadata: Members = {},
  sets?: readonly Members[],
): ReadPolicy {
  const { revision } = before.policy.metadata;
  return policyOf({ revision: revision + 1, previous: before.digest, ...metadata }, sets);
}

export function known(policy: ReadPolicy): KnownRevision {
  return revisionOf(policy);
}

export function envelopeOf(
  payload: Uint8Array,
  signers: readonly EnvelopeSigner[],
  payloadType = POLICY_PAYLOAD_TYPE,
): Envelope {
  return signers.reduce<Envelope>(signEnvelope, { payload, payloadType, signatures: [] });
}

export function written(envelope: Envelope): Uint8Array {
  return utf8(writeEnvelope(envelope));
}
