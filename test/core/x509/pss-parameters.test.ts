import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import {
  algorithmName,
  isSignedBy,
  parsePublicKeyInfo,
  parseSigned,
} from '../../../src/core/x509/signed.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  elementAt,
  followedBy,
  forge,
  PSS_SHA384,
  PSS_SHA384_TRAILER,
  tlv,
  twice,
  withAlgorithm,
} from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { certify, party, resign } from '../../support/pki.ts';
import { RSA_4096 } from '../../support/rsa-keys.ts';

const signer = await party('Signer', RSA_4096);
const golden = await certify(signer, signer, { kind: 'ca' });
const key = parsePublicKeyInfo(elementAt(golden, [0, 6]), 'key');

/** The certificate under another name of its scheme, its signature being what it was: AMD's. */
async function named(algorithm: Uint8Array): Promise<Uint8Array> {
  return await resign(withAlgorithm(golden, algorithm), signer);
}

const read = (der: Uint8Array) => parseSigned(der, 'thing');

const SHA256 = '300d 0609608648016503040201 0500';
const SHA384 = '300d 0609608648016503040202 0500';
const MGF1_SHA384 = `301a 06092a864886f70d010108 ${SHA384}`;
const SALT_48 = 'a203 020130';

/** AlgorithmIdentifier of RSASSA-PSS with whatever parameters. */
function pss(...parameters: readonly string[]): Uint8Array {
  return tlv(TAG.sequence, hex('06092a864886f70d01010a'), ...parameters.map(hex));
}

/** RSASSA-PSS-params of these fields, each with its own tag. */
function params(...fields: readonly string[]): string {
  return toHex(tlv(TAG.sequence, ...fields.map(hex)));
}

describe('parameters', () => {
  it.each([
    ['as AMD writes them now', PSS_SHA384],
    ['with the trailer field spelled out', PSS_SHA384_TRAILER],
    ['as put together here', pss(params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`, SALT_48))],
  ])('%s are known, and Node verifies the same', async (_name, algorithm) => {
    const der = await named(algorithm);
    expect(read(der).signatureAlgorithm).toBe('RSASSA-PSS-SHA384');
    expect(isSignedBy(read(der), key)).toBe(true);
    const theirs = new X509Certificate(der);
    expect(theirs.verify(theirs.publicKey)).toBe(true);
  });

  it.each([
    ['another hash', params(`a00f ${SHA256}`, `a11c ${MGF1_SHA384}`, SALT_48)],
    [
      'another hash in the mask',
      params(`a00f ${SHA384}`, `a11c 301a 06092a864886f70d010108 ${SHA256}`, SALT_48),
    ],
    ['a salt of 47 bytes', params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`, 'a203 02012f')],
    ['a salt of 32 bytes', params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`, 'a203 020120')],
    [
      'a salt of 48 bytes with a zero in front',
      params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`, 'a204 02020030'),
    ],
    ['the default salt of 20 bytes', params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`)],
    ['the default mask', params(`a00f ${SHA384}`, SALT_48)],
    ['the default hash', params(`a11c ${MGF1_SHA384}`, SALT_48)],
    ['nothing but defaults', params()],
    [
      'hashes without NULL',
      params(
        'a00d 300b 0609608648016503040202',
        'a11a 3018 06092a864886f70d010108 300b 0609608648016503040202',
        SALT_48,
      ),
    ],
    ['another trailer', params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`, SALT_48, 'a303 020102')],
    [
      'the trailer twice',
      params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`, SALT_48, 'a303 020101', 'a303 020101'),
    ],
    [
      'something behind the fields',
      params(`a00f ${SHA384}`, `a11c ${MGF1_SHA384}`, SALT_48, '0500'),
    ],
    ['the fields in another order', params(`a11c ${MGF1_SHA384}`, `a00f ${SHA384}`, SALT_48)],
  ])('%s make another scheme, which signs nothing', async (_name, parameters) => {
    const signed = read(await named(pss(parameters)));
    expect(signed.signatureAlgorithm).toBe(`1.2.840.113549.1.1.10 (${parameters})`);
    expect(signed.signature).toBeUndefined();
    expect(isSignedBy(signed, key)).toBe(false);
  });

  it('none at all make another scheme', async () => {
    const signed = read(await named(pss()));
    expect(signed.signatureAlgorithm).toBe('1.2.840.113549.1.1.10');
    expect(isSignedBy(signed, key)).toBe(false);
  });

  it.each([
    ['NULL', pss('0500'), 'after the last'],
    ['something behind them', forge(PSS_SHA384, [1], followedBy('0500')), 'after the last'],
    ['a second time', forge(PSS_SHA384, [1], twice), 'after the last'],
    ['cut short', forge(PSS_SHA384, [1], (one) => one.subarray(0, -1)), 'needs 52 bytes'],
  ])('%s are refused', (_name, algorithm, detail) => {
    const fault = faultOf(() => algorithmName(algorithm, 'thing.algorithm'));
    expect(fault).toMatchObject({ code: 'malformed' });
    expect(fault.detail).toContain(detail);
  });

  it('must be the same within and without, though both name the same scheme', () => {
    const other = forge(golden, [0, 2], () => PSS_SHA384_TRAILER);
    expect(faultOf(() => parseCertificate(other, 'cert')).at).toBe('cert.signature');
  });

  it('must be the same scheme within and without', () => {
    const inner = forge(golden, [0, 2], () => pss());
    expect(faultOf(() => parseCertificate(inner, 'cert'))).toMatchObject({
      at: 'cert.signature',
      detail: 'inner and outer signature algorithm differ',
    });
  });
});
