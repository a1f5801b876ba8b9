import '../../../src/core/x509/reflect-metadata.ts';
import { X509Certificate } from 'node:crypto';
import { Extension, KeyUsageFlags } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import {
  crlProblem,
  linkProblem,
  type Role,
  roleProblem,
  rootProblem,
  seatByRole,
} from '../../../src/core/x509/chain.ts';
import { parseCrl, parseNumberedCrl } from '../../../src/core/x509/crl.ts';
import { faultOf } from '../../support/fault-of.ts';
import { forge, PSS_SHA384_TRAILER, withAlgorithm } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import {
  type CertificateWishes,
  type CrlWishes,
  certify,
  type Party,
  party,
  resign,
  revoke,
} from '../../support/pki.ts';
import { OTHER_RSA_4096, RSA_2048, RSA_4096 } from '../../support/rsa-keys.ts';

const ark = await party('ARK-Test', RSA_4096);
const ask = await party('SEV-Test', OTHER_RSA_4096);
const vek = await party('SEV-VCEK', 'P-384');
/** Another key under the root's name and key identifier. */
const impostor: Party = { ...(await party('ARK-Test', OTHER_RSA_4096)), keyId: ark.keyId };

const AUTHORITY = '2.5.29.35';
const SUBJECT = '2.5.29.14';
const LOCATION = '2.5.29.31';
const USAGE = '2.5.29.15';
const CONSTRAINTS = '2.5.29.19';
const NUMBER = '2.5.29.20';

const BOOT_LOADER = '1.3.6.1.4.1.3704.1.3.1';
const amdExtension = new Extension(BOOT_LOADER, false, new Uint8Array(hex('020103')));

const read = (der: Uint8Array) => parseCertificate(der, 'cert');
const issue = async (to: Party, from: Party, wishes: CertificateWishes = {}) =>
  read(await certify(to, from, wishes));

/** As AMD issues them: the root without an authority's key identifier, the VEK with AMD's own only. */
const ARK: CertificateWishes = { kind: 'ca', without: [AUTHORITY] };
const ASK: CertificateWishes = { kind: 'ca', pathLength: 0, usages: KeyUsageFlags.keyCertSign };
const VEK: CertificateWishes = {
  without: [AUTHORITY, SUBJECT, LOCATION, USAGE, CONSTRAINTS],
  more: [amdExtension],
};

const arkDer = await certify(ark, ark, ARK);
const askDer = await certify(ask, ark, ASK);
/** All VEKs have the serial number 0, for which the library would draw a random one. */
const vekDer = await resign(
  forge(await certify(vek, ask, VEK), [0, 1], () => hex('020100')),
  ask,
);
const [arkCert, askCert, vekCert] = [read(arkDer), read(askDer), read(vekDer)];

describe('a chain of RSA-4096 and P-384', () => {
  it('is read', () => {
    expect(arkCert.authorityKeyIdentifier).toBeUndefined();
    expect(toHex(askCert.authorityKeyIdentifier ?? hex(''))).toBe(ark.keyId);
    expect([...vekCert.extensions.keys()]).toEqual([BOOT_LOADER]);
    expect(vekCert).toMatchObject({
      serial: '00',
      keyUsage: undefined,
      basicConstraints: undefined,
      subjectKeyIdentifier: undefined,
    });
    expect([arkCert, askCert, vekCert].map((c) => c.publicKey.kind)).toEqual([
      'RSA-4096',
      'RSA-4096',
      'P-384',
    ]);
  });

  it('holds, in Node’s eyes too', () => {
    expect(rootProblem(arkCert, [anchorFromCertificate(arkDer, 'ark')])).toBeUndefined();
    expect(linkProblem(askCert, arkCert, 1)).toBeUndefined();
    expect(linkProblem(vekCert, askCert, 0)).toBeUndefined();
    const [root, middle, leaf] = [arkDer, askDer, vekDer].map((der) => new X509Certificate(der));
    expect(middle && root?.verify(middle.publicKey)).toBe(false);
    expect(root && middle?.verify(root.publicKey)).toBe(true);
    expect(middle && leaf?.verify(middle.publicKey)).toBe(true);
  });

  it('holds in the form with the trailer field spelled out', async () => {
    const der = await resign(withAlgorithm(vekDer, PSS_SHA384_TRAILER), ask);
    expect(linkProblem(read(der), askCert, 0)).toBeUndefined();
  });

  it('does not hold where somebody else signed', async () => {
    expect(linkProblem(await issue(ask, impostor, ASK), arkCert, 1)).toMatchObject({
      got: 'an invalid signature',
    });
    expect(linkProblem(read(await resign(vekDer, ark)), askCert, 0)).toMatchObject({
      got: 'an invalid signature',
    });
  });

  it('does not hold where a byte of an extension was changed', () => {
    const changed = forge(vekDer, [0, 7, 0, 0, 1, 0], () => hex('020104'));
    expect(linkProblem(read(changed), askCert, 0)).toMatchObject({ got: 'an invalid signature' });
  });

  it('does not end in another key under the root’s name', async () => {
    const other = await issue(impostor, impostor, ARK);
    expect(rootProblem(other, [anchorFromCertificate(arkDer, 'ark')])).toMatchObject({
      got: 'CN=ARK-Test, O=Test, C=DE with another key',
    });
  });

  it('does not go below an intermediate that signs only leaves', () => {
    expect(linkProblem(askCert, askCert, 1)).toBeDefined();
    expect(linkProblem(vekCert, askCert, 1)).toMatchObject({ got: '1' });
  });
});

