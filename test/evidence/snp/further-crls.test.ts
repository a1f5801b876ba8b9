import '../../../src/core/x509/reflect-metadata.ts';
import { KeyUsageFlags } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { EXTENSION } from '../../../src/core/x509/extensions.ts';
import type { SnpInput } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { type CrlWishes, revoke } from '../../support/pki.ts';
import { OTHER_RSA_4096, RSA_4096 } from '../../support/rsa-keys.ts';
import { answerOf, answers, GUIDS, goodTable, NOW, snpEvidence } from '../../support/snp.ts';
import { arkCertificate, snpWorld } from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const rogue = await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 });
/** AMD's own lists have both a number and an authority key identifier; neither is asked for. */
const BARE: CrlWishes = { without: [EXTENSION.crlNumber, EXTENSION.authorityKeyIdentifier] };
const ASK = '020002';

const OF_CRL = ['snp.crl.format', 'snp.crl.signature', 'snp.crl.validity', 'snp.vek.revocation'];

const listing = (serialNumber: string, wishes: CrlWishes = {}, issuer = world.ark) =>
  revoke(issuer, {
    ...BARE,
    entries: [{ serialNumber, revocationDate: new Date('2025-11-11T00:00:00Z') }],
    ...wishes,
  });

const clean = await listing('05');
const revoking = await listing(ASK);

function verify(change: Partial<SnpInput>, anchors = good.anchors) {
  return verifySnp({ ...good.input, ...change, anchors });
}

/** The two ways by which a list comes that nobody fetched: handed on, or in the table. */
const WAYS: readonly [string, (crl: Uint8Array) => Partial<SnpInput>][] = [
  ['handed on', (crl) => ({ furtherCrls: [crl] })],
  [
    'in the certificate table',
    (crl) => ({ report: concatBytes(good.input.report, goodTable([[GUIDS.crl, crl]])) }),
  ],
];

describe.each(WAYS)('a list %s', async (_, by) => {
  it('clears nobody: the revocation stays unchecked', () => {
    const result = verify(by(clean));
    expect(result).toMatchObject({ verdict: 'accept', authentic: true, revocation: 'unchecked' });
    expect(result.checks.filter(({ id }) => OF_CRL.includes(id))).toEqual([]);
    expect(result.claims).not.toHaveProperty('crl');
    expect(result.claims['furtherCrls']).toEqual([
      expect.objectContaining({
        issuer: 'CN=ARK-Genoa, O=Test, C=DE',
        revokedCertificates: 1,
        problem: null,
      }),
    ]);
  });

  it('is none where one is required, and that is said', () => {
    const result = verify({ ...by(clean), revocation: 'required', crlMissing: 'offline' });
    expect(answers(result, 'fail')).toEqual([]);
    expect(answers(result, 'unresolved')).toEqual(['snp.crl.format']);
    expect(answerOf(result, 'snp.crl.format').because).toBe(
      'no CRL was given (offline); one that comes with the evidence can revoke, and clears nobody',
    );
    expect(result).toMatchObject({
      verdict: 'indeterminate',
      authentic: false,
      revocation: 'unchecked',
    });
  });

  it.each<[string, Uint8Array]>([
    ['in DER', revoking],
    ['in PEM', utf8(toPem(revoking, 'X509 CRL'))],
    ['out of date', await listing(ASK, { nextUpdate: new Date(NOW - 1000) })],
    ['not yet in date', await listing(ASK, { thisUpdate: new Date(NOW + 1000) })],
    ['of the root itself', await listing('010000')],
  ])('revokes: %s', (_case, crl) => {
    const result = verify(by(crl));
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    expect(answers(result, 'unresolved')).toEqual([]);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, revocation: 'unchecked' });
  });

  it('revokes what a good list does not', () => {
    const result = verify({ ...by(revoking), crl: clean });
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    expect(answerOf(result, 'snp.vek.revocation')).toMatchObject({
      want: 'SEV-Genoa not revoked',
      got: `serial ${ASK} revoked 2025-11-11T00:00:00Z`,
    });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, revocation: 'checked' });
  });

  it('does not take back what a good list revokes', () => {
    const result = verify({ ...by(clean), crl: revoking });
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    expect(result.verdict).toBe('reject');
  });

  it('changes nothing about a good list that agrees', () => {
    const result = verify({ ...by(clean), crl: clean, revocation: 'required' });
    expect(result).toMatchObject({ verdict: 'accept', authentic: true, revocation: 'checked' });
  });

  it('revokes beside a list that can’t be relied upon', async () => {
    const stale = await listing('05', { nextUpdate: new Date(NOW - 1000) });
    const result = verify({ ...by(revoking), crl: stale });
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    expect(answers(result, 'unresolved')).toEqual(['snp.crl.validity']);
    const forged = await listing('05', {}, rogue.ark);
    expect(answers(verify({ ...by(revoking), crl: forged }), 'fail')).toEqual([
      'snp.crl.signature',
      'snp.vek.revocation',
    ]);
    const unreadable = verify({ ...by(revoking), crl: Uint8Array.of(1) });
    expect(answers(unreadable, 'fail')).toEqual(['snp.crl.format', 'snp.vek.revocation']);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing that is a list', Uint8Array.of(1, 2, 3), /^crl: /],
    ['a list cut short', revoking.subarray(0, -1), /^crl/],
    ['a list of another root of this name', await listing(ASK, {}, rogue.ark), /^want .*, got /],
    ['a list of the ASK’s own', await listing(ASK, {}, world.ask), /^want .*, got /],
    [
      'a list with one bit changed',
      revoking.with(-1, (revoking.at(-1) ?? 0) ^ 1),
      /^want .*, got an invalid signature$/,
    ],
  ])('has no effect, and that is told: %s', (_case, crl, problem) => {
    const result = verify(by(crl));
    expect(result).toMatchObject({ verdict: 'accept', authentic: true, revocation: 'unchecked' });
    expect(result.checks.filter(({ id }) => OF_CRL.includes(id))).toEqual([]);
    expect(result.claims['furtherCrls']).toEqual([
      expect.objectContaining({ problem: expect.stringMatching(problem) }),
    ]);
  });
});

