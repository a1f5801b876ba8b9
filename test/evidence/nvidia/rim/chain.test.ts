import '../../../../src/core/x509/reflect-metadata.ts';
import { KeyUsageFlags } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../../src/core/x509/certificate.ts';
import { EXTENSION } from '../../../../src/core/x509/extensions.ts';
import { readSignerChain, signerChainProblem } from '../../../../src/evidence/nvidia/rim/chain.ts';
import { readRim } from '../../../../src/evidence/nvidia/rim/read-rim.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { certify, party } from '../../../support/pki.ts';
import { ANCHORS, CHAIN, PARTIES, rim, rimChain, rimParties } from '../../../support/rim.ts';

function problem(ders: readonly Uint8Array[]) {
  return signerChainProblem(readSignerChain(ders, parseCertificate));
}

describe('the signer’s chain', async () => {
  it('is four certificates, each issued by the next', () => {
    expect(problem(CHAIN)).toBeUndefined();
  });

  const { root, ca, l3, signer } = PARTIES;
  const others = await rimParties();
  const [leaf, below, above, top] = CHAIN;
  const crlSign = KeyUsageFlags.cRLSign;
  const oldCurve = { ...PARTIES, signer: await party('HCC RIM L4 Signer') };

  it.each<[string, readonly Uint8Array[], string]>([
    ['none', [], '0: '],
    ['the leaf alone', [leaf], '1: HCC RIM L4 Signer'],
    ['the root left out', [leaf, below, above], '3: '],
    ['the leaf left out', [below, above, top], '3: '],
    ['a CA left out, the root twice', [leaf, below, top, top], 'CN=Reference Value GH100 CA'],
    ['one more', [...CHAIN, top], '5: '],
    ['upside down', CHAIN.toReversed(), 'cA TRUE'],
    ['two CAs exchanged', [leaf, above, below, top], 'CN='],
    ['a signer that is a CA', await rimChain({ signer: { kind: 'ca' } }), 'cA TRUE'],
    [
      'a signer that is marked as CA',
      await rimChain({ signer: { basicConstraints: 'ca' } }),
      'cA TRUE',
    ],
    [
      'a signer that may sign no data',
      await rimChain({ signer: { usages: crlSign } }),
      'a key usage without it',
    ],
    [
      'a signer without key usage',
      await rimChain({ signer: { without: [EXTENSION.keyUsage] } }),
      'it without',
    ],
    ['a signer on a smaller curve', await rimChain({}, oldCurve), 'a P-256 key'],
    ['an L3 that is no CA', await rimChain({ l3: { basicConstraints: 'end-entity' } }), 'cA FALSE'],
    [
      'an L3 that says nothing of it',
      await rimChain({ l3: { without: [EXTENSION.basicConstraints] } }),
      'it without',
    ],
    [
      'an L3 that may sign no certificates',
      await rimChain({ l3: { usages: crlSign } }),
      'a key usage without it',
    ],
    [
      'a CA that may sign no certificates',
      await rimChain({ ca: { usages: crlSign } }),
      'a key usage without it',
    ],
    [
      'a root that may sign no certificates',
      await rimChain({ root: { usages: crlSign } }),
      'a key usage without it',
    ],
    ['a CA that allows no other below itself', await rimChain({ ca: { pathLength: 0 } }), '1'],
    [
      'a signer of another L3 of the same name',
      CHAIN.with(0, await certify(signer, others.l3, {})),
      l3.keyId,
    ],
    [
      'an L3 of another CA of the same name',
      CHAIN.with(1, await certify(l3, others.ca, { kind: 'ca' })),
      ca.keyId,
    ],
    [
      'a CA of another root of the same name',
      CHAIN.with(2, await certify(ca, others.root, { kind: 'ca' })),
      root.keyId,
    ],
    [
      'a forgery that names the right key',
      CHAIN.with(0, await certify(signer, others.l3, { issuerKeyId: l3.keyId })),
      'an invalid signature',
    ],
    [
      'a CA that is only its root’s namesake',
      CHAIN.with(2, await certify({ ...others.ca, commonName: 'CA' }, root, { kind: 'ca' })),
      'CN=',
    ],
  ])('is refused: %s', (_, ders, got) => {
    expect(problem(ders)?.got).toContain(got);
  });

  it('is refused where it can’t be read, naming the certificate', () => {
    const fault = faultOf(() =>
      readSignerChain(CHAIN.with(2, new Uint8Array(5)), parseCertificate),
    );
    expect(fault).toMatchObject({ code: 'malformed' });
    expect(fault.at).toMatch(/^rim\.Signature\.KeyInfo\.X509Data\[2\]/);
    expect(faultOf(() => readSignerChain(Array(9).fill(leaf), parseCertificate))).toMatchObject({
      at: 'rim.Signature.KeyInfo.X509Data',
      detail: '9 certificates',
    });
  });

  it('has no root where its last certificate is none, pinned or not', async () => {
    const reading = readRim(rim({ chain: [leaf, below, above] }), ANCHORS);
    expect(reading).toMatchObject({ format: 'pass', signature: 'pass' });
    expect(reading.chain).not.toBe('pass');
    expect(reading.root).not.toBe('pass');
  });

  it('has a right root only if that signed itself', async () => {
    const forged = await certify({ ...root }, { ...root, keys: others.root.keys }, { kind: 'ca' });
    const reading = readRim(rim({ chain: CHAIN.with(3, forged) }), ANCHORS);
    expect(reading).toMatchObject({ signature: 'pass', chain: 'pass', manifest: undefined });
    expect(reading.root).toMatchObject({ mismatch: { got: 'an invalid signature' } });
  });

  it('may end in another certificate of the pinned key', async () => {
    const again = await certify(root, root, { kind: 'ca', serial: '77' });
    const reading = readRim(rim({ chain: CHAIN.with(3, again) }), ANCHORS);
    expect(reading).toMatchObject({ chain: 'pass', root: 'pass', anchor: ANCHORS[0] });
  });

  it('may not end in an anchor that is no root of it', async () => {
    const anchor = anchorFromCertificate(below, 'l3');
    expect(readRim(rim(), [anchor])).toMatchObject({ chain: 'pass', manifest: undefined });
    const cut = readRim(rim({ chain: [leaf, below] }), [anchor]);
    expect(cut).toMatchObject({ signature: 'pass', manifest: undefined });
    expect(cut.chain).not.toBe('pass');
  });
});
