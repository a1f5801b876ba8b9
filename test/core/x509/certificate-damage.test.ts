import { describe, expect, it } from 'vitest';
import { TAG } from '../../../src/core/encoding/der.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  type Change,
  ECDSA_WITH_SHA384,
  followedBy,
  forge,
  precededBy,
  remove,
  time,
  tlv,
  twice,
} from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { certify, party } from '../../support/pki.ts';
import { asView } from '../../support/view.ts';

const read = (der: Uint8Array) => parseCertificate(der, 'cert');
const root = await party('Test Root CA');
const golden = await certify(root, root, { kind: 'ca', pathLength: 1 });
const ED25519 = hex('300506032b6570');
const asSet: Change = (element) => element.with(0, TAG.set);

/**
 * Paths below a certificate: 0 tbs { 0 version, 1 serial, 2 signature, 3 issuer, 4 validity,
 * 5 subject, 6 key, 7 extensions }, 1 signatureAlgorithm, 2 signature.
 */
describe('refuses', () => {
  it.each([
    // The frame.
    ['a tail', [], followedBy('00'), '', '1 bytes after the last'],
    ['a SET for the SEQUENCE', [], asSet, '.sequence', 'want tag 0x30'],
    ['a fourth part', [2], followedBy('0500'), '', 'after the last'],
    ['no signature', [2], remove, '.signature', 'got the end'],
    ['a SET for the tbs', [0], asSet, '.tbsCertificate.sequence', 'want tag 0x30'],
    [
      'something behind the extensions',
      [0, 7],
      followedBy('0500'),
      '.tbsCertificate',
      'after the last',
    ],
    // Version and serial number.
    [
      'version 1, by leaving it out',
      [0, 0],
      remove,
      '.tbsCertificate.version',
      'want tag 0xa0, got tag 0x2',
    ],
    ['version 1', [0, 0], () => hex('a003020100'), '.version', 'want X.509 v3'],
    ['version 2', [0, 0], () => hex('a003020101'), '.version', 'want X.509 v3'],
    ['version 4', [0, 0], () => hex('a003020103'), '.version', 'want X.509 v3'],
    ['two versions', [0, 0, 0], twice, '.tbsCertificate.version', 'after the last'],
    [
      'a padded serial number',
      [0, 1],
      () => hex('02020001'),
      '.tbsCertificate.serialNumber',
      'not minimal',
    ],
    [
      'an empty serial number',
      [0, 1],
      () => hex('0200'),
      '.tbsCertificate.serialNumber',
      'empty INTEGER',
    ],
    // Signature and algorithms.
    ['another inner algorithm', [0, 2], () => ECDSA_WITH_SHA384, '.signature', 'inner and outer'],
    ['another outer algorithm', [1], () => ECDSA_WITH_SHA384, '.signature', 'inner and outer'],
    [
      'parameters of the algorithm',
      [1, 0],
      followedBy('0500'),
      '.signatureAlgorithm',
      'after the last',
    ],
    ['unused bits in the signature', [2], () => hex('030401300000'), '.signature', 'unused bits'],
    [
      'a signature that is no ECDSA value',
      [2],
      () => hex('03050001020304'),
      '.signature.sequence',
      'want tag 0x30',
    ],
    [
      'a signature of three numbers',
      [2],
      () => hex('030c 00 3009 020101 020101 020101'),
      '.signature',
      'after the last',
    ],
    [
      'a signature with a tail',
      [2],
      () => hex('030a 00 3006 020101 020101 00'),
      '.signature',
      'after the last',
    ],
    ['a padded r', [2], () => hex('030a 00 3007 02020001 020101'), '.signature.r', 'not minimal'],
    // Names.
    ['an issuer that is no name', [0, 3], () => hex('3003020101'), '.issuer.rdn', 'want tag 0x31'],
    ['a subject with two common names', [0, 5, 0], twice, '.subject', 'more than one common name'],
    // Validity.
    ['no notAfter', [0, 4, 1], remove, '.tbsCertificate.validity.time', 'needs 2 bytes'],
    ['a third time', [0, 4, 1], twice, '.tbsCertificate.validity', 'after the last'],
    ['31 February', [0, 4, 0], time('200231000000Z'), '.validity.notBefore', 'want a time'],
    [
      'a time with an offset',
      [0, 4, 1],
      time('491231235959+0000'),
      '.validity.notAfter',
      'want a time',
    ],
    ['a time without seconds', [0, 4, 1], time('4912312359Z'), '.validity.notAfter', 'want a time'],
    ['a leap second', [0, 4, 1], time('161231235960Z'), '.validity.notAfter', 'want a time'],
    [
      'an immense time',
      [0, 4, 1],
      time('0'.repeat(200_000), TAG.generalizedTime),
      '.validity.notAfter',
      'want a time',
    ],
    [
      'a time in another type',
      [0, 4, 1],
      time('491231235959Z', TAG.utf8String),
      '.validity.notAfter',
      'got tag 0xc',
    ],
    // Key.
    [
      'a point beside the curve',
      [0, 6],
      (key) => key.with(-1, (key.at(-1) ?? 0) ^ 1),
      '.subjectPublicKeyInfo',
      'not on P-256',
    ],
    [
      'a point in the hybrid form, which some libraries take',
      [0, 6, 1],
      (bits) => bits.with(3, 0x06),
      '.subjectPublicKeyInfo',
      'uncompressed',
    ],
    [
      'a compressed point',
      [0, 6, 1],
      () => tlv(TAG.bitString, hex('0002'), new Uint8Array(32)),
      '.subjectPublicKeyInfo',
      'uncompressed',
    ],
    [
      'a key of another curve',
      [0, 6, 0, 1],
      () => hex('06052b81040023'),
      '.subjectPublicKeyInfo',
      'got 1.3.132.0.35',
    ],
    ['an Ed25519 key', [0, 6, 0], () => ED25519, '.subjectPublicKeyInfo', 'got 1.3.101.112'],
    [
      'a curve written out in full',
      [0, 6, 0, 1],
      () => hex('3003020101'),
      '.subjectPublicKeyInfo.algorithm.namedCurve',
      'want tag 0x6',
    ],
    ['a second curve', [0, 6, 0, 1], twice, '.subjectPublicKeyInfo.algorithm', 'after the last'],
    [
      'unused bits in the key',
      [0, 6, 1],
      () => tlv(TAG.bitString, hex('0104'), new Uint8Array(64)),
      '.subjectPublicKeyInfo',
      'unused bits',
    ],
    [
      'something behind the key',
      [0, 6, 1],
      followedBy('0500'),
      '.subjectPublicKeyInfo',
      'after the last',
    ],
    // Extensions.
    ['no extensions', [0, 7], remove, '.tbsCertificate.extensions', 'got the end'],
    [
      'a unique id before them',
      [0, 7],
      precededBy('81020001'),
      '.tbsCertificate.extensions',
      'want tag 0xa3',
    ],
    ['an empty list of them', [0, 7], () => hex('a3023000'), '.extensions', 'empty list'],
    ['a second list of them', [0, 7, 0], twice, '.tbsCertificate.extensions', 'after the last'],
    ['one of them twice', [0, 7, 0, 0], twice, '.extensions', 'extension 2.5.29.35 twice'],
    [
      'an unknown critical one',
      [0, 7, 0, 0],
      precededBy('300a 06022a03 0101ff 040100'),
      '.extensions',
      'unknown critical extension 1.2.3',
    ],
    [
      'critical name constraints',
      [0, 7, 0, 0],
      precededBy('300e 0603551d1e 0101ff 04043002a000'),
      '.extensions',
      'unknown critical extension 2.5.29.30',
    ],
    [
      'basic constraints with cA of 01',
      [0, 7, 0, 4, 2, 0, 0],
      () => hex('010101'),
      '.extensions.2.5.29.19.cA',
      'BOOLEAN must be',
    ],
    [
      'a key usage with a tail',
      [0, 7, 0, 3, 2, 0],
      followedBy('00'),
      '.extensions.2.5.29.15',
      'after the last',
    ],
    [
      'a subject key identifier of another type',
      [0, 7, 0, 2, 1, 0],
      () => hex('030100'),
      '.extensions.2.5.29.14.keyIdentifier',
      'want tag 0x4',
    ],
    [
      'an authority key identifier with a second key',
      [0, 7, 0, 0, 1, 0, 0],
      twice,
      '.extensions.2.5.29.35',
      'after the last',
    ],
  ] satisfies [string, number[], Change, string, string][])(
    '%s',
    (_name, path, change, at, detail) => {
      const fault = faultOf(() => read(asView(forge(golden, path, change))));
      expect(fault).toMatchObject({ code: 'malformed', at: `cert${at}` });
      expect(fault.detail).toContain(detail);
    },
  );

  it('every prefix', () => {
    for (let length = 0; length < golden.length; length++) {
      expect(faultOf(() => read(golden.subarray(0, length))).code).toBe('malformed');
    }
  });
});
