import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { parseOcspResponse } from '../../../src/core/x509/ocsp.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  type Change,
  elementAt,
  followedBy,
  forge,
  precededBy,
  remove,
  twice,
} from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import {
  generalized,
  nonceExtension,
  OCSP_SIGNING,
  purposes,
  respond,
  revoked,
  single,
} from '../../support/ocsp.ts';
import { certify, party } from '../../support/pki.ts';
import { asView } from '../../support/view.ts';

const ca = await party('Test CA', 'P-384');
const leaf = await party('Test Leaf', 'P-384');
const delegate = await party('Test Responder', 'P-384');
const caCert = parseCertificate(await certify(ca, ca, { kind: 'ca' }), 'ca');
const leafCert = parseCertificate(await certify(leaf, ca), 'leaf');
const delegateDer = await certify(delegate, ca, { more: [purposes([OCSP_SIGNING])] });
const golden = await respond(
  delegate,
  [
    single(leafCert, caCert, { more: nonceExtension(hex('01')) }),
    single(leafCert, caCert, { serial: '01', status: revoked(1) }),
  ],
  { certificates: [delegateDer], extensions: nonceExtension(hex('0102030405060708')) },
);

const read = (der: Uint8Array) => parseOcspResponse(der, 'ocsp');

/**
 * Paths below a response: 0 responseStatus, 1 [0] { 0 ResponseBytes { 0 type, 1 octets } };
 * inside the octets `BASIC`: 0 tbs, 1 algorithm, 2 signature, 3 [0] { 0 certs };
 * in `TBS`: 0 responderID, 1 producedAt, 2 responses, 3 [1] { 0 extensions };
 * in an answer: 0 certID { 0 hash, 1 name, 2 key, 3 serial }, 1 status, 2 thisUpdate,
 * 3 nextUpdate, 4 [1] { 0 extensions }.
 */
