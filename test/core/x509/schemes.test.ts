import { sign as nodeSign, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../../src/core/encoding/der.ts';
import {
  isSignature,
  isSignedBy,
  parsePublicKeyInfo,
  parseSigned,
  type Signed,
} from '../../../src/core/x509/signed.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  ECDSA_WITH_SHA256,
  ECDSA_WITH_SHA384,
  elementAt,
  forge,
  PSS_SHA384,
  tlv,
  withAlgorithm,
} from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { certify, type Party, party } from '../../support/pki.ts';
import { type PssWishes, pssBlock, rsaPower } from '../../support/rsa.ts';
import { OTHER_RSA_2048, RSA_2048, RSA_4096 } from '../../support/rsa-keys.ts';
import { asView } from '../../support/view.ts';

const SPKI = [0, 6];
const SIGNATURE = [2];

const p256 = await made('P-256', await party('P-256'));
const p384 = await made('P-384', await party('P-384', 'P-384'));
const rsa2048 = await made('RSA-2048', await party('RSA-2048', RSA_2048));
const rsa4096 = await made('RSA-4096', await party('RSA-4096', RSA_4096));
const other384 = await made('P-384', await party('Other P-384', 'P-384'));
const other2048 = await made('RSA-2048', await party('Other RSA-2048', OTHER_RSA_2048));
const all = [p256, p384, rsa2048, rsa4096, other384, other2048];

async function made(kind: string, signer: Party) {
  const der = await certify(signer, signer, { kind: 'ca' });
  return { kind, signer, der, key: parsePublicKeyInfo(elementAt(der, SPKI), 'key') };
}

const read = (der: Uint8Array) => parseSigned(der, 'thing');

/** What Node's own X.509 says of a certificate that is signed by itself. */
function verifiedByNode(der: Uint8Array): boolean {
  const certificate = new X509Certificate(der);
  return certificate.verify(certificate.publicKey);
}

/** The certificate with another signature, which need not be of its scheme. */
function signedAs(der: Uint8Array, signature: Uint8Array): Uint8Array {
  return forge(der, SIGNATURE, () => tlv(TAG.bitString, hex('00'), signature));
}

describe.each([
  ['P-256', p256, 'ecdsa-with-SHA256', 64],
  ['P-384', p384, 'ecdsa-with-SHA384', 96],
  ['RSA-2048', rsa2048, 'RSASSA-PSS-SHA384', 256],
  ['RSA-4096', rsa4096, 'RSASSA-PSS-SHA384', 512],
])('%s', (kind, { der, key }, scheme, length) => {
  const signed = read(asView(der));

  it('is read with its scheme and signature', () => {
    expect(key.kind).toBe(kind);
    expect(signed.signatureAlgorithm).toBe(scheme);
    expect(signed.signature?.length).toBe(length);
  });

  it('verifies under its own key and no other, as in Node', () => {
    const keys = all.filter((other) => isSignedBy(signed, other.key));
    expect(keys.map((other) => other.key)).toEqual([key]);
    const { publicKey } = new X509Certificate(der);
    for (const other of all) {
      const theirs = new X509Certificate(other.der).verify(publicKey);
      expect(theirs).toBe(isSignedBy(read(other.der), key));
    }
  });

  it('verifies under no other name of its scheme', () => {
    const schemes = ['ecdsa-with-SHA256', 'ecdsa-with-SHA384', 'RSASSA-PSS-SHA384'];
    for (const signatureAlgorithm of [...schemes, '1.2.840.113549.1.1.10', '']) {
      const renamed: Signed = { ...signed, signatureAlgorithm };
      expect(isSignedBy(renamed, key)).toBe(signatureAlgorithm === scheme);
    }
  });

  it('does not verify with a bit flipped in what is signed, or in the signature', () => {
    const last = (bytes: Uint8Array) => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1);
    expect(isSignedBy({ ...signed, tbs: last(signed.tbs) }, key)).toBe(false);
    const { signature = hex('') } = signed;
    expect(isSignedBy({ ...signed, signature: last(signature) }, key)).toBe(false);
  });

  it('isSignature takes the scheme from the key', () => {
    const { signature = hex(''), tbs } = signed;
    const keys = all.filter((other) => isSignature(signature, tbs, other.key));
    expect(keys.map((other) => other.key)).toEqual([key]);
  });
});

