import { describe, expect, it } from 'vitest';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { publishedIntermediates } from '../../../src/evidence/snp/published-intermediates.ts';
import { type SnpChainInput, verifySnpChain } from '../../../src/evidence/snp/verify-chain.ts';
import { certify, party, revoke } from '../../support/pki.ts';
import { RSA_4096 } from '../../support/rsa-keys.ts';
import { answers, NOW, snpEvidence } from '../../support/snp.ts';
import {
  intermediateCertificate,
  snpWorld,
  vekCertificate,
} from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const { vek, ask, root, anchors } = good;
const asvk = await intermediateCertificate(world, 'vlek');
const at = snpClocksAt(NOW);
const revocationDate = new Date('2025-11-11T00:00:00Z');

function verify(change: Partial<SnpChainInput>) {
  return verifySnpChain({ chain: [ask], at, anchors, ...change });
}

const OF_CHAIN = [
  'snp.clock',
  'snp.vek.intermediate',
  'snp.vek.chain',
  'snp.vek.root',
  'snp.vek.validity',
  'snp.product.match',
];

describe('CAs alone', () => {
  it.each<[string, readonly Uint8Array[]]>([
    ['an ASK', [ask]],
    ['an ASK and its root', [ask, root]],
    ['an ASVK and its root', [root, asvk]],
  ])('%s', (_, chain) => {
    const result = verify({ chain });
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      evidence: 'snp',
      anchors: 'custom',
      revocation: 'unchecked',
    });
    expect(answers(result, 'pass').toSorted()).toEqual(OF_CHAIN.toSorted());
    expect(result.claims).not.toHaveProperty('product');
    expect(result.chain.root?.der).toEqual(root);
  });

  it.each(publishedIntermediates().map((one) => [one.subject.commonName, one.der] as const))(
    'AMD’s %s under AMD’s roots',
    (_, der) => {
      expect(verify({ chain: [der], anchors: AMD_ROOTS })).toMatchObject({
        verdict: 'accept',
        anchors: 'vendor',
      });
    },
  );

  it('two intermediates are one too many to say which was meant', () => {
    expect(answers(verify({ chain: [ask, asvk] }), 'fail')).toEqual(['snp.vek.intermediate']);
  });

  it.each<[string, readonly Uint8Array[] | undefined]>([
    ['none', []],
    ['a root only', [root]],
  ])('%s: the question stays open', (_, chain) => {
    const result = verify(chain ? { chain } : {});
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.intermediate']);
    expect(result.verdict).toBe('indeterminate');
  });

  it('an intermediate of no name of AMD’s', async () => {
    const other = await certify(await party('SEV-Venice', RSA_4096), world.ark, { kind: 'ca' });
    expect(answers(verify({ chain: [other] }), 'fail')).toEqual(['snp.vek.intermediate']);
  });

  it('what is no certificate', () => {
    expect(answers(verify({ chain: [Uint8Array.of(1)] }), 'fail')).toEqual([
      'snp.vek.intermediate',
    ]);
  });
});

describe('a VEK certificate with them', async () => {
  it('is read, and is somebody’s', async () => {
    const vlek = await vekCertificate(world, 'vlek');
    expect(verify({ vek })).toMatchObject({ verdict: 'accept', authentic: true });
    expect(verify({ vek }).claims).toMatchObject({ product: 'genoa', vekKind: 'vcek' });
    expect(verify({ vek: vlek, chain: [asvk] }).verdict).toBe('accept');
  });

  it('may be below one of two intermediates', () => {
    expect(verify({ vek, chain: [asvk, ask] }).verdict).toBe('accept');
  });

  it.each<[string, Uint8Array, readonly string[]]>([
    ['that is none', Uint8Array.of(1), ['snp.vek.format']],
    ['that nobody signed', vek.with(-1, (vek.at(-1) ?? 0) ^ 1), ['snp.vek.chain']],
    [
      'without one of its extensions',
      await vekCertificate(world, 'vcek', { amd: { teeSPL: undefined } }),
      ['snp.vek.extensions'],
    ],
    [
      'that ended',
      await vekCertificate(world, 'vcek', { notAfter: new Date(NOW - 1000) }),
      ['snp.vek.validity'],
    ],
  ])('%s', (_, leaf, failed) => {
    const result = verify({ vek: leaf });
    expect(answers(result, 'fail')).toEqual(failed);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  });
});

describe('a CRL with them', () => {
  const listing = (serialNumber: string) =>
    revoke(world.ark, { entries: [{ serialNumber, revocationDate }] });

  it('is checked', async () => {
    const result = verify({ crl: await listing('05') });
    expect(result).toMatchObject({ verdict: 'accept', revocation: 'checked' });
    expect(result.claims).toHaveProperty('crl');
  });

  it('revokes', async () => {
    const result = verify({ crl: await listing('020002') });
    expect(answers(result, 'fail')).toEqual(['snp.vek.revocation']);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, revocation: 'checked' });
  });

  it('out of date leaves the question open', async () => {
    const crl = await revoke(world.ark, { nextUpdate: new Date(NOW - 1000) });
    const result = verify({ crl });
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
  });
});

it('a clock that is no instant', () => {
  const result = verify({ at: snpClocksAt(Number.NaN) });
  expect(answers(result, 'fail')).toEqual(['snp.clock', 'snp.vek.validity']);
});

it('under AMD’s roots ours is nobody', () => {
  const result = verify({ vek, anchors: AMD_ROOTS });
  expect(answers(result, 'fail')).toEqual(['snp.vek.root']);
  expect(result.anchors).toBe('vendor');
});
