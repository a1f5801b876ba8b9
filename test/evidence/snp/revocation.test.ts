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
import { answerOf, answers, NOW, snpEvidence } from '../../support/snp.ts';
import { arkCertificate, snpWorld } from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const cloud = await snpEvidence(world, 'vlek');
/** AMD's own lists have both a number and an authority key identifier; neither is asked for. */
const BARE: CrlWishes = { without: [EXTENSION.crlNumber, EXTENSION.authorityKeyIdentifier] };
const ASK = '020002';
const ASVK = '020101';

const crlOf = (wishes: CrlWishes = {}, issuer = world.ark) =>
  revoke(issuer, { ...BARE, ...wishes });

function revoking(...serials: readonly string[]): Promise<Uint8Array> {
  const revocationDate = new Date('2025-11-11T00:00:00Z');
  return crlOf({ entries: serials.map((serialNumber) => ({ serialNumber, revocationDate })) });
}

function verify(change: Partial<SnpInput>, of = good) {
  return verifySnp({ ...of.input, ...change, anchors: of.anchors });
}

const OF_CRL = [
  'snp.crl.format',
  'snp.crl.signature',
  'snp.crl.validity',
  'snp.vek.revocation',
] as const;

describe('without a CRL', () => {
  it('nothing is asked, and that is said', () => {
    const result = verify({});
    expect(result).toMatchObject({ verdict: 'accept', authentic: true, revocation: 'unchecked' });
    expect(OF_CRL.filter((id) => result.checks.some((check) => check.id === id))).toEqual([]);
  });

  it('the question is open where the caller requires one', () => {
    const result = verify({ revocation: 'required' });
    expect([answers(result, 'fail'), answers(result, 'unresolved')]).toEqual([
      [],
      ['snp.crl.format'],
    ]);
    expect(result).toMatchObject({
      verdict: 'indeterminate',
      authentic: false,
      revocation: 'unchecked',
    });
  });

  it('somebody may know why there is none', () => {
    const crlMissing = 'https://example.test: no route to host';
    const result = verify({ revocation: 'required', crlMissing });
    expect(answerOf(result, 'snp.crl.format').because).toBe(`no CRL was given (${crlMissing})`);
  });
});

describe('a good CRL', async () => {
  const crl = await crlOf();

  it.each<[string, Uint8Array]>([
    ['in DER', crl],
    ['in PEM', utf8(toPem(crl, 'X509 CRL'))],
    ['with number and key identifier', await crlOf({ without: [] })],
    ['of other serials', await revoking('020003', '0200', '02000200', '82000200')],
    ['that begins now', await crlOf({ thisUpdate: new Date(NOW) })],
    ['that ends now', await crlOf({ nextUpdate: new Date(NOW) })],
    // Every VEK certificate has this serial, and the root issued none of them.
    ['of the serial that VEK certificates share', await revoking('00')],
    ['of the other intermediate', await revoking(ASVK)],
  ])('%s', (_, bytes) => {
    const result = verify({ crl: bytes, revocation: 'required' });
    expect(result).toMatchObject({ verdict: 'accept', authentic: true, revocation: 'checked' });
    expect(answers(result, 'pass')).toEqual(expect.arrayContaining([...OF_CRL]));
  });

  it('is shown among the claims', async () => {
    expect(verify({ crl: await revoking('05', '06') }).claims['crl']).toMatchObject({
      issuer: 'CN=ARK-Genoa, O=Test, C=DE',
      thisUpdate: '2026-01-01T00:00:00Z',
      crlNumber: null,
      revokedCertificates: 2,
    });
  });
});

describe('what is revoked', () => {
  it.each([
    ['the ASK', good, ASK, 'SEV-Genoa not revoked'],
    ['the ASVK', cloud, ASVK, 'SEV-VLEK-Genoa not revoked'],
    ['the root itself', good, '010000', 'ARK-Genoa not revoked'],
  ])('%s', async (_, of, serial, want) => {
    const result = verify({ crl: await revoking('05', serial) }, of);
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    expect(answerOf(result, 'snp.vek.revocation')).toMatchObject({
      want,
      got: `serial ${serial} revoked 2025-11-11T00:00:00Z`,
    });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, revocation: 'checked' });
  });

  it('as of a time to come, too: a list says who is out', async () => {
    const revocationDate = new Date(NOW + 1000);
    const crl = await crlOf({ entries: [{ serialNumber: ASK, revocationDate }] });
    expect(answers(verify({ crl }), 'fail')).toEqual(['snp.vek.revocation']);
  });

  it('stays revoked when the list is out of date', async () => {
    const at = { evidence: NOW, crl: Date.UTC(2030, 0, 1) };
    const result = verify({ crl: await revoking(ASK), at });
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    expect(answers(result, 'unresolved')).toEqual(['snp.crl.validity']);
    expect(result).toMatchObject({ verdict: 'reject', revocation: 'unchecked' });
  });
});