describe('a scheme that does not belong to the key', () => {
  it.each([
    ['P-256', p256],
    ['P-384', p384],
  ])('PSS on a %s key, over r ‖ s that is right in itself', async (_name, { der, signer, key }) => {
    const named = withAlgorithm(der, PSS_SHA384);
    const signed = read(signedAs(named, await rawEcdsa(elementAt(named, [0]), signer)));
    expect(isSignature(signed.signature ?? hex(''), signed.tbs, key)).toBe(true);
    expect(isSignedBy(signed, key)).toBe(false);
  });

  it.each([
    ['ecdsa-with-SHA256', ECDSA_WITH_SHA256],
    ['ecdsa-with-SHA384', ECDSA_WITH_SHA384],
  ])('%s on an RSA key', async (_name, algorithm) => {
    const named = withAlgorithm(rsa2048.der, algorithm);
    // A signature of RSA is no ECDSA value at all …
    expect(faultOf(() => read(signedAs(named, new Uint8Array(256).fill(0x5a)))).at).toBe(
      'thing.signature.sequence',
    );
    // … and one that is signs nothing for an RSA key.
    const signed = read(signedAs(named, hex('3006 020101 020101')));
    expect(isSignedBy(signed, rsa2048.key)).toBe(false);
  });

  it('ecdsa-with-SHA256 on a P-384 key, rightly signed', async () => {
    const der = await certify(p384.signer, p384.signer, { hash: 'SHA-256' });
    expect(verifiedByNode(der)).toBe(true);
    expect(read(der).signature).toBeUndefined(); // 48 bytes do not fit P-256
    expect(isSignedBy(read(der), p384.key)).toBe(false);
  });

  it.each([
    ['a salt of 32 bytes', { salt: new Uint8Array(32) }],
    ['SHA-256', { hash: 'sha256' }],
    ['MGF1 with SHA-256', { maskHash: 'sha256' }],
  ] satisfies [string, PssWishes][])('PSS with %s under the name of the usual', (_name, wishes) => {
    const { der, key } = rsa2048;
    const { tbs } = read(der);
    const sign = (block: Uint8Array) => read(signedAs(der, rsaPower(RSA_2048, block)));
    expect(isSignedBy(sign(pssBlock(256, tbs)), key)).toBe(true);
    expect(isSignedBy(sign(pssBlock(256, tbs, wishes)), key)).toBe(false);
  });

  it('PKCS #1 v1.5 under the name of PSS', () => {
    const { der, key } = rsa2048;
    const signature = nodeSign('sha384', read(der).tbs, RSA_2048.privateKey);
    expect(isSignedBy(read(signedAs(der, Uint8Array.from(signature))), key)).toBe(false);
  });

  it.each([
    ['sha256WithRSAEncryption', '300d 06092a864886f70d01010b 0500'],
    ['sha384WithRSAEncryption', '300d 06092a864886f70d01010c 0500'],
  ])('%s, which nobody uses here, is refused', (_name, algorithm) => {
    const named = withAlgorithm(rsa2048.der, hex(algorithm));
    expect(faultOf(() => read(named)).at).toBe('thing.signatureAlgorithm');
  });
});

async function rawEcdsa(tbs: Uint8Array, { keys }: Party): Promise<Uint8Array> {
  const { namedCurve } = keys.privateKey.algorithm as EcKeyAlgorithm;
  const hash = namedCurve === 'P-256' ? 'SHA-256' : 'SHA-384';
  const scheme = { name: 'ECDSA', hash };
  return new Uint8Array(await crypto.subtle.sign(scheme, keys.privateKey, new Uint8Array(tbs)));
}
