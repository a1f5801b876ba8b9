import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { fromPem } from '../../../src/core/encoding/pem.ts';
import { NVIDIA_ROOTS } from '../../../src/evidence/nvidia/anchors.ts';
import { readNvidiaEvidence } from '../../../src/evidence/nvidia/evidence-json.ts';
import type { NvidiaInput } from '../../../src/evidence/nvidia/input.ts';
import { parseNvidiaReport, trimTrailingZeros } from '../../../src/evidence/nvidia/report.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import { pemOf } from '../../support/nvidia-certificates.ts';
import { genuine, NVIDIA_VECTORS, vector } from '../../support/nvidia-vectors.ts';
import { answerOf, answers } from '../../support/snp.ts';

const CLOCKS = {
  evidence: Date.UTC(2025, 7, 21, 12),
  rim: Date.UTC(2025, 7, 21, 12),
  ocsp: Date.UTC(2025, 7, 21, 12),
  rimOcsp: Date.UTC(2025, 9, 24, 18),
};

/**
 * What was done wrong elsewhere, done to the one genuine set that is complete: an H100 with both
 * manifests and seven OCSP responses.
 */
describe.skipIf(NVIDIA_VECTORS === undefined)('the genuine H100', () => {
  if (NVIDIA_VECTORS === undefined) return;
  const { report, chain } = genuine('h100-550');
  const file = (name: string) => vector('real', 'h100-550', ...name.split('/'));
  const [driver, vbios] = [file('rims/driver.xml'), file('rims/vbios.xml')];
  const responses = ['brom', 'provisioner', 'identity']
    .map((name) => `device-${name}`)
    .concat(['rim-ca', 'rim-l3', 'rim-driver-leaf', 'rim-vbios-leaf'])
    .map((name) => ({ response: file(`ocsp/${name}.der`) }));
  const input: NvidiaInput = {
    report,
    chain,
    rims: [driver, vbios],
    ocsp: responses,
    revocation: 'required',
    at: CLOCKS,
  };
  const verifier = new NvidiaVerifier(NVIDIA_ROOTS);
  const verify = (change: Partial<NvidiaInput>) => verifier.verify({ ...input, ...change });
  const failed = (change: Partial<NvidiaInput>) => answers(verify(change), 'fail');
  const open = (change: Partial<NvidiaInput>) => answers(verify(change), 'unresolved');
  const { nonce, responderNonce, blocks } = parseNvidiaReport(report);
  const text = (xml: Uint8Array) => Buffer.from(xml).toString();
  const ders = fromPem(text(chain), 'CERTIFICATE', 'chain');

  it('is accepted, revocation and all: 33 golden indices, 32 compared, one of an NVDEC that is off', () => {
    const result = verify({ nonce, device: 'gpu' });
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      anchors: 'vendor',
      revocation: 'checked',
    });
    expect(result.claims).toMatchObject({
      goldenIndices: 33,
      comparedIndices: 32,
      skippedIndices: [35],
      mismatches: [],
    });
  });

  it.each([
    ['the request’s nonce', 4],
    ['a measurement', 45 + 7],
    ['an opaque byte that means nothing', 45 + 64 * 55 + 34 + 4 + 9],
    ['r', report.length - 96],
    ['s', report.length - 1],
  ])('1. one bit flipped in %s', (_, at) => {
    const changed = report.with(at, (report[at] ?? 0) ^ 1);
    expect(failed({ report: changed })).toContain('nvidia.report.signature');
  });

  it('1. one bit flipped in the slot, which the response no longer names', () => {
    expect(failed({ report: report.with(36, 1) })).toContain('nvidia.report.format');
  });

  it('2. one zero byte behind the report, as a published one has it: only an importer trims it', () => {
    const padded = concatBytes(report, Uint8Array.of(0));
    expect(failed({ report: padded })).toContain('nvidia.report.format');
    expect(verify({ report: trimTrailingZeros(padded) }).verdict).toBe('accept');
  });

  it.each<[string, number, readonly number[]]>([
    ['the length of the record big-endian', 42, [0x00, 0x0d, 0xc0]],
    ['a number of blocks that is not theirs', 41, [63]],
    ['one index twice', 45 + 55, [1]],
    ['a block over the next', 47, [0x6a]],
  ])('3. %s', (_, at, bytes) => {
    const changed = report.slice();
    changed.set(bytes, at);
    expect(failed({ report: changed })).toContain('nvidia.report.format');
  });

  it('4. a nonce that only the JSON around the report says', () => {
    const said = {
      evidence: toBase64(report),
      certificate: toBase64(chain),
      nonce: '00'.repeat(32),
    };
    const [device] = readNvidiaEvidence(new TextEncoder().encode(JSON.stringify([said])));
    expect(failed({ ...device, nonce: new Uint8Array(32) })).toEqual(['nvidia.nonce']);
    expect(verify({ ...device, nonce }).verdict).toBe('accept');
  });

  it('5. the device’s own random taken for the challenge', () => {
    expect(failed({ nonce: responderNonce })).toEqual(['nvidia.nonce']);
  });

  it.each<[string, readonly number[], string[]]>([
    ['the root alone', [4], ['nvidia.chain.format']],
    ['an intermediate missing', [0, 1, 3, 4], ['nvidia.chain.format']],
    ['the leaf missing', [1, 2, 3, 4], ['nvidia.chain.format']],
    ['a certificate more', [0, 1, 2, 3, 4, 4], ['nvidia.chain.format']],
    ['another order', [0, 2, 1, 3, 4], ['nvidia.chain.links']],
    [
      'root first',
      [4, 3, 2, 1, 0],
      ['nvidia.chain.roles', 'nvidia.chain.links', 'nvidia.chain.root'],
    ],
  ])('6. a chain with %s', (_, order, ids) => {
    const made = pemOf(order.flatMap((i) => ders[i] ?? []));
    expect(failed({ chain: made, ocsp: [] })).toEqual(expect.arrayContaining(ids));
    expect(verify({ chain: made }).verdict).toBe('reject');
  });

  it('8. the chain of a switch, which shares a CA with GPUs', () => {
    const ls10 = genuine('ls10-switch');
    expect(failed({ chain: ls10.chain, ocsp: [] })).toEqual(
      expect.arrayContaining(['nvidia.device.kind', 'nvidia.report.signature']),
    );
    expect(failed({ ...ls10, device: 'gpu', rims: [], ocsp: [] })).toEqual(['nvidia.device.kind']);
  });

  it('10. a manifest of a like name for another version, product or device', () => {
    const other = vector('rims', 'driver-gh100-550-144-03', 'rim.xml');
    const bios = vector('real', 'ls10-switch', 'rims', 'bios.xml');
    expect(failed({ rims: [other, vbios], ocsp: responses.slice(0, 3) })).toContain(
      'nvidia.rim.driver.match',
    );
    expect(failed({ rims: [driver, bios], ocsp: responses.slice(0, 3) })).toContain(
      'nvidia.rim.vbios.match',
    );
  });

  it('12. off by one: the block of the index itself is another one', () => {
    // Index 1 and block 2 go together; were it block 1, the two would be exchanged.
    expect(Buffer.from(blocks[0] ?? []).equals(Buffer.from(blocks[1] ?? []))).toBe(false);
    const first = /index="1" active="True"[^>]*Hash0="([0-9a-f]{96})"/.exec(text(vbios))?.[1];
    expect(Buffer.from(blocks[1] ?? []).toString('hex')).toBe(first);
  });

  it.each<[string, (xml: string) => string, string]>([
    ['an attribute changed', (xml) => xml.replace('active="False"', 'active="True"'), 'signature'],
    ['a comment', (xml) => xml.replace('<ns0:Meta', '<!-- x --><ns0:Meta'), 'format'],
    ['a document type', (xml) => `<!DOCTYPE x>${xml}`, 'format'],
    [
      'a second signature',
      (xml) => xml.replace(/<ds:Signature[\s>].*<\/ds:Signature>/s, (found) => found + found),
      'format',
    ],
    ['a reference to a part', (xml) => xml.replace('URI=""', 'URI="#x"'), 'format'],
    [
      'exclusive C14N',
      (xml) =>
        xml.replaceAll(
          'http://www.w3.org/2006/12/xml-c14n11',
          'http://www.w3.org/2001/10/xml-exc-c14n#',
        ),
      'format',
    ],
  ])('15. a manifest with %s', (_, change, name) => {
    const rim = new TextEncoder().encode(change(text(driver)));
    expect(failed({ rims: [rim, vbios], ocsp: responses.slice(0, 3) })).toEqual([
      `nvidia.rim.driver.${name}`,
    ]);
  });

  it('16. a signer past its validity: out of date, and no accusation', () => {
    const at = { ...CLOCKS, rim: Date.UTC(2026, 2, 1) };
    expect(open({ at })).toEqual(['nvidia.rim.vbios.validity']);
    expect(verify({ at, relax: { rimExpired: true } }).verdict).toBe('accept');
  });

  it('17. a response missing, one of the future, one past its end, one of another device', () => {
    expect(open({ ocsp: responses.slice(1) })).toEqual(['nvidia.ocsp.device.status']);
    expect(open({ at: { ...CLOCKS, rimOcsp: CLOCKS.ocsp } })).toEqual(['nvidia.ocsp.rim.validity']);
    expect(open({ at: { ...CLOCKS, ocsp: Date.UTC(2025, 7, 23) } })).toEqual([
      'nvidia.ocsp.device.validity',
    ]);
    const other = verify({ ...genuine('h100-rim-on-hold'), rims: [] });
    expect(answers(other, 'unresolved')).toContain('nvidia.ocsp.device.status');
  });

  it('17. a response asked with a nonce that it does not echo', () => {
    const asked = responses.map((one) => ({ ...one, nonce: new Uint8Array(16) }));
    expect(failed({ ocsp: asked })).toEqual(['nvidia.ocsp.device.nonce', 'nvidia.ocsp.rim.nonce']);
  });

  it('18. no one instant fits all of it: one clock for everything leaves something open', () => {
    for (const ms of [CLOCKS.ocsp, CLOCKS.rimOcsp]) {
      const at = { evidence: ms, rim: ms, ocsp: ms, rimOcsp: ms };
      expect(verify({ at }).verdict).toBe('indeterminate');
    }
  });

  it('25. the VBIOS packed into eight bytes, and the ids made of it', () => {
    expect(verify({}).claims).toMatchObject({
      vbios: '96.00.9F.00.01',
      rimVbiosId: 'NV_GPU_VBIOS_1010_0200_882_96009F0001',
      rimDriverId: 'NV_GPU_DRIVER_GH100_550.90.07',
    });
    expect(answerOf(verify({}), 'nvidia.rim.vbios.match').outcome).toBe('pass');
  });
});
