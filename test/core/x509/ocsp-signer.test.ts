import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { isMismatch } from '../../../src/core/mismatch.ts';
import { type Certificate, parseCertificate } from '../../../src/core/x509/certificate.ts';
import { type OcspResponse, parseOcspResponse } from '../../../src/core/x509/ocsp.ts';
import { certIdMatches, keyBits, ocspSigner } from '../../../src/core/x509/ocsp-signer.ts';
import { elementAt, forge } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import {
  byKey,
  byName,
  OCSP_SIGNING,
  purposes,
  type ResponseWishes,
  respond,
  single,
} from '../../support/ocsp.ts';
import { type CertificateWishes, certify, type Party, party } from '../../support/pki.ts';

const read = (der: Uint8Array) => parseCertificate(der, 'cert', ['2.5.29.37']);
const root = await party('Test Root', 'P-384');
const ca = await party('Test CA', 'P-384');
const sibling = await party('Test Sibling CA', 'P-384');
const leaf = await party('Test Leaf', 'P-384');
const delegate = await party('Test Responder', 'P-384');
const stranger = await party('Test Stranger', 'P-384');
const caDer = await certify(ca, root, { kind: 'ca' });
const [caCert, siblingCert, leafCert] = [
  read(caDer),
  read(await certify(sibling, root, { kind: 'ca' })),
  read(await certify(leaf, ca)),
] as const;
const APPOINTED = { more: [purposes([OCSP_SIGNING])] } satisfies CertificateWishes;
const delegateDer = await certify(delegate, ca, APPOINTED);

/** Who signed a good answer about the leaf, in the eyes of the leaf's issuer. */
async function signerOf(signer: Party, wishes: ResponseWishes = {}, issuer = caCert) {
  return ocspSigner(await answered(signer, wishes), issuer);
}

async function answered(signer: Party, wishes: ResponseWishes): Promise<OcspResponse> {
  const der = await respond(signer, [single(leafCert, caCert)], wishes);
  const parsed = parseOcspResponse(der, 'ocsp');
  if (parsed.status !== 'successful') throw new Error(parsed.status);
  return parsed.response;
}

describe('ocspSigner accepts', () => {
  const named = (found: Awaited<ReturnType<typeof signerOf>>) =>
    isMismatch(found) ? found : found.subject.commonName;

  it.each([
    ['whom the issuer appointed, by key', byKey(delegate)],
    ['whom the issuer appointed, by name', byName(read(delegateDer))],
  ])('%s', async (_name, responder) => {
    const found = await signerOf(delegate, { responder, certificates: [delegateDer] });
    expect(named(found)).toBe('Test Responder');
  });

  it.each([
    ['not critical', [OCSP_SIGNING], false],
    ['beside others, as NVIDIA has it', [OCSP_SIGNING, '1.3.6.1.5.5.7.48.1.5'], true],
  ])('a purpose %s', async (_name, oids, critical) => {
    const der = await certify(delegate, ca, { more: [purposes(oids, critical)] });
    expect(named(await signerOf(delegate, { certificates: [der] }))).toBe('Test Responder');
  });

  it.each([
    ['alone', []],
    ['its own certificate beside', [caDer]],
  ])('the issuer itself, %s', async (_name, certificates) => {
    expect(named(await signerOf(ca, { certificates }))).toBe('Test CA');
  });

  it('whom it appointed, whatever else comes along: nobody signed that list', async () => {
    const [strange, above] = [await certify(stranger, stranger), await certify(ca, root)];
    for (const certificates of [
      [caDer, delegateDer],
      [delegateDer, caDer, above],
      [strange, delegateDer],
      [delegateDer, delegateDer],
    ]) {
      expect(named(await signerOf(delegate, { certificates }))).toBe('Test Responder');
    }
  });

  it('the issuer, beside the certificate of whom it appointed', async () => {
    expect(named(await signerOf(ca, { certificates: [delegateDer] }))).toBe('Test CA');
  });
});

