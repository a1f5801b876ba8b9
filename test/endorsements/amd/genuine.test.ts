import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { readCertificates } from '../../../src/core/x509/certificate-files.ts';
import { inKeptForm } from '../../../src/endorsements/amd/document.ts';
import { judgeAmd } from '../../../src/endorsements/amd/judge.ts';
import { type LineKey, vcekKey } from '../../../src/endorsements/amd/key.ts';
import { AmdEndorsementSource } from '../../../src/endorsements/amd/source.ts';
import { PRODUCT_LINES, type ProductLine } from '../../../src/evidence/snp/product.ts';
import { parseVekExtensions } from '../../../src/evidence/snp/vek-extensions.ts';
import { GENUINE_AMD_CRLS } from '../../support/amd-crls.ts';
import { vectorsFolder } from '../../support/vectors.ts';
import { emptyAmdFolder, sourceOf, startKds } from './world.ts';

const folder = vectorsFolder('snp');
const at = Date.UTC(2026, 8, 1);
const lines = Object.keys(PRODUCT_LINES) as ProductLine[];

describe.skipIf(folder === undefined)('genuine certificates under AMD’s own roots', () => {
  const read = async (path: string) => new Uint8Array(await readFile(join(folder ?? '', path)));

  it.each(lines.flatMap((line) => (['vcek', 'vlek'] as const).map((signs) => ({ line, signs }))))(
    'the $signs chain of $line is one, and no other',
    async ({ line, signs }) => {
      const pem = await read(`roots/${line}-${signs === 'vcek' ? 'ask' : 'asvk'}-ark.pem`);
      const judge = { anchors: AMD_ROOTS, now: at, chain: [] };
      const key: LineKey = { kind: 'chain', line, signs };
      expect(judgeAmd(key, inKeptForm(key, pem, 'chain'), judge)).toMatchObject({
        state: 'current',
      });
      const other = { ...key, signs: signs === 'vcek' ? 'vlek' : 'vcek' } as const;
      expect(judgeAmd(other, pem, judge)).toMatchObject({ state: 'refused' });
    },
  );

  it.each([
    { path: 'real/milan-v3-caci/vcek.der', line: 'milan' },
    { path: 'real/genoa-v3-caci/vcek.der', line: 'genoa' },
    { path: 'real/genoa-line-v5-siena/vcek.der', line: 'genoa' },
    { path: 'real/turin-v5-caci/vcek.der', line: 'turin' },
  ] as const)('$path: accepted for its own chip and TCB, served, kept', async ({ path, line }) => {
    const [certificate] = readCertificates(await read(path), path);
    if (certificate === undefined) throw new Error(`${path}: no certificate`);
    const { hwId = new Uint8Array(), tcb } = parseVekExtensions(certificate, line, path);
    const key = vcekKey(line, toHex(hwId), toHex(tcb));
    const kds = await startKds();
    kds.serve(/SPL/, certificate.der);
    const kept = await emptyAmdFolder();
    const source = sourceOf(kds, { anchors: AMD_ROOTS, folder: kept });
    expect(await source.vcekFor(key, at)).toMatchObject({ from: 'network', state: 'current' });
    // The intermediate is built in: one request.
    expect(kds.requests).toHaveLength(1);
    const offline = new AmdEndorsementSource({ anchors: AMD_ROOTS, folder: kept });
    expect((await offline.vcekFor(key, at)).bytes).toEqual(certificate.der);
  });

  it('one chip’s certificate as AMD issued it twice: both are good', async () => {
    const [first, second] = await Promise.all(
      ['vcek', 'vcek-reissued'].map((name) => read(`real/milan-v3-caci/${name}.der`)),
    );
    if (first === undefined || second === undefined) throw new Error('no certificate');
    expect(second).not.toEqual(first);
    const kds = await startKds();
    const source = sourceOf(kds, { anchors: AMD_ROOTS });
    const [certificate] = readCertificates(first, 'vcek');
    if (certificate === undefined) throw new Error('no certificate');
    const { hwId = new Uint8Array(), tcb } = parseVekExtensions(certificate, 'milan', 'vcek');
    const key = vcekKey('milan', toHex(hwId), toHex(tcb));
    for (const body of [first, second]) {
      kds.serve(/SPL/, body);
      expect(await source.refresh(key, at)).toMatchObject({ outcome: 'accepted' });
    }
  });

  it('a certificate with an edited hardware id is refused from a folder', async () => {
    const bytes = await read('real/vcek-edited-raw-hwid/vcek.der');
    const [certificate] = readCertificates(bytes, 'vcek');
    if (certificate === undefined) throw new Error('no certificate');
    const { hwId = new Uint8Array(), tcb } = parseVekExtensions(certificate, 'milan', 'vcek');
    const key = vcekKey('milan', toHex(hwId), toHex(tcb));
    const kept = await emptyAmdFolder();
    await mkdir(dirname(kept.pathOf(key)), { recursive: true });
    await writeFile(kept.pathOf(key), bytes);
    const offline = new AmdEndorsementSource({ anchors: AMD_ROOTS, folder: kept });
    await expect(offline.vcekFor(key, at)).rejects.toThrow(/passed over: snp\.vek\.chain: /);
  });
});

it.each(lines.flatMap((line) => (['vcek', 'vlek'] as const).map((signs) => ({ line, signs }))))(
  'the $signs list of $line is one, and that of another root is not',
  ({ line, signs }) => {
    const judge = { anchors: AMD_ROOTS, now: at, chain: [] };
    const key: LineKey = { kind: 'crl', line, signs };
    expect(judgeAmd(key, GENUINE_AMD_CRLS[line], judge)).toMatchObject({ state: 'current' });
    const other = GENUINE_AMD_CRLS[line === 'milan' ? 'genoa' : 'milan'];
    expect(judgeAmd(key, other, judge)).toMatchObject({ state: 'refused' });
  },
);