describe('a role of AMD’s', () => {
  const root: Role = {
    name: 'the root',
    commonNames: ['ARK-Test'],
    kind: 'ca',
    key: 'RSA-4096',
    extensions: [USAGE, CONSTRAINTS],
  };

  it('seats and takes what has the right key and extensions, and more of these', () => {
    expect(seatByRole([arkCert], [root])).toEqual([arkCert]);
    expect(roleProblem(arkCert, root)).toBeUndefined();
  });

  it.each([
    ['P-256', 'P-256'],
    ['P-384', 'P-384'],
    ['RSA-2048', RSA_2048],
  ] as const)('refuses a %s key', async (kind, key) => {
    const other = await party('ARK-Test', key);
    expect(roleProblem(await issue(other, other, ARK), root)).toEqual({
      want: 'the root with a RSA-4096 key',
      got: `a ${kind} key`,
    });
  });

  it.each([[USAGE], [CONSTRAINTS]])('refuses it without %s', async (oid) => {
    const bare = await issue(ark, ark, { kind: 'ca', without: [AUTHORITY, oid] });
    expect(roleProblem(bare, root)).toEqual({
      want: `the root with extensions ${oid}`,
      got: 'it without',
    });
  });

  it('names all extensions that are missing', () => {
    const asked: Role = { ...root, extensions: [USAGE, AUTHORITY, NUMBER] };
    expect(roleProblem(arkCert, asked)?.want).toBe(
      `the root with extensions ${AUTHORITY}, ${NUMBER}`,
    );
  });

  it('asks for no extension that it does not name, but for cA and the key usage', async () => {
    const plain: Role = { ...root, extensions: [] };
    expect(roleProblem(arkCert, plain)).toBeUndefined();
    const bare = await issue(ark, ark, { kind: 'ca', without: [USAGE, CONSTRAINTS] });
    expect(roleProblem(bare, plain)).toEqual({ want: 'the root with cA TRUE', got: 'cA FALSE' });
    expect(roleProblem(vekCert, { ...plain, key: 'P-384' })?.got).toBe('cA FALSE');
  });
});

describe('a list of AMD’s', () => {
  const bare = [NUMBER, AUTHORITY];
  const entries = [{ serialNumber: '010001', revocationDate: new Date('2025-12-01T00:00:00Z') }];
  const list = async (by: Party, wishes: CrlWishes = {}) =>
    parseCrl(await revoke(by, wishes), 'crl');

  it('is read without any extensions', async () => {
    const crl = await list(ark, { without: bare, entries });
    expect(crl).toMatchObject({
      signatureAlgorithm: 'RSASSA-PSS-SHA384',
      number: undefined,
      authorityKeyIdentifier: undefined,
      validity: { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) },
    });
    expect([...crl.revoked.keys()]).toEqual(['010001']);
    expect(crlProblem(crl, arkCert)).toBeUndefined();
  });

  it('revokes nothing when it lists nothing', async () => {
    const crl = await list(ark, { without: bare });
    expect(crl.revoked.size).toBe(0);
    expect(crlProblem(crl, arkCert)).toBeUndefined();
  });

  it.each([
    ['any extensions', bare],
    ['a number', [NUMBER]],
    ['an authority key identifier', [AUTHORITY]],
  ])('is refused without %s where a numbered list is asked for', async (_name, without) => {
    const der = await revoke(ark, { without, entries });
    expect(parseCrl(der, 'crl').revoked.size).toBe(1);
    expect(faultOf(() => parseNumberedCrl(der, 'crl'))).toMatchObject({
      code: 'malformed',
      at: 'crl.crlExtensions',
      detail: 'want a CRL number and an authority key identifier',
    });
  });

  it('with both is a numbered list', async () => {
    expect(parseNumberedCrl(await revoke(ark), 'crl')).toMatchObject({ number: '01' });
  });

  it.each([
    ['an empty list of extensions', () => hex('a0023000'), 'empty list'],
    ['an empty place for extensions', () => hex('a000'), 'got the end'],
    ['extensions in a place of their own', () => hex('a1023000'), 'want tag 0xa0'],
  ])('is refused with %s', async (_name, change, detail) => {
    const der = forge(await revoke(ark), [0, 5], change);
    expect(faultOf(() => parseCrl(der, 'crl')).detail).toContain(detail);
  });

  it('that names no key needs none of its issuer', async () => {
    const nameless = await issue(ark, ark, { kind: 'ca', without: [AUTHORITY, SUBJECT] });
    expect(crlProblem(await list(ark, { without: [AUTHORITY] }), nameless)).toBeUndefined();
  });

  it('that names a key is refused under an issuer that has no name for its own', async () => {
    const nameless = await issue(ark, ark, { kind: 'ca', without: [AUTHORITY, SUBJECT] });
    expect(crlProblem(await list(ark), nameless)).toEqual({
      want: 'a CRL under key (none)',
      got: ark.keyId,
    });
  });

  it('that names another key is refused, name and signature being right', async () => {
    const other = await list(ark, { issuerKeyId: 'aa'.repeat(20) });
    expect(crlProblem(other, arkCert)).toEqual({
      want: `a CRL under key ${ark.keyId}`,
      got: 'aa'.repeat(20),
    });
  });

  it.each([
    ['the intermediate', { ...ask, commonName: ark.commonName }],
    ['the leaf', { ...vek, commonName: ark.commonName }],
  ])('that %s signed in the root’s name is refused', async (_name, forger) => {
    expect(crlProblem(await list(forger, { without: bare }), arkCert)).toMatchObject({
      got: 'an invalid signature',
    });
  });

  it('of the intermediate is refused, which may not sign lists', async () => {
    expect(crlProblem(await list(ask, { without: bare }), askCert)).toEqual({
      want: 'CN=SEV-Test, O=Test, C=DE with cRLSign',
      got: 'a key usage without it',
    });
  });
});
