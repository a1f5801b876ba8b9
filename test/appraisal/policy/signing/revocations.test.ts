import { describe, expect, it } from 'vitest';
import {
  makeRevocation,
  parseRevocation,
  REVOCATION_PAYLOAD_TYPE,
} from '../../../../src/appraisal/policy/signing/revocation.ts';
import { revocationsOf } from '../../../../src/appraisal/policy/signing/revocations.ts';
import { POLICY_PAYLOAD_TYPE } from '../../../../src/appraisal/policy/signing/signed-policy.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../../src/core/encoding/jcs.ts';
import { faultOf } from '../../../support/fault-of.ts';
import {
  alice,
  bob,
  envelopeOf,
  keyringOf,
  known,
  mallory,
  policyOf,
  written,
} from '../../../support/signed-policy.ts';
import { asView } from '../../../support/view.ts';

const policy = policyOf();
const at = Date.UTC(2026, 5, 1, 12);
const { payload } = makeRevocation(known(policy), 'alice lost her key', at + 999);
const statement = envelopeOf(payload, [alice], REVOCATION_PAYLOAD_TYPE);
const find = (
  bytes: Uint8Array,
  more: { keyring?: ReturnType<typeof keyringOf>; at?: number } = {},
) => revocationsOf(policy.digest, [bytes], { keyring: keyringOf(), at, ...more });

it('revokes at once, and says why', () => {
  const { revokedBy, ignored } = find(asView(written(statement)));
  expect(ignored).toEqual([]);
  expect(revokedBy).toEqual([
    {
      name: 'cpu-nodes',
      revision: 1,
      digest: policy.digest,
      reason: 'alice lost her key',
      revokedAt: '2026-06-01T12:00:00Z',
    },
  ]);
});

it('lets decisions of before stand', () => {
  const { revokedBy, ignored } = find(written(statement), { at: at - 1 });
  expect([revokedBy, ignored]).toEqual([
    [],
    ['revocation[0]: revokes from 2026-06-01T12:00:00Z on'],
  ]);
});

it('revokes at what is no time', () => {
  expect(find(written(statement), { at: Number.NaN }).revokedBy).toHaveLength(1);
});

it('is not undone by whatever else lies there', () => {
  const junk = [utf8(''), written(envelopeOf(payload, [], REVOCATION_PAYLOAD_TYPE))];
  const found = revocationsOf(policy.digest, [...junk, written(statement), ...junk], {
    keyring: keyringOf(),
    at,
  });
  expect([found.revokedBy.length, found.ignored.length]).toEqual([1, 4]);
});

it('is not made for a reason that could not be read', () => {
  for (const reason of ['1234567', 'stolen key\nor so']) {
    expect(faultOf(() => makeRevocation(known(policy), reason, at))).toMatchObject({
      code: 'malformed',
      at: 'revocation.reason',
    });
  }
});

it('hides no bug of ours', () => {
  const broken = undefined as unknown as ReturnType<typeof keyringOf>;
  expect(() => find(written(statement), { keyring: broken })).toThrow(TypeError);
});

describe('revokes nothing, and is named', () => {
  const another = makeRevocation(known(policyOf({ owners: ['bob'] })), 'of another one', at);
  it.each([
    ['unsigned', envelopeOf(payload, [], REVOCATION_PAYLOAD_TYPE), 'revocation[0].signatures'],
    [
      'of a stranger',
      envelopeOf(payload, [mallory], REVOCATION_PAYLOAD_TYPE),
      'by none of the keys',
    ],
    ['signed as a policy', envelopeOf(payload, [alice], POLICY_PAYLOAD_TYPE), 'payloadType'],
    [
      'signed as a policy, and called a revocation since',
      {
        ...envelopeOf(payload, [alice], POLICY_PAYLOAD_TYPE),
        payloadType: REVOCATION_PAYLOAD_TYPE,
      },
      'by none of the keys',
    ],
    [
      'of another document',
      envelopeOf(another.payload, [alice], REVOCATION_PAYLOAD_TYPE),
      'revokes another document',
    ],
    ['a policy', envelopeOf(policy.canonical, [alice], REVOCATION_PAYLOAD_TYPE), 'unknown member'],
  ])('%s', (_name, envelope, says) => {
    const { revokedBy, ignored } = find(written(envelope));
    expect([revokedBy, ignored.length]).toEqual([[], 1]);
    expect(ignored[0]).toContain(says);
  });

  it('by fewer than the keyring wants', () => {
    const keyring = keyringOf({ revokeThreshold: 2 });
    expect(find(written(statement), { keyring }).ignored[0]).toContain('got 1 (alice)');
    const both = envelopeOf(payload, [alice, bob], REVOCATION_PAYLOAD_TYPE);
    expect(find(written(both), { keyring }).revokedBy).toHaveLength(1);
  });
});

describe('a statement is refused', () => {
  const good = JSON.parse(new TextDecoder().decode(payload));
  const refused = (members: object) =>
    faultOf(() => parseRevocation(utf8(canonicalJson({ ...good, ...members })), 'r'));
  it.each([
    ['of another version', { v: 2 }, 'r.v'],
    ['without a reason', { reason: '' }, 'r.reason'],
    ['with a reason of seven characters', { reason: '1234567' }, 'r.reason'],
    ['with a reason of blanks', { reason: ' '.repeat(20) }, 'r.reason'],
    ['with a reason of two lines', { reason: 'stolen key\nor so' }, 'r.reason'],
    ['with a reason that turns text around', { reason: 'stolen \u202ekey' }, 'r.reason'],
    ['of revision 0', { revision: 0 }, 'r.revision'],
    ['with half a digest', { digest: 'sha256:00' }, 'r.digest'],
    ['of a name with a capital', { name: 'Cpu' }, 'r.name'],
    ['of a day', { revokedAt: '2026-06-01' }, 'r.revokedAt'],
    ['of a day that is none', { revokedAt: '2026-02-30T00:00:00Z' }, 'r.revokedAt'],
    ['with more to say', { until: '2026-07-01T00:00:00Z' }, 'r'],
  ])('%s', (_name, members, where) => {
    expect(refused(members)).toMatchObject({ code: 'malformed', at: where });
  });

  it('in another form than the canonical', () => {
    const text = utf8(JSON.stringify(good, undefined, 1));
    expect(faultOf(() => parseRevocation(text, 'r')).detail).toContain('RFC 8785');
  });
});
