import '../../../../src/core/x509/reflect-metadata.ts';
import { X509CertificateGenerator } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { expectCertifies } from '../../../../src/evidence/nvidia/nras/key-certificate.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../../support/fuzz.ts';
import { certify, party } from '../../../support/pki.ts';
import { asView } from '../../../support/view.ts';

const service = await party('Attestation service', 'P-384');
const other = await party('Another', 'P-384');
const onP256 = await party('A smaller curve', 'P-256');
const window = {
  notBefore: new Date('2026-05-31T12:00:00Z'),
  notAfter: new Date('2026-06-02T12:00:30Z'),
};
const validity = { from: window.notBefore.getTime(), to: window.notAfter.getTime() };
const good = await certify(service, other, window);
const another = await certify(other, other);
const smaller = await certify(onP256, other);
const point = await pointOf(service.keys.publicKey);

async function pointOf(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey('raw', key)).subarray(1);
}

/** As NVIDIA has it: the service's key on P-384, certified by a CA with an RSA key. */
async function byRsa(): Promise<Uint8Array> {
  const pkcs1 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const size = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  const ca = await crypto.subtle.generateKey({ ...pkcs1, ...size }, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.create({
    serialNumber: '75',
    subject: 'CN=Attestation service',
    issuer: 'CN=Attestation service CA',
    ...window,
    publicKey: service.keys.publicKey,
    signingKey: ca.privateKey,
    signingAlgorithm: pkcs1,
  });
  return new Uint8Array(made.rawData);
}

describe('reads', () => {
  it('a certificate of this key', () => {
    expect(expectCertifies(good, point, 'x5c')).toEqual(validity);
  });

  it('one that an RSA key signed', async () => {
    expect(expectCertifies(await byRsa(), point, 'x5c')).toEqual(validity);
  });

  it('the same out of a larger buffer', () => {
    expect(expectCertifies(asView(good), asView(point), 'x5c')).toEqual(validity);
  });
});

describe('refuses', () => {
  it.each([
    ['nothing', new Uint8Array(), 'x5c'],
    ['bytes behind', concatBytes(good, new Uint8Array(1)), 'x5c'],
    ['a certificate cut short', good.subarray(0, -1), 'x5c'],
    ['another key', another, 'x5c.subjectPublicKeyInfo'],
    ['a key on another curve', smaller, 'x5c.subjectPublicKeyInfo'],
  ])('%s', (_, der, at) => {
    const fault = faultOf(() => expectCertifies(der, point, 'x5c'));
    expect(fault.code).toBe('malformed');
    expect(fault.at.startsWith(at)).toBe(true);
  });
});

fuzz('refuses damage, or reads a window', damaged(good), (der) => {
  const read = orRefused(() => expectCertifies(der, point, 'x5c'));
  if (read === undefined) return;
  expect(Number.isFinite(read.from) && Number.isFinite(read.to)).toBe(true);
  expect(toHex(der)).toContain(toHex(point));
});
