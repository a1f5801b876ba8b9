import '../../../src/core/x509/reflect-metadata.ts';
import { KeyUsageFlags } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { anchorFromCertificate, INTEL_SGX_ROOT } from '../../../src/core/x509/anchors.ts';
import { type Certificate, parseCertificate } from '../../../src/core/x509/certificate.ts';
import {
  anchorOf,
  crlProblem,
  linkProblem,
  type Role,
  roleProblem,
  rootProblem,
  seatByRole,
} from '../../../src/core/x509/chain.ts';
import { parseCrl } from '../../../src/core/x509/crl.ts';
import { forge, remove, tlv } from '../../support/forge.ts';
import {
  type CertificateWishes,
  certify,
  type Party,
  party,
  resign,
  revoke,
} from '../../support/pki.ts';
import { RSA_2048 } from '../../support/rsa-keys.ts';

const root = await party('Test Root CA');
const middle = await party('Test Platform CA');
const leaf = await party('Test Leaf');
/** Another key under the root's name. */
const impostor = await party('Test Root CA');

const read = (der: Uint8Array) => parseCertificate(der, 'cert');
const issue = async (to: Party, from: Party, wishes: CertificateWishes = {}) =>
  read(await certify(to, from, wishes));

const rootDer = await certify(root, root, { kind: 'ca', pathLength: 1 });
const rootCert = read(rootDer);
const middleCert = await issue(middle, root, { kind: 'ca', pathLength: 0 });
const leafDer = await certify(leaf, middle);
const leafCert = read(leafDer);

const PROFILE = {
  key: 'P-256',
  extensions: ['2.5.29.35', '2.5.29.31', '2.5.29.14', '2.5.29.15', '2.5.29.19'],
} as const;
const LEAF: Role = { name: 'leaf', commonNames: ['Test Leaf'], kind: 'end-entity', ...PROFILE };
const MIDDLE: Role = {
  name: 'CA',
  commonNames: ['Test Platform CA', 'Test Processor CA'],
  kind: 'ca',
  ...PROFILE,
};
const ROOT: Role = { name: 'root', commonNames: ['Test Root CA'], kind: 'ca', ...PROFILE };

describe('seatByRole', () => {
  const roles = [LEAF, MIDDLE, ROOT];
  const want = 'Test Leaf ← Test Platform CA or Test Processor CA ← Test Root CA';

  it('seats certificates in the order of the roles, whatever order they came in', () => {
    const seated = [leafCert, middleCert, rootCert];
    expect(seatByRole([leafCert, middleCert, rootCert], roles)).toEqual(seated);
    expect(seatByRole([rootCert, middleCert, leafCert], roles)).toEqual(seated);
    expect(seatByRole([middleCert, leafCert, rootCert], roles)).toEqual(seated);
  });

  it('says what is too few', () => {
    expect(seatByRole([leafCert, rootCert], roles)).toEqual({
      want: `3 certificates: ${want}`,
      got: '2: Test Leaf, Test Root CA',
    });
  });

  it('says what is too many', () => {
    expect(seatByRole([leafCert, middleCert, rootCert, rootCert], roles)).toEqual({
      want: `3 certificates: ${want}`,
      got: '4: Test Leaf, Test Platform CA, Test Root CA, Test Root CA',
    });
  });

  it('refuses none', () => {
    expect(seatByRole([], roles)).toMatchObject({ got: '0: ' });
  });

  it('refuses two for one seat', () => {
    expect(seatByRole([leafCert, leafCert, rootCert], roles)).toEqual({
      want,
      got: 'Test Leaf, Test Leaf, Test Root CA',
    });
  });

  it('never seats one certificate twice, even where two seats ask for one name', () => {
    expect(seatByRole([leafCert, leafCert], [LEAF, LEAF])).toMatchObject({
      got: 'Test Leaf, Test Leaf',
    });
  });

  it.each([
    ['another name', 'Test Leaf 2'],
    ['a name of other case', 'Test leaf'],
    ['a name with a blank behind', 'Test Leaf '],
    ['a name with a byte order mark before', '\ufeffTest Leaf'],
    ['a name with a NUL behind', 'Test Leaf\0'],
  ])('refuses %s', async (_name, commonName) => {
    const der = forge(leafDer, [0, 5, 0, 0, 1], () => tlv(TAG.utf8String, utf8(commonName)));
    expect(seatByRole([read(der), middleCert, rootCert], roles)).toMatchObject({
      want,
      got: `${commonName}, Test Platform CA, Test Root CA`,
    });
  });

  it('refuses a certificate without a common name', async () => {
    const nameless = read(forge(leafDer, [0, 5, 0], remove));
    expect(seatByRole([nameless, middleCert, rootCert], roles)).toMatchObject({
      want,
      got: '(no common name), Test Platform CA, Test Root CA',
    });
  });
});