describe('ocspSigner refuses', () => {
  const appointed = (subject: Party, issuer: Party, wishes: CertificateWishes = {}) =>
    certify(subject, issuer, { ...APPOINTED, ...wishes });
  const by = async (signer: Party, certificate: Promise<Uint8Array>) =>
    signerOf(signer, { certificates: [await certificate] });
  const problems = {
    'somebody without a certificate': () => signerOf(delegate),
    'somebody under the issuer’s name': () => signerOf(stranger, { responder: byName(caCert) }),
    'somebody under the key of whom it appointed': () =>
      signerOf(stranger, { responder: byKey(delegate), certificates: [delegateDer] }),
    'whom it appointed, under another’s key': () =>
      signerOf(delegate, { responder: byKey(stranger), certificates: [delegateDer] }),
    'whom it appointed, under the issuer’s name': () =>
      signerOf(delegate, { responder: byName(caCert), certificates: [delegateDer] }),
    'whom another CA appointed': () => by(delegate, appointed(delegate, sibling)),
    'whom the root appointed': () => by(delegate, appointed(delegate, root)),
    'who appointed himself in the issuer’s name': async () => {
      const evil = { ...stranger, commonName: ca.commonName, keyId: ca.keyId };
      return by(delegate, appointed(delegate, evil));
    },
    'whom the issuer’s namesake appointed': async () =>
      by(delegate, appointed(delegate, { ...stranger, commonName: ca.commonName })),
    'the leaf itself': () => by(leaf, certify(leaf, ca)),
    'whom the leaf appointed': () => by(delegate, appointed(delegate, leaf)),
    'whom the issuer gave no purpose': () => by(delegate, certify(delegate, ca)),
    'whom it appointed for servers': () =>
      by(delegate, certify(delegate, ca, { more: [purposes(['1.3.6.1.5.5.7.3.1'])] })),
    'whom it appointed for anything': () =>
      by(delegate, certify(delegate, ca, { more: [purposes(['2.5.29.37.0'])] })),
    'a purpose that only begins alike': () =>
      by(delegate, certify(delegate, ca, { more: [purposes([`${OCSP_SIGNING}.1`])] })),
    'a CA whom it appointed': () => by(delegate, appointed(delegate, ca, { kind: 'ca' })),
    'whom it appointed, that may be a CA': () =>
      by(delegate, appointed(delegate, ca, { basicConstraints: 'ca' })),
    'whose key may sign no data': () => by(delegate, appointed(delegate, ca, { usages: 4 })),
    'whose key has no usage': () =>
      by(delegate, appointed(delegate, ca, { without: ['2.5.29.15'] })),
    'a key without an identifier, by key': () =>
      by(delegate, appointed(delegate, ca, { without: ['2.5.29.14'] })),
    'one name in two certificates': async () =>
      signerOf(delegate, { certificates: [delegateDer, await appointed(delegate, sibling)] }),
  } satisfies Record<string, () => ReturnType<typeof signerOf>>;
  const want = {
    'somebody without a certificate': ['a response by CN=Test CA', 'one by key'],
    'somebody under the issuer’s name': ['a response signed by CN=Test CA', 'an invalid signature'],
    'somebody under the key of whom it appointed': [
      'a response signed by CN=Test Responder',
      'an invalid signature',
    ],
    'whom it appointed, under another’s key': [
      'a response by CN=Test CA, O=Test',
      'with those of Test Responder',
    ],
    'whom it appointed, under the issuer’s name': [
      'a response signed by CN=Test CA',
      'an invalid signature',
    ],
    'whom another CA appointed': ['issued by CN=Test CA', 'CN=Test Sibling CA'],
    'whom the root appointed': ['issued by CN=Test CA', 'CN=Test Root'],
    'who appointed himself in the issuer’s name': ['signed by CN=Test CA', 'an invalid signature'],
    'whom the issuer’s namesake appointed': ['issued by key', ''],
    'the leaf itself': ['OCSPSigning', 'none'],
    'whom the leaf appointed': ['issued by CN=Test CA', 'CN=Test Leaf'],
    'whom the issuer gave no purpose': ['OCSPSigning', 'none'],
    'whom it appointed for servers': ['OCSPSigning', '1.3.6.1.5.5.7.3.1'],
    'whom it appointed for anything': ['OCSPSigning', '2.5.29.37.0'],
    'a purpose that only begins alike': ['OCSPSigning', '1.3.6.1.5.5.7.3.9.1'],
    'a CA whom it appointed': ['cA FALSE', 'cA TRUE'],
    'whom it appointed, that may be a CA': ['cA FALSE', 'cA TRUE'],
    'whose key may sign no data': ['digitalSignature', 'another key usage'],
    'whose key has no usage': ['digitalSignature', 'another key usage'],
    'a key without an identifier, by key': ['a response by CN=Test CA', 'one by key'],
    'one name in two certificates': ['one certificate', 'several of key'],
  } satisfies Record<keyof typeof problems, [string, string]>;

  it.each(Object.keys(problems) as (keyof typeof problems)[])('%s', async (name) => {
    const found = await problems[name]();
    if (!isMismatch(found)) throw new Error(`accepted ${found.subject.text}`);
    const [wanted, got] = want[name];
    expect(found.want).toContain(wanted);
    expect(found.got).toContain(got);
  });

  it.each([
    ['what was signed', [1, 0, 1, 0, 0, 1], () => hex('180f32303236303630323030303030305a')],
    ['the algorithm', [1, 0, 1, 0, 1], () => hex('300a06082a8648ce3d040302')],
  ])('another byte in %s', async (_name, path, change) => {
    const der = await respond(delegate, [single(leafCert, caCert)], {
      certificates: [delegateDer],
    });
    const parsed = parseOcspResponse(forge(der, path, change), 'ocsp');
    if (parsed.status !== 'successful') throw new Error(parsed.status);
    expect(ocspSigner(parsed.response, caCert)).toMatchObject({ got: 'an invalid signature' });
  });
});

