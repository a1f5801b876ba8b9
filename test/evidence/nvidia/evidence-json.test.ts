import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import {
  LARGEST_EVIDENCE,
  MOST_DEVICES,
  readNvidiaEvidence,
} from '../../../src/evidence/nvidia/evidence-json.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

// How an SPDM report begins: no base64 of it is all hex digits.
const report = concatBytes(Uint8Array.of(0x11, 0xe0, 0x01, 0xff), new Uint8Array(64).fill(0xc0));
const pem = '-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n';
const evidence = toBase64(report);
const certificate = toBase64(utf8(pem));

function read(value: unknown) {
  return readNvidiaEvidence(utf8(JSON.stringify(value)));
}

const DEVICE = { report, chain: utf8(pem) };

describe('evidence JSON', () => {
  it.each<[string, unknown]>([
    ['a list', [{ evidence, certificate }]],
    [
      'a request to the remote service',
      { nonce: '00', arch: 'HOPPER', evidence_list: [{ evidence, certificate }] },
    ],
    ['one device alone', { nonce: '00', arch: 'HOPPER', evidence, certificate }],
    ['evidences', { evidences: [{ evidence, certificate }] }],
    ['the report in hex', [{ evidence: toHex(report), certificate }]],
    ['in upper case', [{ evidence: toHex(report).toUpperCase(), certificate }]],
    ['PEM as it is', [{ evidence, certificate: pem }]],
    [
      'the local verifier’s names',
      [{ attestationReportHexStr: toHex(report), certChainBase64Encoded: certificate }],
    ],
    ['other names', [{ attestation_report: evidence, cert_chain: certificate }]],
    ['certificates in hex', [{ evidence, certificates: toHex(utf8(pem)) }]],
  ])('%s', (_, value) => {
    expect(read(value)).toEqual([DEVICE]);
  });

  it('keeps the order of devices', () => {
    const other = toBase64(report.with(5, 1));
    const found = read([
      { evidence: other, certificate },
      { evidence, certificate },
    ]);
    expect(found.map((device) => toHex(device.report))).toEqual([
      toHex(report.with(5, 1)),
      toHex(report),
    ]);
  });

  it('may have no certificates, and no devices', () => {
    expect(read([{ evidence }])).toEqual([{ report }]);
    expect(read([])).toEqual([]);
  });

  it('is read out of a larger buffer', () => {
    const bytes = utf8(JSON.stringify([{ evidence, certificate }]));
    expect(readNvidiaEvidence(asView(bytes))).toEqual([DEVICE]);
  });

  it('keeps a byte behind a report: it is the report’s fault', () => {
    const padded = concatBytes(report, Uint8Array.of(0));
    expect(read([{ evidence: toBase64(padded) }])).toEqual([{ report: padded }]);
  });

  it('passes over what nobody signed', () => {
    const said = {
      arch: 'BLACKWELL',
      nonce: 'ff'.repeat(32),
      driver_version: '999.99',
      vbios_version: 7,
      uuid: ['GPU-1'],
      firmware: { evidence: 'x' },
      ['__proto__']: { report: 'x' },
    };
    expect(read([{ ...said, evidence, certificate }])).toEqual([DEVICE]);
    expect(read({ ...said, evidence_list: [{ evidence, certificate }] })).toEqual([DEVICE]);
  });
});

describe('what is no evidence JSON', () => {
  it.each<[string, unknown, string, string]>([
    ['null', null, 'devices', 'want an object'],
    ['a text', 'x', 'devices', 'want an object'],
    ['an object of something else', { devices: [] }, 'devices', 'want a list'],
    ['one device that names no report', { certificate }, 'devices', 'want a list'],
    ['a list and one beside', { evidence_list: [], evidence }, 'devices', 'evidence_list and'],
    ['a list that is none', { evidence_list: {} }, 'devices.evidence_list', 'want an array'],
    ['a device that is none', [evidence], 'devices[0]', 'want an object'],
    ['no report', [{ certificate }], 'devices[0].evidence', 'want a string, got nothing'],
    ['a report that is none', [{ evidence: 1 }], 'devices[0].evidence', 'want a string, got 1'],
    ['neither hex nor base64', [{ evidence: 'a-_b' }], 'devices[0].evidence', 'not base64'],
    ['half a hex byte', [{ evidence: 'abc' }], 'devices[0].evidence', 'not base64'],
    ['base64 that is cut', [{ evidence: evidence.slice(0, -1) }], 'devices[0].evidence', 'base64'],
    ['base64 in lines', [{ evidence: `${evidence}\n` }], 'devices[0].evidence', 'not base64'],
    ['the second', [{ evidence }, { evidence: '' }, {}], 'devices[2].evidence', 'got nothing'],
    ['a chain that is null', [{ evidence, certificate: null }], 'devices[0].certificate', 'null'],
    ['a chain of lists', [{ evidence, certificate: [pem] }], 'devices[0].certificate', 'an array'],
    [
      'a NUL behind PEM in base64',
      [{ evidence, certificate: `${certificate}\0` }],
      'devices[0].certificate',
      'not base64',
    ],
    [
      'two reports',
      [{ evidence, attestation_report: evidence }],
      'devices[0]',
      'evidence and attestation_report',
    ],
    [
      'two chains',
      [{ evidence, certificate, cert_chain: certificate }],
      'devices[0]',
      'certificate and cert_chain',
    ],
    ['two lists', { evidence_list: [], evidences: [] }, 'devices', 'evidence_list and evidences'],
    ['too many devices', Array(MOST_DEVICES + 1).fill({ evidence }), 'devices', '65 devices'],
  ])('%s', (_, value, at, detail) => {
    const fault = faultOf(() => read(value));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['no UTF-8', Uint8Array.of(0x5b, 0xff, 0x5d)],
    ['a NUL behind', utf8('[]\0')],
    ['two values', utf8('[][]')],
    ['a member twice', utf8(`[{"evidence":"${evidence}","evidence":"00"}]`)],
    ['a byte order mark', utf8('\ufeff[]')],
    [
      'more than eight GPUs and four switches could need',
      new Uint8Array(LARGEST_EVIDENCE + 1).fill(0x20),
    ],
    ['lists in lists', utf8('['.repeat(10_000))],
  ])('%s', (_, bytes) => {
    expect(faultOf(() => readNvidiaEvidence(bytes)).code).toBe('malformed');
  });
});
