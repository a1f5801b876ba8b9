import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { parseSnpReport } from '../../../../src/evidence/snp/report.ts';
import { parseQuote } from '../../../../src/evidence/tdx/quote.ts';
import { base64, bindingFrom, good, sha256, sha512 } from '../../../support/binding.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { hcl } from '../../../support/hcl.ts';
import { AK, jwk, runtimeJson, USER_DATA } from '../../../support/tpm.ts';
import { vectorsFolder } from '../../../support/vectors.ts';

const json = runtimeJson();
const azure = (bytes: Uint8Array) =>
  bindingFrom(good('azure-runtime-data', { hcl: base64(bytes) }));

it('the hash of the runtime JSON and zeros; the key of the vTPM and what the guest left', () => {
  const binding = azure(hcl({ json }));
  expect(toHex(binding.reportData)).toBe(sha256(json).toString('hex') + '00'.repeat(32));
  expect(binding).toMatchObject({
    deviceNonce: undefined,
    nonce: undefined,
    binds: ['runtime-data', 'vtpm-ak'],
    notProven: ['freshness', 'device-binding', 'workload'],
    claims: {
      runtimeHash: 'sha256',
      runtimeDigest: sha256(json).toString('hex'),
      vtpmAkModulusSha256: sha256(Buffer.from(AK.jwk.n, 'base64url')).toString('hex'),
      runtimeUserData: toHex(USER_DATA),
    },
  });
});

it('a hash of 64 bytes leaves no zeros', () => {
  expect(toHex(azure(hcl({ json, hashType: 3 })).reportData)).toBe(sha512(json).toString('hex'));
});

it('binds no vTPM where the JSON names none', () => {
  const keys = [jwk('HCLEkPub', AK, 'encrypt')];
  const { binds, claims } = azure(hcl({ json: runtimeJson({ keys }) }));
  expect(binds).toEqual(['runtime-data']);
  expect(claims).not.toHaveProperty('vtpmAkModulusSha256');
});

describe('refuses', () => {
  it.each([
    { name: 'what is no HCL report', bytes: new Uint8Array(64), at: 'hcl.signature' },
    { name: 'a JSON cut short', bytes: hcl({ json }).subarray(0, 0x4d8), at: 'hcl.variable_data' },
    { name: 'a JSON that is none', bytes: hcl({ json: Uint8Array.of(1) }), at: 'runtime' },
    {
      name: 'two keys of one name',
      bytes: hcl({ json: runtimeJson({ keys: [1, 2].map(() => jwk('HCLAkPub', AK, 'sign')) }) }),
      at: 'runtime.keys[1].kid',
    },
    { name: 'more than 64 KiB', bytes: new Uint8Array(65_537), at: 'binding.hcl' },
  ])('$name', ({ bytes, at }) => {
    expect(faultOf(() => azure(bytes))).toMatchObject({ code: 'malformed', at });
  });

  it('a hash that is not known, as unsupported', () => {
    expect(faultOf(() => azure(hcl({ json, hashType: 9 })))).toMatchObject({
      code: 'unsupported',
      at: 'hcl.hash_type',
    });
  });
});

const snp = vectorsFolder('snp');
const tdx = vectorsFolder('tdx');

describe.skipIf(snp === undefined)('genuine SEV-SNP evidence', () => {
  it.each(['azure-milan-v2-hcl', 'azure-milan-v3-vtpm', 'azure-hcl-no-vcek'])('%s', (name) => {
    const file = (part: string) =>
      new Uint8Array(readFileSync(join(snp ?? '', 'real', name, part)));
    const { reportData } = parseSnpReport(file('report.bin'));
    expect(toHex(azure(file('hcl.bin')).reportData)).toBe(toHex(reportData));
  });
});

describe.skipIf(tdx === undefined)('genuine TDX evidence', () => {
  it('azure-paravisor', () => {
    const file = (part: string) =>
      new Uint8Array(readFileSync(join(tdx ?? '', 'real/azure-paravisor', part)));
    const { reportData } = parseQuote(file('quote.bin')).body;
    expect(toHex(azure(file('hcl-report.bin')).reportData)).toBe(toHex(reportData));
  });
});