describe('certIdMatches', () => {
  const idOf = (der: Uint8Array) => {
    const parsed = parseOcspResponse(der, 'ocsp');
    const [answer] = parsed.status === 'successful' ? parsed.response.responses : [];
    if (answer === undefined) throw new Error('no answer');
    return answer.certId;
  };
  const matches = async (
    hash: 'sha1' | 'sha256' | 'sha384' | 'sha512',
    certificate: Certificate,
    issuer: Certificate,
  ) => {
    const id = idOf(await respond(delegate, [single(leafCert, caCert, { hash })]));
    return certIdMatches(id, certificate, issuer);
  };

  it.each(['sha256', 'sha384', 'sha512'] as const)('by %s', async (hash) => {
    expect(await matches(hash, leafCert, caCert)).toBe(true);
    expect(await matches(hash, leafCert, siblingCert)).toBe(false);
    expect(await matches(hash, { ...leafCert, serial: '1235' }, caCert)).toBe(false);
    expect(await matches(hash, { ...leafCert, serial: `00${leafCert.serial}` }, caCert)).toBe(
      false,
    );
  });

  it('never by SHA-1, in which two issuers can be made alike', async () => {
    expect(await matches('sha1', leafCert, caCert)).toBe(false);
  });

  it('by name and key of the issuer, not by one of them', async () => {
    const namesake = read(await certify({ ...stranger, commonName: 'Test CA' }, root));
    expect(toHex(namesake.subject.der)).toBe(toHex(caCert.subject.der));
    expect(await matches('sha384', leafCert, namesake)).toBe(false);
    const renamed = read(await certify({ ...ca, commonName: 'Another CA' }, root));
    expect(await matches('sha384', leafCert, renamed)).toBe(false);
  });

  it('not by a hash that is cut or empty, nor by an unknown one', async () => {
    const id = idOf(await respond(delegate, [single(leafCert, caCert)]));
    for (const change of [
      { issuerNameHash: id.issuerNameHash.subarray(1) },
      { issuerKeyHash: id.issuerKeyHash.subarray(0, 47) },
      { issuerNameHash: hex(''), issuerKeyHash: hex('') },
      { hashAlgorithm: '1.2.3.4' },
      { hashAlgorithm: 'sha256' },
      { hashAlgorithm: 'constructor' },
    ]) {
      expect(certIdMatches({ ...id, ...change }, leafCert, caCert)).toBe(false);
    }
  });
});

it('the key is the point alone, without algorithm and count of unused bits', () => {
  const bits = elementAt(caCert.publicKey.der, [1]);
  expect(keyBits(caCert)).toEqual(bits.subarray(3));
  expect(keyBits(caCert)[0]).toBe(4);
  expect(keyBits(caCert).length).toBe(97);
});