const BASIC = [1, 0, 1, 0];
const TBS = [...BASIC, 0];
const FIRST = [...TBS, 2, 0];
const SECOND = [...TBS, 2, 1];
const DAMAGE = [
  ['a tail', [], followedBy('00'), '', '1 bytes after the last'],
  ['a list in its place', [], () => hex('0500'), '.sequence', 'want tag 0x30'],
  ['no status', [0], remove, '.responseStatus', 'want tag 0xa, got tag 0xa0'],
  ['a status that there is not', [0], () => hex('0a0104'), '.responseStatus', '4 is none'],
  ['a negative status', [0], () => hex('0a01ff'), '.responseStatus', 'out of range'],
  ['a failure that brings an answer', [0], () => hex('0a0103'), '', 'after the last'],
  ['success without an answer', [1], remove, '.responseBytes', 'want tag 0xa0, got the end'],
  ['two answers in one', [1], twice, '', 'after the last'],
  ['two bodies', [1, 0], twice, '.responseBytes', 'after the last'],
  [
    'another type of response',
    [1, 0, 0],
    () => hex('06092b0601050507300102'),
    '.responseType',
    'want basic, got 1.3.6.1.5.5.7.48.1.2',
  ],
  [
    'something behind the response',
    [1, 0, 1],
    followedBy('0500'),
    '.responseBytes.responseBytes',
    'after the last',
  ],
  ['a tail inside', BASIC, followedBy('00'), '', 'after the last'],
  ['no certificates between the brackets', [...BASIC, 3, 0], remove, '.certs', 'want tag 0x30'],
  ['two lists of certificates', [...BASIC, 3], twice, '', 'after the last'],
  ['something behind the list', [...BASIC, 3, 0], followedBy('0500'), '.certs', 'after the last'],
  [
    'a certificate that is none',
    [...BASIC, 3, 0, 0],
    () => hex('3000'),
    '.certs[0].tbs',
    'needs 2 bytes',
  ],
  [
    'five certificates',
    [...BASIC, 3, 0, 0],
    (one) => concatBytes(one, one, one, one, one),
    '.certs[4]',
    'too many certificates',
  ],
  ['version 1 spelled out', inTbs(0), precededBy('a003020100'), '.version', 'left out'],
  ['version 2', inTbs(0), precededBy('a003020101'), '.version', 'left out'],
  ['no responder', inTbs(0), remove, '.tbsResponseData.responderID', 'want tag 0xa2'],
  [
    'a responder of another kind',
    inTbs(0),
    () => hex('a3020500'),
    '.tbsResponseData.responderID',
    'want tag 0xa2, got tag 0xa3',
  ],
  [
    'a responder’s key that is no octets',
    inTbs(0),
    () => hex('a2020500'),
    '.tbsResponseData.responderID.byKey',
    'want tag 0x4',
  ],
  ['two keys of a responder', inTbs(0, 0), twice, '.tbsResponseData.responderID', 'after the last'],
  [
    'a responder’s name that is none',
    inTbs(0),
    () => hex('a105 3003020101'),
    '.responderID.rdn',
    'want tag 0x31',
  ],
  [
    'something behind a responder’s name',
    inTbs(0),
    () => hex('a104 3000 0500'),
    '.tbsResponseData.responderID',
    'after the last',
  ],
  ['no producedAt', inTbs(1), remove, '.producedAt', 'want a time, got tag 0x30'],
  [
    'a producedAt on 31 February',
    inTbs(1),
    () => generalized('20260231000000Z'),
    '.producedAt',
    'want a time',
  ],
  [
    'a producedAt of another zone',
    inTbs(1),
    () => generalized('20260601000000+0100'),
    '.producedAt',
    'want a time',
  ],
  ['no answer', inTbs(2), () => hex('3000'), '.responses', 'there is none'],
  [
    'something between the answers',
    FIRST,
    followedBy('0500'),
    '.tbsResponseData.responses.singleResponse',
    'want tag 0x30',
  ],
  ['one answer twice', FIRST, twice, '.responses[1]', `serial ${leafCert.serial} twice`],
  [
    '65 answers',
    FIRST,
    (one) => concatBytes(...Array.from({ length: 64 }, (_, i) => numbered(one, i))),
    '.responses[64]',
    'too many responses',
  ],
  [
    'a hash that is no object identifier',
    [...FIRST, 0, 0],
    () => hex('30020500'),
    '.algorithm',
    'want tag 0x6',
  ],
  [
    'a hash with parameters',
    [...FIRST, 0, 0, 0],
    followedBy('0400'),
    '.hashAlgorithm',
    'after the last',
  ],
  ['no hash of the issuer’s key', [...FIRST, 0, 2], remove, '.issuerKeyHash', 'want tag 0x4'],
  ['no serial number', [...FIRST, 0, 3], remove, '.serialNumber', 'got the end'],
  ['an empty serial number', [...FIRST, 0, 3], () => hex('0200'), '.serialNumber', 'empty'],
  [
    'a padded serial number',
    [...FIRST, 0, 3],
    () => hex('02020001'),
    '.serialNumber',
    'not minimal',
  ],
  ['something behind the serial number', [...FIRST, 0, 3], followedBy('0500'), '', 'after the'],
  ['no status of an answer', [...FIRST, 1], remove, '.responses[0].certStatus', 'none that is'],
  ['a status 3', [...FIRST, 1], () => hex('8300'), '.responses[0].certStatus', 'none that is'],
  ['good with content', [...FIRST, 1], () => hex('800100'), '.certStatus', 'want NULL'],
  ['good, constructed', [...FIRST, 1], () => hex('a000'), '.certStatus', 'none that is known'],
  ['revoked at no time', [...SECOND, 1], () => hex('a100'), '.time', ''],
  [
    'revoked on 31 February',
    [...SECOND, 1, 0],
    () => generalized('20260231000000Z'),
    '.responses[1].revocationTime',
    'want a time',
  ],
  [
    'reason 7, which there is not',
    [...SECOND, 1, 1, 0],
    () => hex('0a0107'),
    '.responses[1].revocationReason',
    '7 is none',
  ],
  ['a reason by an INTEGER', [...SECOND, 1, 1, 0], () => hex('020101'), '', 'want tag 0xa'],
  ['two reasons', [...SECOND, 1, 1, 0], twice, '', 'after the last'],
  ['something behind the reason', [...SECOND, 1, 1], followedBy('0500'), '', 'after the last'],
  ['no thisUpdate', [...FIRST, 2], remove, '.responses[0].thisUpdate', 'want a time, got tag 0xa0'],
  ['no nextUpdate: good for ever', [...FIRST, 3], remove, '.responses[0].nextUpdate', 'is missing'],
  [
    'a nextUpdate on 31 February',
    [...FIRST, 3, 0],
    () => generalized('20260231000000Z'),
    '.responses[0].nextUpdate',
    'want a time',
  ],
  ['two ends', [...FIRST, 3, 0], twice, '', 'after the last'],
  [
    'a critical extension of an answer, even a nonce',
    [...FIRST, 4, 0, 0, 0],
    followedBy('0101ff'),
    '.responses[0].singleExtensions',
    'unknown critical extension 1.3.6.1.5.5.7.48.1.2',
  ],
  ['something behind the extensions of an answer', [...FIRST, 4], twice, '', 'after the last'],
  [
    'an unknown critical extension',
    inTbs(3, 0, 0),
    precededBy('300b 06032a0304 0101ff 040100'),
    '.responseExtensions',
    'unknown critical extension 1.2.3.4',
  ],
  ['an empty list of extensions', inTbs(3, 0), () => hex('3000'), '.responseExtensions', 'empty'],
  [
    'something behind the list of extensions',
    inTbs(3, 0),
    followedBy('0500'),
    '.tbsResponseData.extensions',
    'after the last',
  ],
  ['two nonces', inTbs(3, 0, 0), twice, '.responseExtensions', 'twice'],
  ['a bare nonce', inTbs(3, 0, 0, 1), () => hex('04020102'), '.nonce.nonce', 'want tag 0x4'],
  ['a nonce of nothing', inTbs(3, 0, 0, 1), () => hex('04020400'), '.nonce', 'got 0'],
  [
    'a nonce of 129 bytes',
    inTbs(3, 0, 0, 1),
    () => hex(`048184 048181 ${'00'.repeat(129)}`),
    '.nonce',
    'got 129',
  ],
  [
    'something behind the nonce',
    inTbs(3, 0, 0, 1),
    () => hex('0405 040101 0500'),
    '.nonce',
    'after the last',
  ],
  ['something behind the extensions', inTbs(3), twice, '.tbsResponseData', 'after the last'],
] satisfies [string, number[], Change, string, string][];

