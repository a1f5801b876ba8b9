import { describe, expect, it } from 'vitest';
import { treeJson } from '../../src/appraisal/result/result-json.ts';
import type { Verification } from '../../src/evidence/verification.ts';
import { verifiedBundle } from '../support/bundle.ts';
import { bundleFiles, honestBundle, smallFiles, VERIFY_BUNDLE } from './bundle-files.ts';
import { expectPartsJson } from './design-json.ts';
import { type Files, jsonOf, postern } from './fake-io.ts';
import { NODE_KINDS, nodeFiles, VERIFY_NODE } from './nvidia-files.ts';

/** Lines of a tree, without what stands below it. */
async function treeOf(argv: readonly string[], files: Files): Promise<readonly string[]> {
  const { out } = await postern(argv, files);
  const lines = out.split('\n');
  return lines.slice(0, lines.indexOf(''));
}

describe('a CPU, eight GPUs and four switches', () => {
  it('are a tree that a terminal of 100 columns holds', async () => {
    const lines = await treeOf(VERIFY_BUNDLE, bundleFiles);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.slice(0, 6)).toEqual([
      '✓ 14 checks passed',
      '├─ tdx                       accept  authentic · TCB UpToDate · 48 of 48 checks passed',
      expect.stringMatching(/^│ {4}mrTd [0-9a-f]{16}…$/),
      '├─ device 0, nvidia-gpu      accept  authentic · GH100 A01 GSP BROM · 26 of 26 checks passed',
      '│    ueid 421011431794752269040253974257571974947266155173 · driver 590.12 · vbios 96.00.A5.00.01',
      '│    mode ppcie · 32 of 33 active measurements compared, 1 exempt (NVDEC0)',
    ]);
    expect(lines.slice(-3)).toEqual([
      '└─ device 11, nvidia-switch  accept  authentic · LS_10 A01 FSP BROM · 19 of 20 checks passed',
      expect.stringMatching(/^ {5}ueid \d{48} · bios 96\.10\.73\.00\.01$/),
      '     31 of 31 active measurements compared',
    ]);
    const head = lines.indexOf('│    devices 8–11:');
    expect(lines[head + 1]).toBe(
      '│    – nvidia.device.fwid               the report has no FWID field: nothing to compare',
    );
    expect(lines.filter((line) => /^[├└]─ /.test(line))).toHaveLength(13);
  });

  it('end with the verdict over all of it', async () => {
    const { out } = await postern(VERIFY_BUNDLE, bundleFiles);
    expect(out.split('\n').slice(-4)).toEqual([
      '',
      'ACCEPT  authentic · simulator anchors · revocation unchecked · at 2026-06-01T00:00:00Z · good until 2026-06-02T00:00:00Z',
      'Checked under a simulator root: no vendor vouches for this.',
      '',
    ]);
  });

  it('in JSON are one object, parts in its order, each in DESIGN’s shape', async () => {
    const json = jsonOf(await postern([...VERIFY_BUNDLE, '--json'], bundleFiles));
    expectPartsJson(json, 'bundle', 'tdx', ...NODE_KINDS);
    expect(json).not.toHaveProperty('binding');
    const { endorsements, notes, ...tree } = json;
    const result = verifiedBundle(honestBundle);
    expect(JSON.stringify(tree)).toBe(JSON.stringify(treeJson(result)));
    expect(endorsements).toEqual(result.endorsements);
    expect(notes).toContainEqual(expect.stringContaining('recipe postern-v1'));
  });
});

describe('what is not well', () => {
  const missing = VERIFY_NODE.filter(
    (word, i) => word !== 'rim-1' && VERIFY_NODE[i + 1] !== 'rim-1',
  );

  it('is said once of all devices that it is about, with their numbers', async () => {
    const lines = await treeOf(missing, nodeFiles);
    const reasons = lines.filter((line) => line.includes('nvidia.rim.vbios.format'));
    expect(reasons).toEqual([
      '│    ? nvidia.rim.vbios.format          no manifest NV_GPU_VBIOS_G520_0200_885_9600A50001 (offline)',
    ]);
    expect(lines).toContain('│    devices 0–7:');
    expect(lines).toContain('│    devices 8–11:');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('has verdicts in one column', async () => {
    const heads = (await treeOf(missing, nodeFiles)).filter((line) => /^[├└]─ /.test(line));
    expect(new Set(heads.map((line) => line.indexOf(' authentic · '))).size).toBe(1);
    expect(new Set(heads.map((line) => line.search(/indeterminate|accept/))).size).toBe(1);
  });

  it('with --checks is said of each, with all that passed', async () => {
    const lines = await treeOf([...missing, '--checks'], nodeFiles);
    expect(lines.filter((line) => line.includes('nvidia.rim.vbios.format'))).toHaveLength(12);
    expect(lines.filter((line) => / ✓ nvidia\.report\.signature /.test(line))).toHaveLength(12);
    expect(lines.join('\n')).not.toMatch(/ devices \d/);
    expect(lines[0]).toMatch(/^✓ nvidia\.topology\.format +Is the device evidence well-formed/);
  });

  it('a device’s number is the one by which the whole speaks of it', async () => {
    const argv = VERIFY_NODE.filter((word) => word !== '--trust-anchor' && word !== 'root.der');
    const lines = await treeOf(argv, nodeFiles);
    expect(lines.join('\n')).toMatch(/^\? nvidia\.topology\.devices +.*device 0, .*device 11$/m);
    expect(lines.join('\n')).toMatch(/^└─ device 11, nvidia-switch +reject {2}not shown/m);
  });
});

describe('colours', () => {
  it('change nothing but colours', async () => {
    const plain = await postern(VERIFY_BUNDLE, smallFiles);
    const painted = await postern(VERIFY_BUNDLE, smallFiles, { colours: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
    expect(painted.out.replace(/\u001b\[\d+m/g, '')).toBe(plain.out);
    expect(painted.out).toContain('\u001b[32maccept\u001b[0m');
  });
});

it('treeJson goes down through parts of parts', () => {
  const leaf: Verification = {
    verdict: 'accept',
    authentic: true,
    evidence: 'nras',
    anchors: 'custom',
    revocation: 'unchecked',
    at: '2026-06-01T00:00:00Z',
    checks: [],
    claims: {},
  };
  const tree = { ...leaf, parts: [{ ...leaf, parts: [leaf] }] };
  expect(treeJson({ ...tree, ...{ secret: 1 } })).toStrictEqual(tree);
});