describe('a CRL that is not in date', async () => {
  it.each<[string, Uint8Array]>([
    ['ended a second ago', await crlOf({ nextUpdate: new Date(NOW - 1000) })],
    ['begins in a second', await crlOf({ thisUpdate: new Date(NOW + 1000) })],
  ])('%s', (_, crl) => {
    for (const input of [{ crl }, { crl, revocation: 'required' as const }]) {
      const result = verify(input);
      expect(answers(result, 'fail')).toEqual([]);
      expect(answers(result, 'unresolved')).toEqual(['snp.crl.validity', 'snp.vek.revocation']);
      expect(result).toMatchObject({ verdict: 'indeterminate', revocation: 'unchecked' });
    }
  });

  it('is judged by the CRL’s own clock', async () => {
    const at = { evidence: Date.UTC(2021, 0, 1), crl: NOW };
    expect(verify({ crl: await crlOf(), at }).verdict).toBe('accept');
  });
});

describe('a CRL that this root did not sign', async () => {
  const rogue = await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 });
  const crl = await crlOf();
  const key = { issuerKeyId: rogue.ark.keyId, without: [EXTENSION.crlNumber] };
  const { keys } = world.ask;

  it.each<[string, Uint8Array]>([
    ['the ASK did, in the root’s name', await crlOf({}, { ...world.ark, keys })],
    ['the ASK did, in its own', await crlOf({}, world.ask)],
    ['another root of the same name did', await crlOf({}, rogue.ark)],
    ['it names another key', await crlOf(key)],
    ['one bit of its signature', crl.with(-1, (crl.at(-1) ?? 0) ^ 1)],
  ])('%s', (_, forged) => {
    const result = verify({ crl: forged });
    expect(answers(result, 'fail')).toEqual(['snp.crl.signature']);
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.revocation']);
    expect(result).toMatchObject({ verdict: 'reject', revocation: 'unchecked' });
  });

  it('a root that may not sign lists', async () => {
    const root = await arkCertificate(world, { usages: KeyUsageFlags.keyCertSign });
    const anchors = [anchorFromCertificate(root, 'root')];
    const result = verifySnp({ ...good.input, crl, anchors });
    expect(answers(result, 'fail')).toEqual(['snp.crl.signature']);
  });

  it('can’t clear anybody where the chain is not trusted', async () => {
    const chain = [good.ask, await arkCertificate(rogue)];
    const result = verify({ crl: await crlOf({}, rogue.ark), chain });
    expect(answers(result, 'fail')).toEqual(['snp.vek.root']);
    expect(result.checks.map(({ id }) => id)).not.toContain('snp.crl.signature');
    expect(result.revocation).toBe('unchecked');
  });
});

describe('what is no CRL', async () => {
  const crl = await crlOf();

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a list cut short', crl.subarray(0, -1)],
    ['a byte behind it', concatBytes(crl, Uint8Array.of(0))],
    ['a certificate', good.ask],
    ['two in PEM', utf8(toPem(crl, 'X509 CRL').repeat(2))],
  ])('%s', (_, bytes) => {
    const result = verify({ crl: bytes });
    expect(answers(result, 'fail')).toEqual(['snp.crl.format']);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, revocation: 'unchecked' });
  });

  it('without a chain a list is read, and nothing is made of it', () => {
    const { vek: _, ...rest } = good.input;
    const result = verifySnp({ ...rest, crl, anchors: good.anchors });
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.format']);
    expect(answers(result, 'pass')).toContain('snp.crl.format');
    expect(result).toMatchObject({ verdict: 'indeterminate', revocation: 'unchecked' });
  });
});
