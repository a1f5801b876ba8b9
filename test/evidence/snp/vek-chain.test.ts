import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { AMD_ARK_TURIN, AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { publishedIntermediates } from '../../../src/evidence/snp/published-intermediates.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { elementAt, forge } from '../../support/forge.ts';
import { type CertificateWishes, certify, party } from '../../support/pki.ts';
import { RSA_2048 } from '../../support/rsa-keys.ts';
import { answerOf, answers, snpEvidence } from '../../support/snp.ts';
import { snpWorld, type VekWishes, vekCertificate } from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);

function verify(vek: Uint8Array) {
  return verifySnp({ ...good.input, vek, anchors: good.anchors });
}

function pem(...ders: readonly Uint8Array[]): Uint8Array {
  return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join(''));
}

async function leaf(wishes: VekWishes): Promise<Uint8Array> {
  return vekCertificate(world, 'vcek', wishes);
}

it('a VEK certificate is read in PEM as in DER', () => {
  expect(verify(pem(good.vek)).verdict).toBe('accept');
  expect(verify(pem(good.vek)).claims).toEqual(verify(good.vek).claims);
});

describe('what is no VEK certificate', async () => {
  const asVek = { more: [], without: [] } satisfies CertificateWishes;
  const named = (key: 'P-256' | typeof RSA_2048) => party('SEV-VCEK', key);

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'no certificate'],
    ['two of them', pem(good.vek, good.vek), '2'],
    ['the ASK', good.ask, 'a RSA-4096 key'],
    ['a key of P-256', await certify(await named('P-256'), world.ask, asVek), 'a P-256 key'],
    ['a key of RSA', await certify(await named(RSA_2048), world.ask, asVek), 'a RSA-2048 key'],
    ['a CA', await certify(world.vcek, world.ask, { kind: 'ca' }), 'cA TRUE'],
    ['one of the root itself', await leaf({ issuer: world.ark }), 'CN=ARK-Genoa, O=Test, C=DE'],
    ['one of its own', await leaf({ issuer: world.vcek }), 'CN=SEV-VCEK, O=Test, C=DE'],
    [
      'one of an ASK that is none of AMD’s',
      await leaf({ issuer: { ...world.ask, commonName: 'SEV-Venice' } }),
      'CN=SEV-Venice, O=Test, C=DE',
    ],
  ])('%s', (_, vek, got) => {
    const result = verify(vek);
    expect(answers(result, 'fail')).toEqual(['snp.vek.format']);
    expect(answerOf(result, 'snp.vek.format')).toMatchObject({ got });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, anchors: 'custom' });
  });

  it.each([
    ['garbage', Uint8Array.of(0xff, 1, 2), 'vek'],
    ['a certificate cut short', good.vek.subarray(0, -1), 'vek.sequence'],
    ['a byte behind it', Uint8Array.of(...good.vek, 0), 'vek'],
  ])('%s', (_, vek, path) => {
    const result = verify(vek);
    expect(answers(result, 'fail')).toEqual(['snp.vek.format']);
    expect(answerOf(result, 'snp.vek.format').path).toBe(path);
  });
});

describe('a VEK certificate that the ASK did not sign', async () => {
  const flipped = good.vek.with(-1, (good.vek.at(-1) ?? 0) ^ 1);
  const { keys } = world.ark;

  it.each<[string, Uint8Array]>([
    ['one bit of its signature', flipped],
    ['the root’s key, in the ASK’s name', await leaf({ issuer: { ...world.ask, keys } })],
    [
      'its own key, in the ASK’s name',
      await leaf({ issuer: { ...world.ask, keys: world.vcek.keys } }),
    ],
    [
      'another key of the ASK’s than it names',
      await leaf({ issuerKeyId: '00'.repeat(20), without: [] }),
    ],
  ])('%s', (_, vek) => {
    const result = verify(vek);
    expect(answers(result, 'fail')).toEqual(['snp.vek.chain']);
    expect(result.authentic).toBe(false);
  });
});

