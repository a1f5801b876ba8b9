import '../../../src/core/x509/reflect-metadata.ts';
import { KeyUsageFlags } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { EXTENSION } from '../../../src/core/x509/extensions.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { verifySnpChain } from '../../../src/evidence/snp/verify-chain.ts';
import { forge, tlv } from '../../support/forge.ts';
import { type CertificateWishes, certify, type Party, party } from '../../support/pki.ts';
import { OTHER_RSA_4096, RSA_2048, RSA_4096 } from '../../support/rsa-keys.ts';
import { answerOf, answers, type SnpEvidence, snpEvidence } from '../../support/snp.ts';
import {
  arkCertificate,
  intermediateCertificate,
  type SnpWorld,
  snpWorld,
  vekCertificate,
} from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
/** All of AMD's names again, with keys of somebody else's. */
const rogue = await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 });
const rogueRoot = await arkCertificate(rogue);

function pem(...ders: readonly Uint8Array[]): Uint8Array {
  return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join('\n'));
}

function verify(chain: readonly Uint8Array[], more: Partial<SnpEvidence['input']> = {}) {
  return verifySnp({ ...good.input, ...more, chain, anchors: good.anchors });
}

/** What stands against the good leaf under these CAs. */
function failures(chain: readonly Uint8Array[]): string[] {
  return answers(verify(chain), 'fail');
}

/** The hierarchy with some of its people exchanged, all of it signed anew, under its own root. */
async function under(people: Partial<SnpWorld>, root: CertificateWishes = {}) {
  const changed = { ...world, ...people };
  const evidence = await snpEvidence(changed);
  const ark = await arkCertificate(changed, root);
  const anchors = [anchorFromCertificate(ark, 'root')];
  return verifySnp({ ...evidence.input, report: good.input.report, anchors });
}

const asvk = await intermediateCertificate(world, 'vlek');

describe('CAs in whatever order and form', () => {
  it.each<[string, readonly Uint8Array[]]>([
    ['the intermediate alone', [good.ask]],
    ['the root behind it', [good.ask, good.root]],
    ['the root before it', [good.root, good.ask]],
    ['both in one PEM', [pem(good.ask, good.root)]],
    ['both in one PEM, the root first', [pem(good.root, good.ask)]],
    ['one in PEM and one in DER', [pem(good.root), good.ask]],
    ['both intermediates of the line', [asvk, good.ask, good.root]],
    ['each twice', [good.ask, good.root, good.ask, pem(good.root)]],
  ])('%s', (_, chain) => {
    expect(verify(chain)).toMatchObject({ verdict: 'accept', anchors: 'custom' });
  });
});

describe('two intermediates of one name', async () => {
  const { keys, keyId } = world.ark;
  const namesake = await intermediateCertificate({ ...world, ask: { ...world.ask, keys, keyId } });
  const forged = await intermediateCertificate(rogue);

  it.each<[string, readonly Uint8Array[]]>([
    ['a genuine one of another key behind', [good.ask, namesake]],
    ['a genuine one of another key before', [namesake, good.ask]],
  ])('the one that signed counts: %s', (_, chain) => {
    expect(verify(chain).verdict).toBe('accept');
  });

  it('the other one alone did not sign', () => {
    expect(failures([namesake])).toEqual(['snp.vek.chain']);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['behind', [good.ask, forged]],
    ['before', [forged, good.ask]],
  ])('a forged one %s was meant by somebody', (_, chain) => {
    expect(failures(chain)).toEqual(['snp.vek.intermediate']);
  });
});

describe('an ASK that is not fit', async () => {
  const wishes: [string, CertificateWishes, RegExp][] = [
    ['is no CA', { basicConstraints: 'end-entity' }, /cA TRUE/],
    ['says nothing of being a CA', { without: [EXTENSION.basicConstraints] }, /2\.5\.29\.19/],
    ['may not sign certificates', { usages: KeyUsageFlags.cRLSign }, /keyCertSign/],
    ['has no key usage', { without: [EXTENSION.keyUsage] }, /2\.5\.29\.15/],
  ];
  const cases = wishes.map(async ([name, wish, want]) => {
    return [name, await intermediateCertificate(world, 'vcek', wish), want] as const;
  });

  it.each(await Promise.all(cases))('%s', (_, ask, want) => {
    const result = verify([ask]);
    expect(answers(result, 'fail')).toEqual(['snp.vek.intermediate']);
    expect(answerOf(result, 'snp.vek.intermediate')).toMatchObject({
      want: expect.stringMatching(want),
    });
  });

  it.each<[string, 'P-384' | typeof RSA_2048]>([
    ['P-384', 'P-384'],
    ['RSA-2048', RSA_2048],
  ])('has a key of %s', async (kind, key) => {
    const result = await under({ ask: await party('SEV-Genoa', key) });
    expect(answers(result, 'fail')).toEqual(['snp.vek.intermediate']);
    expect(answerOf(result, 'snp.vek.intermediate')).toMatchObject({ got: `a ${kind} key` });
  });
});

describe('a root that is ours, and not fit', () => {
  it.each<[string, CertificateWishes]>([
    ['no CA', { basicConstraints: 'end-entity' }],
    ['no keyCertSign', { usages: KeyUsageFlags.cRLSign }],
    ['no key usage', { without: [EXTENSION.keyUsage] }],
  ])('%s', async (_, wishes) => {
    expect(answers(await under({}, wishes), 'fail')).toEqual(['snp.vek.root']);
  });

  it('a key of RSA-2048', async () => {
    const result = await under({ ark: await party('ARK-Genoa', RSA_2048) });
    expect(answers(result, 'fail')).toEqual(['snp.vek.root']);
  });

  it('a name that is none of AMD’s', async () => {
    const result = await under({ ark: await party('ARK-Other', RSA_4096) });
    expect(answers(result, 'fail')).toEqual(['snp.vek.root', 'snp.product.match']);
  });

  it.each([
    [0, ['snp.vek.chain']],
    [1, []],
  ])('a path length of %i', async (pathLength, failed) => {
    expect(answers(await under({}, { pathLength }), 'fail')).toEqual(failed);
  });
});

