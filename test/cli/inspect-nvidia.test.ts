import { describe, expect, it, test } from 'vitest';
import { sha384 } from '#crypto';
import { toHex } from '../../src/core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { simulateNvidia } from '../../src/simulator/nvidia/simulate.ts';
import { statement } from '../support/nras.ts';
import { NVDAOD_TRANSCRIPT } from '../support/nvdaod-transcript.ts';
import { NVIDIA_VECTORS, vector } from '../support/nvidia-vectors.ts';
import { bundleFiles, honestSmall } from './bundle-files.ts';
import { expectErrorJson } from './design-json.ts';
import { jsonOf, postern } from './fake-io.ts';
import { honestNvidia } from './nvidia-files.ts';
import { TWO_DEVICES } from './nvidia-formats.ts';

const { report, rims, ocsp } = honestNvidia;
const [driver = report] = rims;
const [{ response } = { response: report }] = ocsp;

async function inspected(file: Uint8Array | string) {
  const ran = await postern(['inspect', 'file', '--json'], { file });
  expect([ran.exit, ran.err]).toEqual([0, '']);
  return jsonOf(ran)['claims'] as Readonly<Record<string, unknown>>;
}

describe('inspect shows', () => {
  it('every opaque field of a report as it stands', async () => {
    const { opaque } = await inspected(report);
    expect(opaque).toHaveLength(honestNvidia.plan.report.opaque.length);
    expect(opaque).toContainEqual({ type: 3, name: 'DRIVER_VERSION', data: '3539302e313200' });
  });

  it('the report with a header that NVIDIA published like any other', async () => {
    const claims = await inspected(NVDAOD_TRANSCRIPT);
    expect(Object.keys(claims).slice(0, 3)).toEqual(['driver', 'vbios', 'mode']);
    expect(claims).toMatchObject({
      driver: '620.12',
      vbios: '96.00.D9.00.0F',
      mode: 'spt',
      opaqueVersion: 2,
      fspUcodeSvn: 0,
    });
    expect(claims['opaque']).toContainEqual({
      type: 37,
      name: 'FSP_UCODE_SVN',
      valueType: 0x87,
      data: '0000',
    });
  });

  it('the floor that a manifest has for a field', async () => {
    const [, vbios = report] = simulateNvidia({ model: 'h100-620' }).rims;
    const { floors } = await inspected(vbios);
    expect(floors).toEqual([{ type: 37, name: 'FSP_UCODE_MIN_SVN', least: 3 }]);
  });

  it('a switch’s report as one of a switch', async () => {
    const claims = await inspected(simulateNvidia({ model: 'ls10' }).report);
    expect(claims).toMatchObject({ measurementBlocks: 31, bios: '96.10.73.00.01' });
    expect(claims).not.toHaveProperty('driver');
  });

  it('what nobody signed of evidence JSON nowhere', async () => {
    const lying = fromUtf8(TWO_DEVICES, 'devices').replaceAll(
      '"driver_version":"590.12"',
      '"driver_version":"999.99"',
    );
    const { out } = await postern(['inspect', 'file'], { file: lying });
    expect(out).not.toContain('999.99');
    expect(out).not.toContain('HOPPER');
  });

  it('first of a report what it is of', async () => {
    expect(Object.keys(await inspected(report)).slice(0, 3)).toEqual(['driver', 'vbios', 'mode']);
    const { devices } = await inspected(TWO_DEVICES);
    const [first = {}, second = {}] = devices as readonly object[];
    const names = ['device', 'chip', 'hwModel', 'ueid'];
    expect(Object.keys(first).slice(0, 7)).toEqual([...names, 'driver', 'vbios', 'mode']);
    expect(Object.keys(second).slice(0, 5)).toEqual([...names, 'bios']);
  });

  it('blocks that are zero in one line, and in JSON each', async () => {
    // The value of block 3: two blocks of 55 bytes before it, and seven bytes of its own head.
    const at = 45 + 2 * 55 + 7;
    const zeroed = new Uint8Array(report).fill(0, at, at + 48);
    const shown = (file: Uint8Array) => postern(['inspect', 'file'], { file });
    expect((await shown(report)).out).toMatch(/^measurements\[2\] /m);
    const { out } = await shown(zeroed);
    const [, zeros = ''] = /^measurementsZero +(.+)$/m.exec(out) ?? [];
    expect(zeros.split(/[–, ]+/)).toContain('2');
    expect(out).not.toMatch(/^measurements\[\d+\] +0+$/m);
    expect(out).not.toMatch(/^measurements\[2\]/m);
    expect((await inspected(zeroed))['measurements']).toHaveLength(64);
  });

  it('of a bundle the binding and the main fields of its CPU’s evidence', async () => {
    const { nonce, purpose, keyset } = honestSmall.plan;
    const claims = await inspected(honestSmall.bundle);
    expect(claims).toMatchObject({
      cpu: 'snp',
      recipe: 'postern-v1',
      report: { measurement: expect.any(String), reportData: expect.any(String) },
      binding: { purpose, nonce: toHex(nonce), keysetSha384: toHex(sha384(keyset)) },
    });
    expect(await inspected(bundleFiles['bundle'] ?? '')).toMatchObject({
      cpu: 'tdx',
      quote: { mrTd: expect.any(String), rtmr3: expect.any(String) },
    });
  });

  it('of a bundle whose keyset can’t be read, why', async () => {
    const document = JSON.parse(fromUtf8(honestSmall.bundle, 'bundle'));
    document.binding.keyset = toBase64(utf8('{'));
    const { binding } = await inspected(JSON.stringify(document));
    expect(binding).toEqual({ problem: expect.stringContaining('keyset') });
  });

  it('digests a line each, with the index that manifests call them by', async () => {
    const { out } = await postern(['inspect', 'file'], { file: report });
    const measurements = (await inspected(report))['measurements'] as readonly string[];
    const lines = measurements.flatMap((digest, i) =>
      /^0+$/.test(digest) ? [] : [`measurements[${i}] ${digest}`],
    );
    const shown = out.match(/^measurements\[\d+\] +[0-9a-f]{96}$/gm) ?? [];
    expect(shown.map((line) => line.replace(/ +/, ' '))).toEqual(lines);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(1100);
  });

  it('a report whose signature is nobody’s as readily: it verifies nothing', async () => {
    const forged = report.with(report.length - 1, (report.at(-1) ?? 0) ^ 1);
    expect(await inspected(forged)).toMatchObject({ driver: '590.12' });
  });
});