describe('extensions that can’t be read', async () => {
  const vek = await leaf({ amd: { ucodeSPL: undefined } });

  it('fail for themselves, and nothing is made of them', () => {
    const result = verify(vek);
    expect(answers(result, 'fail')).toEqual(['snp.vek.extensions']);
    expect(answerOf(result, 'snp.vek.extensions')).toMatchObject({
      path: 'vek.extensions.ucodeSPL',
      got: 'no extension 1.3.6.1.4.1.3704.1.3.8',
    });
    const asked = result.checks.map(({ id }) => id);
    expect(asked).not.toContain('snp.vek.hwid');
    expect(asked).not.toContain('snp.vek.tcb');
    expect(asked).toContain('snp.product.match');
    expect(result.verdict).toBe('reject');
  });
});

describe('without a VEK certificate', () => {
  const { vek: _, ...rest } = good.input;

  it('nothing fails, and nothing is accepted', () => {
    const result = verifySnp({ ...rest, anchors: good.anchors });
    expect(answers(result, 'fail')).toEqual([]);
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.format']);
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
  });

  it('somebody may know why', () => {
    const vekMissing = 'https://example.test: 429 Too Many Requests';
    const result = verifySnp({ ...rest, vekMissing, anchors: good.anchors });
    expect(answerOf(result, 'snp.vek.format').because).toContain(`(${vekMissing})`);
  });
});

describe('AMD’s published intermediates', () => {
  /** A VEK certificate that names this issuer; whoever it was did not sign it. */
  function inNameOf(issuer: Uint8Array): Uint8Array {
    return forge(good.vek, [0, 3], () => issuer);
  }

  it.each(publishedIntermediates().map((one) => [one.subject.commonName, one] as const))(
    '%s stands in where none is given',
    (_, published) => {
      const vek = inNameOf(published.subject.der);
      const result = verifySnp({ ...good.input, vek, chain: [], anchors: AMD_ROOTS });
      expect(answers(result, 'pass')).toEqual(
        expect.arrayContaining(['snp.vek.intermediate', 'snp.vek.root']),
      );
      // The chain is asked for its signature, and by that it is known that there was one.
      expect(answerOf(result, 'snp.vek.chain')).toMatchObject({ got: 'an invalid signature' });
      expect(result.claims['intermediateSubject']).toBe(published.subject.text);
    },
  );

  const [published] = publishedIntermediates();
  const vek = inNameOf(published?.subject.der ?? new Uint8Array());
  const unanswered = (anchors: Parameters<typeof verifySnp>[0]['anchors']) =>
    answers(verifySnp({ ...good.input, vek, chain: [], anchors }), 'unresolved');

  it('under AMD’s own root, whoever named it', () => {
    const own = AMD_ROOTS.map(({ certificate }) => anchorFromCertificate(certificate.der, 'root'));
    const result = verifySnp({ ...good.input, vek, chain: [], anchors: own });
    expect(answers(result, 'pass')).toEqual(
      expect.arrayContaining(['snp.vek.intermediate', 'snp.vek.root']),
    );
    expect(answers(result, 'fail')).toContain('snp.vek.chain');
  });

  it('never under a root of somebody’s own', () => {
    expect(unanswered(good.anchors)).toEqual(['snp.vek.intermediate']);
  });

  it('never under the root of another line', () => {
    expect(unanswered([AMD_ARK_TURIN])).toEqual(['snp.vek.intermediate']);
  });

  it('nor where another one is given', () => {
    const result = verifySnp({ ...good.input, vek, chain: [good.ask], anchors: AMD_ROOTS });
    expect(answers(result, 'fail')).toContain('snp.vek.intermediate');
  });

  it('not for a name that is AMD’s in its common name only', () => {
    const alike = elementAt(good.ask, [0, 5]);
    const result = verifySnp({
      ...good.input,
      vek: inNameOf(alike),
      chain: [],
      anchors: AMD_ROOTS,
    });
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.intermediate']);
  });
});