describe('several lists', () => {
  it('revoke together, whatever stands between them', () => {
    const furtherCrls = [Uint8Array.of(1), clean, revoking];
    const result = verify({ furtherCrls });
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    const problems = result.claims['furtherCrls'] as readonly { problem: string | null }[];
    expect(problems.map(({ problem }) => problem === null)).toEqual([false, true, true]);
  });

  it('are told with the one of the table last', () => {
    const report = concatBytes(good.input.report, goodTable([[GUIDS.crl, revoking]]));
    const result = verify({ report, furtherCrls: [clean] });
    expect(result.claims['furtherCrls']).toEqual([
      expect.objectContaining({ thisUpdate: '2026-01-01T00:00:00Z', problem: null }),
      expect.objectContaining({ problem: null }),
    ]);
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
  });

  it('are not told of where there are none', () => {
    expect(verify({ furtherCrls: [] }).claims).not.toHaveProperty('furtherCrls');
  });
});

describe('a root', () => {
  it('that may not sign lists revokes nobody', async () => {
    const root = await arkCertificate(world, { usages: KeyUsageFlags.keyCertSign });
    const result = verify({ furtherCrls: [revoking] }, [anchorFromCertificate(root, 'root')]);
    expect(result).toMatchObject({ verdict: 'accept', revocation: 'unchecked' });
    expect(result.claims['furtherCrls']).toEqual([
      expect.objectContaining({ problem: expect.stringMatching(/^want /) }),
    ]);
  });

  it('that came along without that right hides no list of the anchor’s', async () => {
    const brought = await arkCertificate(world, { usages: KeyUsageFlags.keyCertSign });
    const chain = [...(good.input.chain ?? []), brought];
    expect(verify({ chain, furtherCrls: [clean] })).toMatchObject({ verdict: 'accept' });
    for (const [, by] of WAYS) {
      const result = verify({ chain, ...by(revoking) });
      expect(result.verdict).toBe('reject');
      expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    }
  });

  it('of somebody else’s revokes nobody in its own hierarchy either', async () => {
    const { input } = await snpEvidence(rogue);
    const chain = [...(input.chain ?? []), await arkCertificate(rogue)];
    const furtherCrls = [await listing(ASK, {}, rogue.ark)];
    const result = verifySnp({ ...input, chain, furtherCrls, anchors: good.anchors });
    expect(answers(result, 'fail')).toEqual(['snp.vek.chain', 'snp.vek.root']);
    expect(result.claims['furtherCrls']).toEqual([
      expect.objectContaining({ problem: 'the chain leads to no anchor' }),
    ]);
  });
});
