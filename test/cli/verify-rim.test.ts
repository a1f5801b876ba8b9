import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../src/core/bytes/text.ts';
import { simulateNvidia } from '../../src/simulator/nvidia/simulate.ts';
import { NVIDIA_VECTORS, vector } from '../support/nvidia-vectors.ts';
import { expectErrorJson } from './design-json.ts';
import { type Files, jsonOf, postern, UNSAFE } from './fake-io.ts';
import { honestNvidia, nvidiaFiles } from './nvidia-files.ts';

const VERIFY_RIM = ['verify', 'rim', 'rim-0', '--rim-trust-anchor', 'rim-root.der'];

async function verified(options: readonly string[] = [], changed: Files = {}) {
  const ran = await postern([...VERIFY_RIM, '--json', ...options], { ...nvidiaFiles, ...changed });
  expect(ran.err).toBe('');
  const json = jsonOf(ran);
  const checks = json['checks'] as readonly { readonly id: string; readonly outcome: string }[];
  const failed = checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
  return { exit: ran.exit, json, failed };
}

describe('a manifest by itself', () => {
  it('is accepted, every check passed', async () => {
    const { exit, json, failed } = await verified();
    expect([exit, failed]).toEqual([0, []]);
    expect(Object.keys(json).toSorted()).toEqual(
      ['verdict', 'authentic', 'anchors', 'revocation', 'at', 'checks', 'claims'].toSorted(),
    );
    expect(json).toMatchObject({
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      revocation: 'unchecked',
      at: '2026-06-01T00:00:00Z',
      claims: { colloquialVersion: '590.12' },
    });
  });

  it('says in lines what it is', async () => {
    const { exit, out, err } = await postern(VERIFY_RIM, nvidiaFiles);
    expect([exit, err]).toEqual([0, '']);
    expect(out.match(/^✓ nvidia\.rim\.\S+ +\S.+\?$/gm)).toHaveLength(6);
    expect(out).toMatch(/^\S+ \S+ 590\.12 · .+$/m);
    expect(out).toMatch(/^\d+ active measurements · signed by .+$/m);
    expect(out).toMatch(/^ACCEPT {2}authentic · simulator anchors · revocation unchecked · at /m);
    expect(out).not.toMatch(UNSAFE);
    expect(out).not.toContain('activeIndices');
  });

  it('with --claims prints all that it says', async () => {
    const { out } = await postern([...VERIFY_RIM, '--claims'], nvidiaFiles);
    expect(out).toMatch(/^activeIndices +\d+ /m);
  });

  it.each(['2020-01-01T00:00:00Z', '2200-01-01T00:00:00Z'])('%s leaves it open', async (at) => {
    const { exit, json, failed } = await verified(['--at', at]);
    expect([exit, failed, json['verdict']]).toEqual([2, [], 'indeterminate']);
  });
});

describe('what is refused', () => {
  const xml = fromUtf8(honestNvidia.rims[0] ?? new Uint8Array(), 'rim');

  it('a manifest under another root than NVIDIA’s', async () => {
    const { exit, out } = await postern(['verify', 'rim', 'rim-0'], nvidiaFiles);
    expect(exit).toBe(1);
    expect(out).toMatch(/^✗ nvidia\.rim\.root /m);
  });

  it('one with a measurement changed', async () => {
    const edited = xml.replace(/Hash0="[0-9a-f]/, (text) =>
      text.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
    );
    expect(edited).not.toBe(xml);
    const { exit, failed } = await verified([], { 'rim-0': edited });
    expect([exit, failed]).toEqual([1, ['nvidia.rim.signature']]);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['half of it', xml.slice(0, xml.length / 2)],
    ['markup that would steer a terminal', '<\u001b[2J/>'],
  ])('%s', async (_, file) => {
    const { exit, out } = await postern(VERIFY_RIM, { ...nvidiaFiles, 'rim-0': file });
    expect(exit).toBe(1);
    expect(out).toMatch(/^✗ nvidia\.rim\.format /m);
    expect(out).not.toMatch(UNSAFE);
    expect(await verified([], { 'rim-0': file })).toMatchObject({ exit: 1 });
  });

  it('a report, which is named for what it is', async () => {
    const { report } = simulateNvidia();
    const { exit, out } = await postern(VERIFY_RIM, { ...nvidiaFiles, 'rim-0': report });
    expect(exit).toBe(1);
    expect(out).toContain('note  the file is of another kind: NVIDIA attestation report');
  });

  it.each([
    [['--at', 'noon'], 'usage'],
    [['--at', 'rim=2026-06-01T00:00:00Z'], 'usage'],
    [['--rim-trust-anchor', 'chain'], 'usage'],
    [['--rim-trust-anchor', 'none'], 'unreachable'],
  ] as const)('%j is no question that has a verdict', async (options, code) => {
    expectErrorJson(
      jsonOf(await postern([...VERIFY_RIM, '--json', ...options], nvidiaFiles)),
      code,
    );
  });
});

describe.skipIf(NVIDIA_VECTORS === undefined)('a genuine manifest', () => {
  it('is NVIDIA’s', async () => {
    const rim = vector('rims', 'driver-gh100-550-144-03', 'rim.xml');
    const argv = ['verify', 'rim', 'rim.xml', '--json', '--at', '2025-06-01T00:00:00Z'];
    const json = jsonOf(await postern(argv, { 'rim.xml': rim }));
    expect(json).toMatchObject({ authentic: true, anchors: 'vendor' });
  });
});