describe('roleProblem', () => {
  it('has nothing against a right chain', () => {
    expect(roleProblem(leafCert, LEAF)).toBeUndefined();
    expect(roleProblem(middleCert, MIDDLE)).toBeUndefined();
    expect(roleProblem(rootCert, ROOT)).toBeUndefined();
  });

  it.each([
    ['authority key identifier', '2.5.29.35'],
    ['CRL distribution points', '2.5.29.31'],
    ['subject key identifier', '2.5.29.14'],
    ['key usage', '2.5.29.15'],
    ['basic constraints', '2.5.29.19'],
  ])('misses the %s', async (_name, oid) => {
    const [ca, end] = [
      await issue(middle, root, { kind: 'ca', without: [oid] }),
      await issue(leaf, middle, { without: [oid] }),
    ];
    expect(roleProblem(ca, MIDDLE)?.want).toBe(`CA with extensions ${oid}`);
    expect(roleProblem(end, LEAF)?.want).toBe(`leaf with extensions ${oid}`);
  });

  it.each([
    [
      'a CA whose basic constraints deny it',
      MIDDLE,
      { kind: 'ca', basicConstraints: 'end-entity' },
      { want: 'CA with cA TRUE', got: 'cA FALSE' },
    ],
    [
      'a CA that may not sign certificates',
      MIDDLE,
      { kind: 'ca', usages: KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature },
      { want: 'CA with keyCertSign', got: 'a key usage without it' },
    ],
    [
      'a leaf that is a CA',
      LEAF,
      { kind: 'end-entity', basicConstraints: 'ca' },
      { want: 'leaf with cA FALSE', got: 'cA TRUE' },
    ],
    [
      'a leaf that may not sign',
      LEAF,
      { kind: 'end-entity', usages: KeyUsageFlags.keyAgreement },
      { want: 'leaf with digitalSignature', got: 'a key usage without it' },
    ],
  ] satisfies [string, Role, CertificateWishes, object][])(
    'refuses %s',
    async (_name, role, wishes, problem) => {
      expect(roleProblem(await issue(leaf, middle, wishes), role)).toEqual(problem);
    },
  );
});

describe('roleProblem about the key', () => {
  it.each([
    ['P-384', 'P-384'],
    ['RSA-2048', RSA_2048],
  ] as const)('refuses %s for P-256, whatever else is right', async (kind, key) => {
    const other = await party('Test Leaf', key);
    expect(roleProblem(await issue(other, middle), LEAF)).toEqual({
      want: 'leaf with a P-256 key',
      got: `a ${kind} key`,
    });
  });
});

it('a certificate that one issuer signed is still not another’s of the same name', async () => {
  const wishes = { kind: 'ca', pathLength: 1 } as const;
  const namesake = read(await certify(impostor, { ...impostor, keyId: root.keyId }, wishes));
  const posing = { ...namesake, subjectKeyIdentifier: rootCert.subjectKeyIdentifier };
  expect(linkProblem(middleCert, rootCert, 1)).toBeUndefined();
  expect(linkProblem(middleCert, posing, 1)).toMatchObject({ got: 'an invalid signature' });
  expect(linkProblem(middleCert, rootCert, 1)).toBeUndefined();
});

describe('linkProblem', () => {
  const subject = 'CN=Test Platform CA, O=Test, C=DE';
  const issuer = 'CN=Test Root CA, O=Test, C=DE';

  it('has nothing against a right chain', () => {
    expect(linkProblem(leafCert, middleCert, 0)).toBeUndefined();
    expect(linkProblem(middleCert, rootCert, 1)).toBeUndefined();
    expect(linkProblem(rootCert, rootCert, 0)).toBeUndefined();
  });

  it('another issuer’s name, key and signature being right', async () => {
    const renamed: Party = { ...root, commonName: 'Test Root CB' };
    expect(linkProblem(await issue(middle, renamed, { kind: 'ca' }), rootCert, 1)).toEqual({
      want: `${subject} issued by ${issuer}`,
      got: 'CN=Test Root CB, O=Test, C=DE',
    });
  });

  it('the issuer’s name in another string type, which only looks the same', async () => {
    const der = forge(await certify(middle, root, { kind: 'ca' }), [0, 3, 0, 0, 1], () =>
      tlv(TAG.utf8String, utf8('Test Root CA')),
    );
    expect(linkProblem(read(await resign(der, root)), rootCert, 1)).toEqual({
      want: `${subject} issued by ${issuer}`,
      got: issuer,
    });
  });

  it('another key identifier, name and signature being right', async () => {
    const other = await issue(middle, root, { kind: 'ca', issuerKeyId: 'aa'.repeat(20) });
    expect(linkProblem(other, rootCert, 1)).toEqual({
      want: `${subject} issued by key ${'aa'.repeat(20)}`,
      got: root.keyId,
    });
  });

  it('one CA more than the issuer’s path length allows', () => {
    expect(linkProblem(middleCert, rootCert, 2)).toEqual({
      want: `at most 1 CAs below ${issuer}`,
      got: '2',
    });
    expect(linkProblem(leafCert, middleCert, 1)).toMatchObject({ got: '1' });
  });

  it('no limit where the issuer sets none', async () => {
    const boundless = await issue(root, root, { kind: 'ca' });
    expect(linkProblem(middleCert, boundless, 1000)).toBeUndefined();
  });

  it.each([
    ['of another key under the same name and key identifier', impostor, {}],
    ['under another hash', root, { hash: 'SHA-384' }],
  ] satisfies [string, Party, CertificateWishes][])('a signature %s', async (_name, by, wishes) => {
    const forger: Party = { ...by, keyId: root.keyId };
    expect(
      linkProblem(await issue(middle, forger, { kind: 'ca', ...wishes }), rootCert, 1),
    ).toEqual({ want: `${subject} signed by ${issuer}`, got: 'an invalid signature' });
  });

  it('a changed serial number, which the signature covers', async () => {
    const der = await certify(middle, root, { kind: 'ca', serial: '1234' });
    const changed = read(forge(der, [0, 1], () => Uint8Array.of(2, 2, 0x12, 0x35)));
    expect(linkProblem(changed, rootCert, 1)).toMatchObject({ got: 'an invalid signature' });
  });
});

