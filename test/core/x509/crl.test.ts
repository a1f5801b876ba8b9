import '../../../src/core/x509/reflect-metadata.ts';
import { Extension, X509Crl, X509CrlReason } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { parseCrl } from '../../../src/core/x509/crl.ts';
import { isSignedBy } from '../../../src/core/x509/signed.ts';
import { forge } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { certify, party, revoke } from '../../support/pki.ts';
import { RSA_2048 } from '../../support/rsa-keys.ts';
import { asView } from '../../support/view.ts';

const read = (der: Uint8Array) => parseCrl(der, 'crl');
const root = await party('Test Root CA');
const rootKey = parseCertificate(await certify(root, root, { kind: 'ca' }), 'root').publicKey;
const early = new Date('2025-12-01T00:00:00Z');
const late = new Date('2025-12-24T18:30:00Z');
const golden = await revoke(root, {
  number: '0080',
  entries: [
    { serialNumber: '1234', revocationDate: early, reason: X509CrlReason.keyCompromise },
    { serialNumber: '00ff', revocationDate: late },
  ],
});
const empty = await revoke(root);

it('reads what is revoked, since when and how long that holds', () => {
  const crl = read(golden);
  expect(crl).toMatchObject({
    number: '0080',
    validity: { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) },
    signatureAlgorithm: 'ecdsa-with-SHA256',
  });
  expect(crl.issuer.text).toBe('CN=Test Root CA, O=Test, C=DE');
  expect(toHex(crl.authorityKeyIdentifier ?? hex(''))).toBe(root.keyId);
  expect([...crl.revoked]).toEqual([
    ['1234', early.getTime()],
    ['00ff', late.getTime()],
  ]);
  expect(isSignedBy(crl, rootKey)).toBe(true);
});

it('lists a serial number just as its certificate says it', async () => {
  for (const serial of ['01', '7f', '00ff', '0080', '7f'.repeat(20)]) {
    const certificate = parseCertificate(await certify(root, root, { serial }), 'cert');
    const crl = read(
      await revoke(root, { entries: [{ serialNumber: serial, revocationDate: early }] }),
    );
    expect([...crl.revoked.keys()]).toEqual([certificate.serial]);
  }
});

const cases: [string, Uint8Array][] = [
  ['with entries', golden],
  ['without', empty],
  ['beyond 2049', await revoke(root, { nextUpdate: new Date('2060-01-01T00:00:00Z') })],
  ['of a thousand entries', await revoke(root, { entries: manyEntries(1000) })],
  ['signed with P-384', await revoke(await party('P-384', 'P-384'))],
  [
    'signed with RSASSA-PSS',
    await revoke(await party('RSA', RSA_2048), { entries: manyEntries(3) }),
  ],
  ['without extensions', await revoke(root, { without: ['2.5.29.20', '2.5.29.35'] })],
];

function manyEntries(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    serialNumber: (0x1000 + i).toString(16),
    revocationDate: new Date(early.getTime() + i * 1000),
  }));
}

describe('agrees with another parser', () => {
  it.each(cases)('%s', (_name, der) => {
    const ours = read(der);
    const theirs = new X509Crl(new Uint8Array(der));
    expect(ours.issuer.text).toBe(theirs.issuer);
    expect(ours.validity).toEqual({
      from: theirs.thisUpdate.getTime(),
      to: theirs.nextUpdate?.getTime(),
    });
    const bare = (serial: string) => serial.replace(/^00(?=[89a-f])/, '');
    expect([...ours.revoked].map(([serial, at]) => [bare(serial), at])).toEqual(
      theirs.entries.map((e) => [bare(e.serialNumber), e.revocationDate.getTime()]),
    );
  });
});

it('reads the same out of a larger buffer', () => {
  expect(read(asView(golden))).toEqual(read(golden));
});

it('reads a list of nothing, written or left out, as nothing revoked', () => {
  expect(read(empty).revoked.size).toBe(0);
  expect(read(forge(golden, [0, 5], () => hex('3000'))).revoked.size).toBe(0);
});

it('takes an unknown extension that is not critical for what it is', async () => {
  const more = [new Extension('1.2.3.4', false, new Uint8Array(hex('0500')))];
  expect(read(await revoke(root, { more })).number).toBe('01');
});
