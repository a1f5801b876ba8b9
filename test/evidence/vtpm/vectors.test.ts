import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { VtpmInput } from '../../../src/evidence/vtpm/input.ts';
import { verifyVtpm } from '../../../src/evidence/vtpm/verifier.ts';
import { vectorsFolder } from '../../support/vectors.ts';

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly expect: { readonly fields: { readonly reportData: string; readonly vmpl?: number } };
}

/** A published case as input; its evidence is taken to be authentic, which other tests look at. */
function inputOf(kind: 'snp' | 'tdx', wanted: string): VtpmInput {
  const folder = vectorsFolder(kind) ?? '';
  const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8');
  const cases: readonly (Case & { readonly id: string })[] = JSON.parse(manifest);
  const found = cases.find(({ id }) => id === wanted);
  if (found === undefined) throw new RangeError(`no case ${wanted}`);
  const { files, expect: expected } = found;
  const file = (name: string) => new Uint8Array(readFileSync(join(folder, files[name] ?? '')));
  const { vmpl } = expected.fields;
  const reportData = fromHex(expected.fields.reportData, 'reportData');
  return {
    hcl: file(kind === 'tdx' ? 'hclReport' : 'hcl'),
    evidence: { kind, reportData, vmpl, authentic: true },
    ...(files['tpmQuoteMessage'] && {
      quote: { message: file('tpmQuoteMessage'), signature: file('tpmQuoteSignature') },
    }),
    ...(files['pcrs'] && { pcrs: file('pcrs') }),
    at: 0,
    anchors: 'vendor',
  };
}

describe.skipIf(vectorsFolder('snp') === undefined || vectorsFolder('tdx') === undefined)(
  'the published',
  () => {
    it('Milan machine with quote, PCRs and user data is accepted', () => {
      const input = inputOf('snp', 'real/azure-milan-v3-vtpm');
      const nonce = fromHex(
        '982f5c6e45df0ed3f10b6f60b02f0c8390e281300f3805e2279c16168cd6ae9aa398f647caa2338748cd0fd9f5f819ef',
        'nonce',
      );
      const result = verifyVtpm({ ...input, nonce, userData: nonce });
      expect(result.checks.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
      expect(result).toMatchObject({ verdict: 'accept', authentic: true });
      expect(result.claims).toMatchObject({
        quoted: true,
        quote: { extraData: toHex(nonce) },
        pcrs: { sha256: { 23: expect.any(String) } },
        vmConfiguration: { vmUniqueId: '7DF7B373-B947-4AAA-96E5-C358F2A03D20' },
      });
    });

    /** Its quote was drawn from another machine: the key that signed it is not in its JSON. */
    it('older Milan machine has somebody else’s quote beside it', () => {
      const input = inputOf('snp', 'real/azure-milan-v2-hcl');
      const result = verifyVtpm({ ...input, nonce: utf8('challenge') });
      const failed = result.checks.filter(({ outcome }) => outcome !== 'pass');
      expect(failed.map(({ id }) => id)).toEqual(['vtpm.quote.signature']);
      const { quote: _, ...alone } = input;
      expect(verifyVtpm(alone)).toMatchObject({ verdict: 'accept', claims: { quoted: false } });
    });

    it.each([
      ['oldest Milan report', 'snp', 'real/azure-hcl-no-vcek'],
      ['TDX machine', 'tdx', 'real/azure-paravisor'],
    ] as const)('%s is bound', (_, kind, id) => {
      const result = verifyVtpm(inputOf(kind, id));
      expect(result.checks.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
      expect(result.verdict).toBe('accept');
    });

    it('machines do not vouch for each other', () => {
      const [one, other] = ['real/azure-milan-v2-hcl', 'real/azure-milan-v3-vtpm'].map((id) =>
        inputOf('snp', id),
      );
      if (one === undefined || other === undefined) throw new RangeError('cases are missing');
      const result = verifyVtpm({ ...other, evidence: one.evidence });
      expect(result).toMatchObject({ verdict: 'reject', authentic: false });
      expect(result.claims).not.toHaveProperty('pcrs');
    });
  },
);
