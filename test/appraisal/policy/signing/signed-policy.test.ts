import { describe, expect, it } from 'vitest';
import {
  makeRevocation,
  REVOCATION_PAYLOAD_TYPE,
} from '../../../../src/appraisal/policy/signing/revocation.ts';
import {
  POLICY_PAYLOAD_TYPE,
  verifySignedPolicy,
} from '../../../../src/appraisal/policy/signing/signed-policy.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { signEnvelope } from '../../../../src/core/encoding/dsse-signatures.ts';
import type { Check } from '../../../../src/evidence/verdict.ts';
import {
  alice,
  bob,
  envelopeOf,
  keyringOf,
  known,
  mallory,
  person,
  policyJson,
  policyOf,
  written,
} from '../../../support/signed-policy.ts';
import { asView } from '../../../support/view.ts';

const policy = policyOf();
const envelope = envelopeOf(policy.canonical, [alice, bob]);
const at = Date.UTC(2026, 5, 1);
const verify = (bytes: Uint8Array, revocations?: readonly Uint8Array[], keyring = keyringOf()) =>
  verifySignedPolicy({ envelope: bytes, keyring, at, ...(revocations && { revocations }) });
const failed = (checks: readonly Check[]) =>
  checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);

it('accepts what two of three signed, and reads the policy out of the signed bytes', () => {
  const result = verify(asView(written(envelope)));
  expect(result.checks.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  expect([result.verdict, result.policy?.digest]).toEqual(['accept', policy.digest]);
});

describe('rejects', () => {
  const other = policyOf({ name: 'gpu-nodes' });
  const text = utf8(JSON.stringify(policyJson(), undefined, 1));
  const revocation = makeRevocation(known(policy), 'key was stolen', at).payload;
  it.each([
    ['one signature of two', envelopeOf(policy.canonical, [alice]), ['policy.signed.signatures']],
    [
      'a stranger for the second',
      envelopeOf(policy.canonical, [alice, mallory]),
      ['policy.signed.signatures'],
    ],
    ['no signature', { ...envelope, signatures: [] }, ['policy.signed.signatures']],
    [
      'one key twice',
      { ...envelope, signatures: [0, 1].map(() => ({ keyId: 'x', signature: sign(bob) })) },
      ['policy.signed.signatures'],
    ],
    [
      'the payload of another envelope',
      { ...envelope, payload: policyOf({ revision: 2, previous: policy.digest }).canonical },
      ['policy.signed.signatures'],
    ],
    [
      'the signatures of a revocation',
      {
        ...envelopeOf(policy.canonical, [alice, bob], REVOCATION_PAYLOAD_TYPE),
        payloadType: POLICY_PAYLOAD_TYPE,
      },
      ['policy.signed.signatures'],
    ],
    [
      'a policy that was signed as a revocation',
      envelopeOf(policy.canonical, [alice, bob], REVOCATION_PAYLOAD_TYPE),
      ['policy.signed.type'],
    ],
    [
      'a revocation that was signed as a policy',
      envelopeOf(revocation, [alice, bob]),
      ['policy.signed.payload'],
    ],
    ['another text of the policy', envelopeOf(text, [alice, bob]), ['policy.signed.payload']],
    ['no policy', envelopeOf(utf8('{}'), [alice, bob]), ['policy.signed.payload']],
    [
      'a policy that these keys may not speak for',
      envelopeOf(other.canonical, [alice, bob]),
      ['policy.signed.name'],
    ],
  ])('%s', (_name, changed, ids) => {
    const result = verify(written(changed));
    expect([failed(result.checks), result.verdict, result.policy]).toEqual([
      ids,
      'reject',
      undefined,
    ]);
  });

  it('what is no envelope', () => {
    const { verdict, checks, policy: none } = verify(utf8('[]'), []);
    expect([failed(checks), verdict, none]).toEqual([
      ['policy.signed.envelope'],
      'reject',
      undefined,
    ]);
  });

  it('a policy that is revoked, still saying which', () => {
    const revoked = signEnvelope(makeRevocation(known(policy), 'key was stolen', at), alice);
    const result = verify(written(envelope), [written(revoked)]);
    expect([failed(result.checks), result.verdict]).toEqual([
      ['policy.signed.revocation'],
      'reject',
    ]);
    expect(result.policy?.digest).toBe(policy.digest);
  });
});

function sign(signer: typeof bob): Uint8Array {
  const [one] = envelopeOf(policy.canonical, [signer]).signatures;
  if (!one) throw new Error('not signed');
  return one.signature;
}

it('does not look into a payload that too few signed', () => {
  const { checks } = verify(written(envelopeOf(utf8('{'), [alice])));
  const open = checks.filter(({ outcome }) => outcome === 'unresolved').map(({ id }) => id);
  expect(open).toEqual(['policy.signed.payload', 'policy.signed.name']);
});

describe('says who signed, and why others don’t count', () => {
  const stranger = 'is by none of the keys';
  it.each([
    ['nobody', [], 'none; there is no signature'],
    ['one', [bob], '1 (bob)'],
    ['a stranger', [mallory], `none; signature 0 ${stranger}`],
    ['one and a stranger', [alice, mallory], `1 (alice); signature 1 ${stranger}`],
    ['strangers', [mallory, person(), person()], `none; signature 0 ${stranger}, and 2 more`],
  ] as const)('%s', (_who, signers, got) => {
    const { checks } = verify(written(envelopeOf(policy.canonical, signers)));
    expect(checks.find(({ id }) => id === 'policy.signed.signatures')).toMatchObject({
      outcome: 'fail',
      want: 'signed by 2 of 3 keys',
      got,
    });
  });
});

it('answers about revocations when it is given none', () => {
  const { checks, verdict } = verify(written(envelope), []);
  expect(checks.at(-1)).toMatchObject({
    id: 'policy.signed.revocation',
    outcome: 'pass',
    because: 'no revocation is at hand',
  });
  expect(verdict).toBe('accept');
});