function inTbs(...path: readonly number[]): number[] {
  return [...TBS, ...path];
}

/** The same answer about a serial number of its own. */
function numbered(answer: Uint8Array, i: number): Uint8Array {
  return forge(answer, [0, 3], () => hex(`020210${i.toString(16).padStart(2, '0')}`));
}

describe('refuses', () => {
  it.each(DAMAGE)('%s', (_name, path, change, at, detail) => {
    const fault = faultOf(() => read(asView(forge(golden, path, change))));
    expect(fault.code).toBe('malformed');
    expect(fault.at).toMatch(/^ocsp/);
    if (at !== '') expect(fault.at.endsWith(at), `${fault.at}: ${fault.detail}`).toBe(true);
    expect(fault.detail).toContain(detail);
  });

  it('every prefix', () => {
    for (let length = 0; length < golden.length; length++) {
      expect(faultOf(() => read(golden.subarray(0, length))).code).toBe('malformed');
    }
  });

  it('more than 64 KiB, unread', () => {
    const fault = faultOf(() => read(new Uint8Array(64 * 1024 + 1)));
    expect(fault).toMatchObject({ code: 'malformed', at: 'ocsp', detail: '65537 bytes' });
  });

  it('a certificate, a request, and what is inside a response', () => {
    for (const der of [delegateDer, elementAt(golden, BASIC), elementAt(golden, TBS)]) {
      expect(faultOf(() => read(der)).at).toBe('ocsp.responseStatus');
    }
  });
});

it('reads 64 answers', () => {
  const der = forge(golden, inTbs(2), (list) => {
    const one = elementAt(list, [0]);
    return forge(list, [0], () =>
      concatBytes(...Array.from({ length: 63 }, (_, i) => numbered(one, i))),
    );
  });
  const parsed = read(der);
  expect(parsed.status === 'successful' && parsed.response.responses.length).toBe(64);
});
