import '../../../src/core/x509/reflect-metadata.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { INTEL_SGX_ROOT } from '../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { isSignedBy } from '../../../src/core/x509/signed.ts';
import { faultOf } from '../../support/fault-of.ts';
import { elementAt, forge, PSS_SHA384_TRAILER, tlv, withAlgorithm } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { OCSP_SIGNING, purposes } from '../../support/ocsp.ts';
import { certify, party } from '../../support/pki.ts';
import { RSA_2048 } from '../../support/rsa-keys.ts';
import { asView } from '../../support/view.ts';

const read = (der: Uint8Array) => parseCertificate(der, 'cert');
const root = await party('Test Root CA');
const leaf = await party('Test Leaf');
const rootDer = await certify(root, root, { kind: 'ca', pathLength: 1, serial: '80ff' });
const leafDer = await certify(leaf, root);
const leaf384 = await party('Test P-384', 'P-384');
const leafRsa = await party('Test RSA', RSA_2048);
const rsaDer = await certify(leafRsa, leafRsa, { kind: 'ca' });
const intelDer = INTEL_SGX_ROOT.certificate.der;

it('reads Intel’s root', () => {
  const found = read(intelDer);
  expect(found).toMatchObject({
    serial: '22650cd65a9d3489f383b49552bf501b392706ac',
    signatureAlgorithm: 'ecdsa-with-SHA256',
    validity: { from: Date.UTC(2018, 4, 21, 10, 45, 10), to: Date.UTC(2049, 11, 31, 23, 59, 59) },
    basicConstraints: { ca: true, pathLength: 1 },
    keyUsage: { digitalSignature: false, keyCertSign: true, cRLSign: true },
  });
  const names = 'CN=Intel SGX Root CA, O=Intel Corporation, L=Santa Clara, ST=CA, C=US';
  expect([found.subject.text, found.issuer.text]).toEqual([names, names]);
  expect(isSignedBy(found, found.publicKey)).toBe(true);
});

const cases: [string, Uint8Array][] = [
  ['Intel’s root', intelDer],
  ['a CA', rootDer],
  ['a leaf', leafDer],
  ['an end after 2049', await certify(leaf, root, { notAfter: new Date('2051-06-30T12:00:01Z') })],
  ['a serial number of 20 bytes', await certify(leaf, root, { serial: '7f'.repeat(20) })],
  ['another extension', await certify(leaf, root, { more: [extraExtension()] })],
  ['a signature over SHA-384', await certify(leaf, root, { hash: 'SHA-384' })],
  ['a P-384 key', await certify(leaf384, root)],
  ['a signature of P-384', await certify(leaf, leaf384)],
  ['an RSA key', await certify(leafRsa, root)],
  ['a signature of RSASSA-PSS', await certify(leaf, leafRsa)],
  ['a signature of RSASSA-PSS with the trailer field', withAlgorithm(rsaDer, PSS_SHA384_TRAILER)],
];

function extraExtension(): Extension {
  return new Extension('1.2.3.4', false, new Uint8Array(hex('0500')));
}

describe('agrees with another parser', () => {
  it.each(cases)('about %s', (_name, der) => {
    const ours = read(der);
    const theirs = new X509Certificate(new Uint8Array(der));
    // The oracle leaves out the zero byte that keeps an INTEGER positive.
    expect(ours.serial.replace(/^00(?=[89a-f])/, '')).toBe(theirs.serialNumber);
    expect(ours.validity).toEqual({
      from: theirs.notBefore.getTime(),
      to: theirs.notAfter.getTime(),
    });
    expect(ours.subject.text).toBe(theirs.subject);
    expect(ours.issuer.text).toBe(theirs.issuer);
    expect(ours.subject.der).toEqual(new Uint8Array(theirs.subjectName.toArrayBuffer()));
    expect(ours.publicKey.der).toEqual(new Uint8Array(theirs.publicKey.rawData));
    expect([...ours.extensions]).toEqual(
      theirs.extensions.map(({ type, critical, value }) => [
        type,
        { critical, value: new Uint8Array(value) },
      ]),
    );
    const basic = theirs.getExtension(BasicConstraintsExtension);
    expect(ours.basicConstraints).toEqual({ ca: basic?.ca, pathLength: basic?.pathLength });
    const usages = theirs.getExtension(KeyUsagesExtension)?.usages ?? 0;
    expect(ours.keyUsage).toEqual({
      digitalSignature: (usages & KeyUsageFlags.digitalSignature) !== 0,
      keyCertSign: (usages & KeyUsageFlags.keyCertSign) !== 0,
      cRLSign: (usages & KeyUsageFlags.cRLSign) !== 0,
    });
    expect(toHex(ours.subjectKeyIdentifier ?? hex(''))).toBe(
      theirs.getExtension(SubjectKeyIdentifierExtension)?.keyId,
    );
    expect(toHex(ours.authorityKeyIdentifier ?? hex(''))).toBe(
      theirs.getExtension(AuthorityKeyIdentifierExtension)?.keyId,
    );
  });
});