describe('inspect refuses', () => {
  const bundle = fromUtf8(honestSmall.bundle, 'bundle');
  it.each([
    ['half a report', report.subarray(0, 2000), 'report'],
    ['a report and a byte', concatBytes(report, Uint8Array.of(0)), 'report: 1 bytes after'],
    ['half a manifest', driver.subarray(0, 5000), 'rim'],
    ['a manifest and an element', concatBytes(driver, utf8('<a/>')), 'rim'],
    ['a manifest with a DTD', `<!DOCTYPE a>${fromUtf8(driver, 'rim')}`, 'rim'],
    ['half an OCSP response', response.subarray(0, 300), 'ocsp'],
    ['an OCSP response and a byte', concatBytes(response, Uint8Array.of(0)), 'ocsp'],
    ['half of evidence JSON', TWO_DEVICES.subarray(0, 9000), 'devices'],
    ['evidence JSON of no base64', '[{"evidence":"%","certificate":""}]', 'devices[0].evidence'],
    ['evidence JSON of no report', '[{"evidence":"AA=="}]', 'report'],
    ['half a statement', statement().subarray(0, 900), 'eat'],
    ['half a bundle', honestSmall.bundle.subarray(0, 9000), 'bundle'],
    ['a bundle of a later version', bundle.replace('"v":1', '"v":2'), 'bundle.v: want 1, got 2'],
    ['a bundle with a member more', bundle.replace('"v":1', '"v":1,"w":1'), 'bundle'],
    [
      'a bundle of devices that can’t be read',
      bundle.replace(/"devices":"[^"]+"/, `"devices":"${toBase64(utf8('[{'))}"`),
      'devices: want a member name',
    ],
  ])('%s', async (_, file, says) => {
    const ran = await postern(['inspect', 'file', '--json'], { file });
    expect(ran.exit).toBe(1);
    expectErrorJson(jsonOf(ran), 'malformed');
    expect(ran.err.startsWith(`postern: ${says}`)).toBe(true);
  });
});

describe('the genuine files', () => {
  const genuine = test.skipIf(NVIDIA_VECTORS === undefined);

  genuine.each([
    ['report.bin', 'NVIDIA attestation report', { driver: '550.90.07', mode: 'spt' }],
    ['rims/driver.xml', 'NVIDIA manifest (RIM)', { colloquialVersion: '550.90.07' }],
    ['rims/vbios.xml', 'NVIDIA manifest (RIM)', { product: 'GH100' }],
    ['ocsp/rim-l3.der', 'OCSP response, DER', { responseStatus: 'successful' }],
    ['chain.pem', 'X.509 certificates', {}],
  ])('real/h100-550/%s', async (path, format, claims) => {
    const file = vector('real', 'h100-550', ...path.split('/'));
    const ran = await postern(['inspect', 'file', '--json'], { file });
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(jsonOf(ran)).toMatchObject({ format, size: file.length, claims });
  });

  genuine('the statement of NVIDIA’s service', async () => {
    const file = vector('eat', 'nras-h100-550', 'eat.json');
    const ran = await postern(['inspect', 'file', '--json'], { file });
    expect(jsonOf(ran)).toMatchObject({
      format: 'NRAS token (detached EAT)',
      claims: { overallResult: true, devices: [{ name: 'GPU-0', measres: 'success' }] },
    });
  });
});
