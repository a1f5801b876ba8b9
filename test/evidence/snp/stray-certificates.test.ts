import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { publishedIntermediates } from '../../../src/evidence/snp/published-intermediates.ts';
import { SnpVerifier, verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { verifySnpChain } from '../../../src/evidence/snp/verify-chain.ts';
import { forge, tlv } from '../../support/forge.ts';
import { certify, party } from '../../support/pki.ts';
import { OTHER_RSA_4096, RSA_4096 } from '../../support/rsa-keys.ts';
import { answerOf, answers, GUIDS, goodTable, NOW, snpEvidence } from '../../support/snp.ts';
import {
  arkCertificate,
  intermediateCertificate,
  snpWorld,
  vekCertificate,
} from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const rogue = await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 });

function verify(chain: readonly Uint8Array[], anchors = good.anchors) {
  return verifySnp({ ...good.input, chain, anchors });
}

function pem(...ders: readonly Uint8Array[]): Uint8Array {
  return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join('\n'));
}

/** One bit of the signature. */
const tampered = (der: Uint8Array) => der.with(-1, (der.at(-1) ?? 0) ^ 1);

/** One letter of the subject, which is then no longer the issuer. */
function renamed(root: Uint8Array): Uint8Array {
  return forge(root, [0, 5], (subject) => {
    const body = subject.slice();
    const last = body.length - 1;
    return body.with(last, (body[last] ?? 0) ^ 0x01);
  });
}

const wishedFor = async () => ({
  'the root with one letter of its name changed': renamed(good.root),
  'the root without a name': forge(good.root, [0, 5], () => tlv(0x30)),
  'the ASK with one bit of its signature changed': tampered(good.ask),
  'the ASVK with one bit of its signature changed': tampered(
    await intermediateCertificate(world, 'vlek'),
  ),
  'an ASK of somebody else’s root of this name': await intermediateCertificate(rogue),
  'an ASK that is no CA': await intermediateCertificate(world, 'vcek', {
    basicConstraints: 'end-entity',
  }),
  'a CA of the root’s that has another name': await certify(
    await party('SEV-Venice', OTHER_RSA_4096),
    world.ark,
    { kind: 'ca' },
  ),
  'an ASK whose root is no anchor': await intermediateCertificate({
    ...world,
    ark: await party('ARK-Milan', RSA_4096),
  }),
  'another VCEK certificate of the same chip': await vekCertificate(world, 'vcek', {
    notAfter: new Date(NOW + 86_400_000),
  }),
  'the leaf with one bit of its signature changed': tampered(good.vek),
});

describe.each(Object.entries(await wishedFor()))('%s', (_, stray) => {
  const genuine = { ...good.input, anchors: good.anchors };

  it.each<[string, readonly Uint8Array[]]>([
    ['behind a good ASK', [good.ask, stray]],
    ['in one PEM with it', [pem(good.ask, good.root, stray)]],
    ['between others', [good.ask, stray, good.root]],
  ])('is refused %s', (_place, chain) => {
    const result = verify(chain);
    expect(answers(result, 'fail')).toEqual(['snp.vek.intermediate']);
    expect(answerOf(result, 'snp.vek.intermediate')).toMatchObject({
      want: 'CA certificates of the anchors only',
      got: expect.stringMatching(/which is none$/),
    });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  });

  it('is refused before it, where it may be taken for the ASK itself', () => {
    const result = verify([stray, good.ask]);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    expect(['snp.vek.intermediate', 'snp.vek.chain', 'snp.vek.root']).toContain(
      answers(result, 'fail').join(),
    );
  });

  it('is refused in the certificate table', () => {
    const { vek: _vek, chain: _chain, ...bare } = genuine;
    const table = goodTable([
      [GUIDS.vcek, good.vek],
      [GUIDS.ask, good.ask],
      [GUIDS.ark, stray],
    ]);
    const result = verifySnp({ ...bare, report: concatBytes(bare.report, table) });
    expect(answers(result, 'fail')).toEqual(['snp.vek.intermediate']);
  });

  it('is refused by a verifier that remembers the chain without it', () => {
    const verifier = new SnpVerifier(good.anchors);
    expect(verifier.verify(good.input).verdict).toBe('accept');
    for (const chain of [
      [good.ask, stray],
      [good.ask, stray],
    ]) {
      expect(verifier.verify({ ...good.input, chain }).verdict).toBe('reject');
    }
    expect(verifier.verify(good.input).verdict).toBe('accept');
  });

  it('is refused of CAs that are judged with a leaf', () => {
    const { at, vek } = good.input;
    const input = { chain: [good.ask, stray], at, anchors: good.anchors };
    expect(answers(verifySnpChain({ ...input, ...(vek && { vek }) }), 'fail')).toEqual([
      'snp.vek.intermediate',
    ]);
  });
});

describe('what may stand beside the ASK', async () => {
  const asvk = await intermediateCertificate(world, 'vlek');
  const again = await arkCertificate(world, { notBefore: new Date('2024-01-01') });

  it.each<[string, readonly Uint8Array[]]>([
    ['the leaf itself, first', [good.vek, good.ask]],
    ['the leaf itself, last, in PEM', [pem(good.ask, good.root, good.vek)]],
    ['the other intermediate', [good.ask, asvk]],
    ['the root, certified twice', [good.ask, good.root, again]],
    ['sixteen certificates', [good.ask, pem(...new Array<Uint8Array>(15).fill(good.root))]],
  ])('%s', (_, chain) => {
    expect(verify(chain)).toMatchObject({ verdict: 'accept', authentic: true });
  });

  it('an intermediate of another anchor', () => {
    const [published] = publishedIntermediates();
    const chain = [good.ask, published?.der ?? new Uint8Array()];
    expect(verify(chain, [...good.anchors, ...AMD_ROOTS]).verdict).toBe('accept');
    expect(answers(verify(chain), 'fail')).toEqual(['snp.vek.intermediate']);
  });
});

describe('seventeen certificates are too many', () => {
  it.each<[string, readonly Uint8Array[], string]>([
    ['in seventeen blobs', new Array<Uint8Array>(17).fill(good.ask), 'chain'],
    ['in two', [pem(...new Array<Uint8Array>(16).fill(good.root)), good.ask], 'chain'],
    ['in one', [pem(...new Array<Uint8Array>(17).fill(good.ask))], 'chain[0]'],
  ])('%s', (_, chain, path) => {
    const result = verify(chain);
    expect(answers(result, 'fail')).toEqual(['snp.vek.intermediate']);
    expect(answerOf(result, 'snp.vek.intermediate')).toMatchObject({
      path,
      got: '17 certificates',
    });
  });
});