it('reads the same out of a larger buffer, with views of exact length', () => {
  const view = asView(leafDer);
  const [here, there] = [read(leafDer), read(view)];
  const { key: _here, ...plain } = here.publicKey;
  const { key: _there, ...viewed } = there.publicKey;
  expect({ ...there, publicKey: viewed }).toEqual({ ...here, publicKey: plain });
  expect(there.tbs).toEqual(elementAt(leafDer, [0]));
  expect(isSignedBy(there, read(rootDer).publicKey)).toBe(true);
});

it('leaves out what the certificate leaves out', async () => {
  const all = ['2.5.29.14', '2.5.29.15', '2.5.29.19', '2.5.29.35'];
  expect(read(await certify(leaf, root, { without: all }))).toMatchObject({
    basicConstraints: undefined,
    keyUsage: undefined,
    subjectKeyIdentifier: undefined,
    authorityKeyIdentifier: undefined,
  });
});

describe('extended key usage', () => {
  const usage = '2.5.29.37';
  const purpose = (critical: boolean) =>
    certify(leaf, root, { more: [purposes([OCSP_SIGNING], critical)] });

  it('is read where it is not critical, and undefined where there is none', async () => {
    expect(read(await purpose(false)).extendedKeyUsage).toEqual([OCSP_SIGNING]);
    expect(read(leafDer).extendedKeyUsage).toBeUndefined();
  });

  it('may be critical only where the caller honours it', async () => {
    const der = await purpose(true);
    const refusal = { code: 'malformed', at: 'cert.extensions' };
    const detail = `unknown critical extension ${usage}`;
    for (const honoured of [[], ['2.5.29.32'], ['2.5.29.3'], [OCSP_SIGNING]]) {
      const fault = faultOf(() => parseCertificate(der, 'cert', honoured));
      expect(fault).toMatchObject({ ...refusal, detail });
    }
    expect(parseCertificate(der, 'cert', [usage]).extendedKeyUsage).toEqual([OCSP_SIGNING]);
    // What one caller honours, the next one still does not.
    expect(faultOf(() => read(der))).toMatchObject({ ...refusal, detail });
  });

  it('honoured, lets no other critical extension by', async () => {
    const more = [purposes([OCSP_SIGNING]), new Extension('1.2.3.4', true, new Uint8Array([5, 0]))];
    const der = await certify(leaf, root, { more });
    const { detail } = faultOf(() => parseCertificate(der, 'cert', [usage]));
    expect(detail).toBe('unknown critical extension 1.2.3.4');
  });

  it('that is malformed refuses the certificate, critical or not', async () => {
    const more = [new Extension(usage, false, new Uint8Array(hex('3000')))];
    const der = await certify(leaf, root, { more });
    expect(faultOf(() => read(der)).at).toMatch(/^cert\.extensions\.2\.5\.29\.37/);
  });
});

describe('an odd ECDSA value is no malformed certificate, but signs nothing', () => {
  const pair = (r: string, s: string) =>
    tlv(
      TAG.bitString,
      hex('00'),
      tlv(TAG.sequence, tlv(TAG.integer, hex(r)), tlv(TAG.integer, hex(s))),
    );
  it.each([
    ['a negative r', 'ff', '01', undefined],
    ['a negative s', '01', '80', undefined],
    ['an r of 33 bytes', `01${'00'.repeat(32)}`, '01', undefined],
    ['an r of 0', '00', '01', `${'00'.repeat(63)}01`],
    [
      'an s with its highest bit set',
      '01',
      `00${'ff'.repeat(32)}`,
      `${'00'.repeat(31)}01${'ff'.repeat(32)}`,
    ],
  ])('%s', (_name, r, s, want) => {
    const found = read(forge(leafDer, [2], () => pair(r, s)));
    expect(found.signature && toHex(found.signature)).toBe(want);
    expect(isSignedBy(found, read(rootDer).publicKey)).toBe(false);
  });
});
