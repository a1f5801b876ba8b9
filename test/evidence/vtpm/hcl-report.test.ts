import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256, sha384, sha512 } from '#crypto';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { fromUtf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { Fault } from '../../../src/core/fault.ts';
import {
  HCL_REPORT_SIZE_LIMIT,
  hclReportDataBinding,
  parseHclReport,
} from '../../../src/evidence/vtpm/hcl-report.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { hcl, json } from '../../support/hcl.ts';
import { vectorsFolder } from '../../support/vectors.ts';
import { asView } from '../../support/view.ts';

describe('reads', () => {
  it('every field', () => {
    expect(parseHclReport(hcl())).toEqual({
      version: 2,
      hardware: 'tdx',
      hardwareReport: new Uint8Array(1184).fill(0x81),
      hash: 'sha256',
      runtimeJson: json,
      trailingZeroBytes: 100,
    });
  });

  it('version 1 of an SNP machine, hashed with SHA-384, without padding', () => {
    const bytes = hcl({ version: 1, reportType: 2, hashType: 2, tail: new Uint8Array() });
    expect(parseHclReport(bytes)).toMatchObject({
      version: 1,
      hardware: 'snp',
      hash: 'sha384',
      trailingZeroBytes: 0,
    });
  });

  it('the same out of a larger buffer', () => {
    expect(parseHclReport(asView(hcl()))).toEqual(parseHclReport(hcl()));
  });
});

describe('refuses', () => {
  it.each([
    { name: 'nothing', bytes: new Uint8Array(), at: 'hcl.signature' },
    { name: 'another signature', bytes: hcl({ signature: 'HCLB' }), at: 'hcl.signature' },
    { name: 'version 0', bytes: hcl({ version: 0 }), at: 'hcl.version' },
    { name: 'version 3', bytes: hcl({ version: 3 }), at: 'hcl.version' },
    { name: 'another request', bytes: hcl({ requestType: 1 }), at: 'hcl.request_type' },
    { name: 'a failed request', bytes: hcl({ status: 1 }), at: 'hcl.status' },
    {
      name: 'a reserved byte that is set',
      bytes: hcl({ reserved: new Uint8Array(12).with(11, 1) }),
      at: 'hcl.reserved',
    },
    { name: 'a report cut off', bytes: hcl().subarray(0, 0x4bf), at: 'hcl.hardware_report' },
    { name: 'request data of version 2', bytes: hcl({ dataVersion: 2 }), at: 'hcl.data_version' },
    { name: 'VBS as hardware', bytes: hcl({ reportType: 3 }), at: 'hcl.report_type' },
    { name: 'no hash', bytes: hcl({ hashType: 0 }), at: 'hcl.hash_type' },
    { name: 'a hash of number 4', bytes: hcl({ hashType: 4 }), at: 'hcl.hash_type' },
    {
      name: 'a JSON size beyond the input',
      bytes: hcl({ variableSize: json.length + 101 }),
      at: 'hcl.variable_data',
    },
    {
      name: 'a JSON size of 4 GiB',
      bytes: hcl({ variableSize: 0xffffffff }),
      at: 'hcl.variable_data',
    },
    {
      name: 'a JSON size into the padding',
      bytes: hcl({ variableSize: json.length + 1 }),
      at: 'hcl.data_size',
    },
    {
      name: 'a JSON size short of its end',
      bytes: hcl({ variableSize: json.length - 1 }),
      at: 'hcl.data_size',
    },
    { name: 'a data size that lies', bytes: hcl({ dataSize: 0 }), at: 'hcl.data_size' },
    { name: 'a report size that lies', bytes: hcl({ reportSize: 2048 }), at: 'hcl.report_size' },
    {
      name: 'a byte in the padding',
      bytes: hcl({ tail: new Uint8Array(9).with(8, 1) }),
      at: 'hcl',
    },
    { name: 'far too much', bytes: new Uint8Array(HCL_REPORT_SIZE_LIMIT + 1), at: 'hcl' },
  ])('$name', ({ bytes, at }) => {
    expect(faultOf(() => parseHclReport(bytes)).at).toBe(at);
  });
});

describe('binds', () => {
  const hashed = concatBytes(sha256(json), new Uint8Array(32));
  const report = parseHclReport(hcl());

  it('the JSON to report data with its hash', () => {
    expect(hclReportDataBinding(report, hashed)).toBe(true);
    const longer = concatBytes(sha384(json), new Uint8Array(16));
    expect(hclReportDataBinding(parseHclReport(hcl({ hashType: 2 })), longer)).toBe(true);
    const longest = parseHclReport(hcl({ hashType: 3 }));
    expect(longest.hash).toBe('sha512');
    expect(hclReportDataBinding(longest, sha512(json))).toBe(true);
  });

  it.each([
    ['one bit of the hash differs', hashed.with(0, (hashed[0] ?? 0) ^ 1)],
    ['something follows the hash', hashed.with(63, 1)],
    ['report data is the hash alone', hashed.subarray(0, 32)],
    ['report data is too long', concatBytes(hashed, new Uint8Array(1))],
    ['report data is empty', new Uint8Array()],
    ['report data is the other hash', concatBytes(sha384(json), new Uint8Array(16))],
    ['report data begins with the third hash', sha512(json)],
  ])('nothing when %s', (_, reportData) => {
    expect(hclReportDataBinding(report, reportData)).toBe(false);
  });

  it('nothing when the JSON differs in one byte', () => {
    const other = { ...report, runtimeJson: json.with(1, 0x20) };
    expect(hclReportDataBinding(other, hashed)).toBe(false);
  });
});

fuzz('refuses damage with a Fault that blames the input', damaged(hcl()), (bytes) => {
  try {
    const { runtimeJson, trailingZeroBytes } = parseHclReport(bytes);
    expect(0x4d4 + runtimeJson.length + trailingZeroBytes).toBe(bytes.length);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
  }
});

interface Case {
  readonly id: string;
  readonly files: { readonly hcl?: string; readonly hclReport?: string };
  readonly expect: { readonly fields: { readonly reportData: string } };
}

/** Cases of one kind of evidence that come with an HCL report. */
function casesOf(kind: string, hardware: 'snp' | 'tdx') {
  const folder = vectorsFolder(kind);
  if (folder === undefined) return [];
  const cases: readonly Case[] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  return cases.flatMap(({ id, files, expect: { fields } }) => {
    const name = files.hcl ?? files.hclReport;
    return name === undefined ? [] : [{ id, hardware, fields, file: join(folder, name) }];
  });
}

const real = [...casesOf('tdx', 'tdx'), ...casesOf('snp', 'snp')];
it.skipIf(real.length === 0)('finds the published reports', () => {
  expect(new Set(real.map(({ file }) => file)).size).toBeGreaterThanOrEqual(4);
});

it.skipIf(real.length === 0).each(real)('reads and binds $id', ({ file, hardware, fields }) => {
  const report = parseHclReport(readFileSync(file));
  expect(report.hardware).toBe(hardware);
  expect(JSON.parse(fromUtf8(report.runtimeJson, 'json'))).toHaveProperty('keys');
  expect(hclReportDataBinding(report, fromHex(fields.reportData, 'reportData'))).toBe(true);
});