describe('rootProblem', () => {
  const anchors = [INTEL_SGX_ROOT, anchorFromCertificate(rootDer, 'root')];

  it('has nothing against the anchor’s own certificate', () => {
    expect(rootProblem(rootCert, anchors)).toBeUndefined();
    expect(anchorOf(rootCert, anchors)?.kind).toBe('custom');
  });

  it('has nothing against another certificate of the anchor’s key, if the key signed it', async () => {
    const renewed = await issue(root, root, { kind: 'ca', serial: '99' });
    expect(rootProblem(renewed, anchors)).toBeUndefined();
  });

  it('another key under the anchor’s name', async () => {
    const other = await issue(impostor, impostor, { kind: 'ca' });
    expect(rootProblem(other, anchors)).toEqual({
      want: 'a root with the key of Intel SGX Root CA or CN=Test Root CA, O=Test, C=DE',
      got: 'CN=Test Root CA, O=Test, C=DE with another key',
    });
    expect(anchorOf(other, anchors)).toBeUndefined();
  });

  it('no anchors at all trust nobody', () => {
    expect(rootProblem(rootCert, [])).toMatchObject({
      want: 'a root with the key of a trust anchor',
    });
  });

  it('the anchor’s key in a certificate that somebody else signed', async () => {
    const der = await certify(root, root, { kind: 'ca', serial: '99' });
    expect(rootProblem(read(await resign(der, impostor)), anchors)).toMatchObject({
      got: 'an invalid signature',
    });
  });

  it('the anchor’s key in a certificate of another issuer', async () => {
    const crossed = await issue(root, middle, { kind: 'ca' });
    expect(rootProblem(crossed, anchors)?.want).toContain('issued by');
  });
});

describe('crlProblem', () => {
  const list = async (by: Party, wishes = {}) => parseCrl(await revoke(by, wishes), 'crl');
  const name = 'CN=Test Root CA, O=Test, C=DE';

  it('has nothing against the issuer’s own list', async () => {
    expect(crlProblem(await list(root), rootCert)).toBeUndefined();
  });

  it('a list of another issuer, key and signature being right', async () => {
    const renamed: Party = { ...root, commonName: 'Test Root CB' };
    expect(crlProblem(await list(renamed), rootCert)).toEqual({
      want: `a CRL issued by ${name}`,
      got: 'CN=Test Root CB, O=Test, C=DE',
    });
  });

  it('a list under another key identifier', async () => {
    expect(crlProblem(await list(root, { issuerKeyId: 'aa'.repeat(20) }), rootCert)).toEqual({
      want: `a CRL under key ${root.keyId}`,
      got: 'aa'.repeat(20),
    });
  });

  it('an issuer without a key identifier', async () => {
    const plain = await issue(root, root, { kind: 'ca', without: ['2.5.29.14'] });
    expect(crlProblem(await list(root), plain)).toEqual({
      want: 'a CRL under key (none)',
      got: root.keyId,
    });
  });

  it.each<[string, CertificateWishes]>([
    ['an issuer that may not sign lists', { usages: KeyUsageFlags.keyCertSign }],
    ['an issuer without a key usage', { without: ['2.5.29.15'] }],
  ])('%s', async (_name, wishes) => {
    const issuer: Certificate = await issue(root, root, { kind: 'ca', ...wishes });
    expect(crlProblem(await list(root), issuer)).toEqual({
      want: `${name} with cRLSign`,
      got: 'a key usage without it',
    });
  });

  it('a list that somebody else signed in the issuer’s name', async () => {
    const forged = await list({ ...impostor, keyId: root.keyId });
    expect(crlProblem(forged, rootCert)).toEqual({
      want: `a CRL signed by ${name}`,
      got: 'an invalid signature',
    });
  });

  it('a list from which an entry was taken', async () => {
    const entries = ['01', '02'].map((serialNumber) => ({ serialNumber }));
    const shortened = forge(await revoke(root, { entries }), [0, 5, 0], remove);
    expect(crlProblem(parseCrl(shortened, 'crl'), rootCert)).toMatchObject({
      got: 'an invalid signature',
    });
  });
});
