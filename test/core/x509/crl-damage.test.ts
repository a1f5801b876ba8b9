import { describe, expect, it } from 'vitest';
import { parseNumberedCrl } from '../../../src/core/x509/crl.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  type Change,
  ECDSA_WITH_SHA384,
  elementAt,
  followedBy,
  forge,
  precededBy,
  remove,
  time,
  twice,
} from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { certify, party, revoke } from '../../support/pki.ts';
import { asView } from '../../support/view.ts';

const read = (der: Uint8Array) => parseNumberedCrl(der, 'crl');
const root = await party('Test Root CA');
const golden = await revoke(root, {
  entries: [
    { serialNumber: '1234', revocationDate: new Date('2025-12-01T00:00:00Z'), reason: 1 },
    { serialNumber: '00ff', revocationDate: new Date('2025-12-24T18:30:00Z') },
  ],
});

/**
 * Paths below a CRL: 0 tbs { 0 version, 1 signature, 2 issuer, 3 thisUpdate, 4 nextUpdate,
 * 5 revokedCertificates, 6 extensions }, 1 signatureAlgorithm, 2 signature.
 */
describe('refuses', () => {
  it.each([
    ['a tail', [], followedBy('00'), '', '1 bytes after the last'],
    ['version 1, by leaving it out', [0, 0], remove, '.tbsCertList.version', 'want tag 0x2'],
    ['version 1', [0, 0], () => hex('020100'), '.version', 'want CRL v2'],
    ['another inner algorithm', [0, 1], () => ECDSA_WITH_SHA384, '.signature', 'inner and outer'],
    ['another outer algorithm', [1], () => ECDSA_WITH_SHA384, '.signature', 'inner and outer'],
    ['an issuer that is no name', [0, 2], () => hex('3003020101'), '.issuer.rdn', 'want tag 0x31'],
    ['a thisUpdate on 31 February', [0, 3], time('260231000000Z'), '.thisUpdate', 'want a time'],
    ['no nextUpdate', [0, 4], remove, '.nextUpdate', 'want a time, got tag 0x30'],
    ['a nextUpdate on 31 February', [0, 4], time('260231000000Z'), '.nextUpdate', 'want a time'],
    [
      'an entry without a date',
      [0, 5, 0],
      () => hex('3003020101'),
      '.tbsCertList.revokedCertificates.entry.time',
      'needs 2 bytes',
    ],
    [
      'an entry with a bad date',
      [0, 5, 0, 1],
      time('991332000000Z'),
      '.revocationDate',
      'want a time',
    ],
    [
      'an entry with a padded serial number',
      [0, 5, 0, 0],
      () => hex('02020001'),
      '.tbsCertList.revokedCertificates.entry.userCertificate',
      'not minimal',
    ],
    [
      'an entry that is no entry',
      [0, 5, 0],
      precededBy('020101'),
      '.tbsCertList.revokedCertificates.entry',
      'want tag 0x30',
    ],
    [
      'an entry with something behind',
      [0, 5, 0, 2],
      followedBy('0500'),
      '.tbsCertList.revokedCertificates.entry',
      'after the last',
    ],
    [
      'an entry of another issuer (indirect CRL)',
      [0, 5, 0, 2, 0],
      followedBy('300e 0603551d1d 0101ff 04043002a400'),
      '.entry',
      'unknown critical extension 2.5.29.29',
    ],
    [
      'an entry with an empty list of extensions',
      [0, 5, 0, 2],
      () => hex('3000'),
      '.entry',
      'empty list',
    ],
    ['an entry with one extension twice', [0, 5, 0, 2, 0], twice, '.entry', '2.5.29.21 twice'],
    ['no extensions', [0, 6], remove, '.crlExtensions', 'want a CRL number'],
    ['no CRL number', [0, 6, 0, 0], remove, '.crlExtensions', 'want a CRL number'],
    ['no authority key identifier', [0, 6, 0, 1], remove, '.crlExtensions', 'want a CRL number'],
    [
      'an authority key identifier without a key',
      [0, 6, 0, 1, 1],
      () => hex('04023000'),
      '.crlExtensions',
      'want a CRL number',
    ],
    [
      'a CRL number that is none',
      [0, 6, 0, 0, 1],
      () => hex('04020500'),
      '.cRLNumber.cRLNumber',
      'want tag 0x2',
    ],
    [
      'a delta CRL',
      [0, 6, 0, 0],
      precededBy('300d 0603551d1b 0101ff 0403020101'),
      '.crlExtensions',
      'unknown critical extension 2.5.29.27',
    ],
    [
      'a CRL of a part of the certificates',
      [0, 6, 0, 0],
      precededBy('300f 0603551d1c 0101ff 040530038101ff'),
      '.crlExtensions',
      'unknown critical extension 2.5.29.28',
    ],
    [
      'a second list of extensions',
      [0, 6, 0],
      twice,
      '.tbsCertList.crlExtensions',
      'after the last',
    ],
    [
      'something behind the extensions',
      [0, 6],
      followedBy('0500'),
      '.tbsCertList',
      'after the last',
    ],
    ['a second list of entries', [0, 5], twice, '.tbsCertList.crlExtensions', 'want tag 0xa0'],
  ] satisfies [string, number[], Change, string, string][])(
    '%s',
    (_name, path, change, at, detail) => {
      const fault = faultOf(() => read(asView(forge(golden, path, change))));
      expect(fault).toMatchObject({ code: 'malformed', at: `crl${at}` });
      expect(fault.detail).toContain(detail);
    },
  );

  it('every prefix', () => {
    for (let length = 0; length < golden.length; length++) {
      expect(faultOf(() => read(golden.subarray(0, length))).code).toBe('malformed');
    }
  });

  it('a certificate', async () => {
    expect(faultOf(() => read(elementAt(golden, [0]))).code).toBe('malformed');
    const der = await certify(root, root);
    expect(faultOf(() => read(der)).at).toBe('crl.tbsCertList.version');
  });
});
