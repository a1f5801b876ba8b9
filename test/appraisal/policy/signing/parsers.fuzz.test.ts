import fc from 'fast-check';
import { expect } from 'vitest';
import { parseKeyring } from '../../../../src/appraisal/policy/signing/keyring.ts';
import {
  makeRevocation,
  parseRevocation,
  REVOCATION_PAYLOAD_TYPE,
} from '../../../../src/appraisal/policy/signing/revocation.ts';
import { revocationsOf } from '../../../../src/appraisal/policy/signing/revocations.ts';
import { verifySignedPolicy } from '../../../../src/appraisal/policy/signing/signed-policy.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { parseEnvelope, writeEnvelope } from '../../../../src/core/encoding/dsse.ts';
import { Fault } from '../../../../src/core/fault.ts';
import { parsePublicKey } from '../../../../src/core/x509/public-key.ts';
import { damaged, fuzz, orRefused } from '../../../support/fuzz.ts';
import {
  alice,
  bob,
  envelopeOf,
  keyringOf,
  known,
  policyOf,
  written,
} from '../../../support/signed-policy.ts';
import { asView } from '../../../support/view.ts';

/** A key of a kind that is not for signing is refused as well, by its own name. */
function orUnread<T>(parse: () => T): T | undefined {
  try {
    return orRefused(parse);
  } catch (error) {
    if (error instanceof Fault && error.code === 'unsupported') return undefined;
    throw error;
  }
}

const policy = policyOf();
const at = Date.UTC(2026, 5, 1);
const { payload } = makeRevocation(known(policy), 'a reason to revoke', at);
const signedPolicy = written(envelopeOf(policy.canonical, [alice, bob]));
const revocation = written(envelopeOf(payload, [alice], REVOCATION_PAYLOAD_TYPE));
const keyring = keyringOf();

fuzz(
  'an envelope reads the same from wherever it lies, and when it is written again',
  fc.oneof(damaged(signedPolicy, revocation), fc.json().map(utf8)),
  (bytes) => {
    const envelope = orRefused(() => parseEnvelope(bytes, 'fuzz'));
    if (envelope === undefined) return;
    expect(parseEnvelope(asView(bytes), 'fuzz')).toEqual(envelope);
    expect(parseEnvelope(utf8(writeEnvelope(envelope)), 'fuzz')).toEqual(envelope);
  },
);

fuzz('a damaged envelope holds the very policy, or none', damaged(signedPolicy), (envelope) => {
  const result = verifySignedPolicy({ envelope, keyring, revocations: [revocation], at });
  if (result.policy) expect(result.policy.digest).toBe(policy.digest);
  expect(result.verdict).not.toBe('accept');
});

fuzz('a damaged revocation revokes the very policy, or nothing', damaged(revocation), (bytes) => {
  const { revokedBy, ignored } = revocationsOf(policy.digest, [bytes], { keyring, at });
  expect(revokedBy.length + ignored.length).toBe(1);
  for (const { reason } of revokedBy) expect(reason).toBe('a reason to revoke');
});

fuzz('the payload of a revocation has one text', damaged(payload), (bytes) => {
  const read = orRefused(() => parseRevocation(bytes, 'fuzz'));
  if (read === undefined) return;
  expect(utf8(JSON.stringify({ ...sorted(read), v: 1 }))).toEqual(bytes);
});

function sorted(object: object): object {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const keys = [alice, bob].map(({ publicPem }, i) => ({
  owner: `owner ${i}`,
  publicKey: publicPem,
}));
const ring = utf8(
  JSON.stringify({
    v: 1,
    name: '*',
    threshold: 2,
    revokeThreshold: 1,
    activationDelay: '7d',
    keys,
  }),
);

fuzz('a keyring counts each key and owner once', damaged(ring), (bytes) => {
  const read = orUnread(() => parseKeyring(bytes, 'fuzz'));
  if (read === undefined) return;
  const distinct = new Set(read.keys.map(({ publicKey }) => publicKey.keyId)).size;
  expect(distinct).toBe(read.keys.length);
  for (const threshold of [read.threshold, read.revokeThreshold]) {
    expect(threshold).toBeGreaterThan(0);
    expect(threshold).toBeLessThanOrEqual(distinct);
  }
  expect(read.activationDelay).toBeGreaterThanOrEqual(0);
});

fuzz(
  'a key is its bytes, every one of them',
  damaged(alice.publicKey.spki, bob.publicKey.spki),
  (bytes) => {
    const key = orUnread(() => parsePublicKey(asView(bytes), 'fuzz'));
    if (key) expect([key.spki, bytes.length]).toEqual([bytes, key.algorithm === 'p256' ? 91 : 44]);
  },
);