describe('a root that came along', async () => {
  const flipped = good.root.with(-1, (good.root.at(-1) ?? 0) ^ 1);
  const dates = { notBefore: new Date('2024-01-01T00:00:00Z') };
  const issuedAgain = await arkCertificate(world, dates);
  const past = { notAfter: new Date('2025-12-31T00:00:00Z') };
  const ended = await arkCertificate(world, past);
  /** The pinned key in it, and the signature of another. */
  const borrowed: Party = { ...rogue.ark, keyId: world.ark.keyId };
  const undersigned = await certify(world.ark, borrowed, { kind: 'ca' });

  it('may be another certificate of the pinned key', () => {
    expect(verify([good.ask, issuedAgain]).verdict).toBe('accept');
  });

  it.each<[string, readonly Uint8Array[], readonly string[]]>([
    ['is somebody else’s of the same name', [good.ask, rogueRoot], ['snp.vek.root']],
    ['is somebody else’s, beside our own', [good.ask, good.root, rogueRoot], ['snp.vek.root']],
    ['has a signature with one bit changed', [good.ask, flipped], ['snp.vek.root']],
    ['has the pinned key and another’s signature', [good.ask, undersigned], ['snp.vek.root']],
    ['ended', [good.ask, ended], ['snp.vek.validity']],
  ])('%s', (_, chain, failed) => {
    expect(failures(chain)).toEqual(failed);
  });

  it('vouches for nobody: a hierarchy of AMD’s names under it', async () => {
    const { input } = await snpEvidence(rogue);
    const chain = [...(input.chain ?? []), rogueRoot];
    const result = verifySnp({ ...input, chain, anchors: good.anchors });
    expect(answers(result, 'fail')).toEqual(['snp.vek.chain', 'snp.vek.root']);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  });
});

describe('links', () => {
  it('an ASK that another root of the same name signed', async () => {
    expect(failures([await intermediateCertificate({ ...world, ark: rogue.ark })])).toEqual([
      'snp.vek.chain',
    ]);
  });

  it('an ASK that names another key of its issuer’s', async () => {
    const ask = await intermediateCertificate(world, 'vcek', { issuerKeyId: rogue.ark.keyId });
    expect(failures([ask])).toEqual(['snp.vek.chain']);
  });

  it('an ASK that names no root of ours', async () => {
    const ask = await intermediateCertificate({
      ...world,
      ark: await party('ARK-Milan', RSA_4096),
    });
    const result = verify([ask]);
    expect(answers(result, 'fail')).toEqual(['snp.vek.root']);
    expect(answerOf(result, 'snp.vek.root')).toMatchObject({
      got: expect.stringContaining('CN=ARK-Milan'),
    });
  });

  it('an ASVK for a VCEK', () => {
    expect(failures([asvk])).toEqual(['snp.vek.intermediate']);
  });

  it('an ASK of another product with the same key, under this root', async () => {
    const ask = await party('SEV-Milan', OTHER_RSA_4096);
    const other = { ...world, ask };
    const vek = await vekCertificate(other, 'vcek');
    const result = verify([await intermediateCertificate(other)], { vek });
    expect(answers(result, 'fail')).toEqual(['snp.product.match']);
    expect(answerOf(result, 'snp.product.match')).toMatchObject({
      path: 'chain',
      got: 'processor genoa, issuer milan, productName genoa, root genoa',
    });
  });
});

describe('without what is needed', () => {
  it('under no anchor nothing is trusted', () => {
    const result = verifySnp({ ...good.input, anchors: [] });
    expect(answers(result, 'fail')).toEqual(['snp.vek.root']);
    expect(answerOf(result, 'snp.vek.root')).toMatchObject({
      want: 'issued by a trust anchor (none)',
    });
  });

  it('without an intermediate, under a root of somebody’s own, the question stays open', () => {
    const result = verify([]);
    expect([result.verdict, answers(result, 'fail')]).toEqual(['indeterminate', []]);
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.intermediate']);
  });

  it('a root alone is no intermediate', () => {
    expect(answers(verify([good.root]), 'unresolved')).toEqual(['snp.vek.intermediate']);
  });

  it.each([
    ['bytes', Uint8Array.of(1, 2, 3), 'chain[1]'],
    ['DER of something else', Uint8Array.of(0x30, 0), 'chain[1].tbs'],
  ])('%s among the CAs', (_, blob, path) => {
    const result = verify([good.ask, blob]);
    expect(answers(result, 'fail')).toEqual(['snp.vek.intermediate']);
    expect(answerOf(result, 'snp.vek.intermediate').path).toBe(path);
  });
});

describe('a name of nothing at all is called so', () => {
  const nameless = (at: 3 | 5) => forge(good.ask, [0, at], () => tlv(0x30));
  const { at } = good.input;

  it.each([
    ['the issuer’s', 3, 'snp.vek.root'],
    ['the subject’s', 5, 'snp.vek.intermediate'],
  ] as const)('%s', (_, place, id) => {
    const result = verifySnpChain({ chain: [nameless(place)], at, anchors: good.anchors });
    expect(answerOf(result, id)).toMatchObject({ outcome: 'fail', got: '(no name)' });
  });
});
