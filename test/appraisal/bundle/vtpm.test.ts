import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transcriptHash } from '../../../src/appraisal/binding/transcript.ts';
import { type BundleExpectation, bundleClocksAt } from '../../../src/appraisal/bundle/input.ts';
import { type BundleVerification, verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../../src/evidence/nvidia/anchors.ts';
import { standardKeyset } from '../../../src/simulator/bundle/plan.ts';
import { azureSnp } from '../../support/azure.ts';
import { idsOf } from '../../support/bundle.ts';
import { NONCE, PCRS_JSON, quoted } from '../../support/tpm.ts';
import { vectorsFolder } from '../../support/vectors.ts';

const { made, hcl } = await azureSnp();
const challenge = new Uint8Array(32).fill(0x5a);
const keyset = utf8(JSON.stringify(standardKeyset('azure', made.at)));
const commitment = {
  purpose: 'client',
  nonce: challenge,
  keyset,
  deviceEvidence: new Uint8Array(),
};

const POSTERN = {
  recipe: 'postern-v1',
  purpose: commitment.purpose,
  nonce: toHex(challenge),
  keyset: toBase64(keyset),
};
const AZURE = { recipe: 'azure-runtime-data', hcl: toBase64(hcl) };

/** An SNP machine under the paravisor, with a quote of its vTPM over these bytes. */
function azureBundle(binding: object, extraData: Uint8Array | undefined): Uint8Array {
  const quote = extraData && quoted({ extraData });
  return utf8(
    JSON.stringify({
      v: 1,
      cpu: { kind: 'snp', report: toBase64(made.report) },
      vtpm: {
        hcl: toBase64(hcl),
        ...(quote && { quote: toBase64(quote.message), signature: toBase64(quote.signature) }),
        ...(quote && { pcrs: toBase64(PCRS_JSON) }),
      },
      binding,
      endorsements: {
        snp_vek: toBase64(made.vek ?? new Uint8Array()),
        snp_chain: made.chain.map(toBase64),
      },
    }),
  );
}

function verified(
  bundle: Uint8Array,
  expected: BundleExpectation = {},
  snp: readonly TrustAnchor[] = [anchorFromCertificate(made.root, 'root')],
): BundleVerification {
  const anchors = { tdx: [], snp, nvidia: NVIDIA_ROOTS };
  return verifyBundle({ bundle, at: bundleClocksAt(made.at), anchors, expected });
}

describe('our own recipe where a paravisor chose the report data', () => {
  it('is carried by the vTPM’s quote, and accepted', () => {
    const result = verified(azureBundle(POSTERN, transcriptHash(commitment)), { nonce: challenge });
    expect(result.verdict).toBe('accept');
    expect(idsOf(result, 'skipped')).toEqual(['bundle.binding.report_data']);
    expect(idsOf(result, 'pass')).toContain('bundle.binding.vtpm_nonce');
    expect(result.parts.map(({ evidence }) => evidence)).toEqual(['snp', 'vtpm']);
    // Nothing that the CPU measured is the machine's own software.
    expect(result.claims['notProven']).toEqual(['workload', 'model']);
  });

  it('a quote over something else: rejected for that', () => {
    const result = verified(azureBundle(POSTERN, NONCE));
    expect(idsOf(result, 'fail')).toEqual(['bundle.binding.vtpm_nonce']);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  });

  it('a quote over another keyset: rejected for that', () => {
    const other = { ...commitment, keyset: utf8('another') };
    const result = verified(azureBundle(POSTERN, transcriptHash(other)));
    expect(idsOf(result, 'fail')).toEqual(['bundle.binding.vtpm_nonce']);
  });

  it('no quote: open, and never accepted', () => {
    const result = verified(azureBundle(POSTERN, undefined));
    expect(idsOf(result, 'unresolved')).toEqual(['bundle.binding.vtpm_nonce']);
    expect(result.verdict).toBe('indeterminate');
  });
});

describe('the runtime data alone', () => {
  it('binds the vTPM’s key, and is accepted without a challenge', () => {
    const result = verified(azureBundle(AZURE, NONCE));
    expect(result.verdict).toBe('accept');
    expect(result.claims).toMatchObject({ recipe: 'azure-runtime-data', freshness: 'not-proven' });
  });

  it('a challenge is in the vTPM’s quote', () => {
    const result = verified(azureBundle(AZURE, challenge), { nonce: challenge });
    expect([result.verdict, result.claims['freshness']]).toEqual(['accept', 'challenged']);
  });

  it('another challenge: rejected for that', () => {
    const result = verified(azureBundle(AZURE, NONCE), { nonce: challenge });
    expect(idsOf(result, 'fail')).toEqual(['bundle.nonce']);
  });

  it('no quote that could carry one: open', () => {
    const result = verified(azureBundle(AZURE, undefined), { nonce: challenge });
    expect(idsOf(result, 'unresolved')).toEqual(['bundle.nonce']);
  });
});

const vectors = vectorsFolder('snp');

describe.skipIf(vectors === undefined)('a genuine Azure machine', () => {
  const folder = join(vectors ?? '', 'real/azure-milan-v3-vtpm');
  const file = (name: string) => toBase64(readFileSync(join(folder, name)));

  it('is accepted as one bundle', () => {
    const bundle = utf8(
      JSON.stringify({
        v: 1,
        cpu: { kind: 'snp', report: file('report.bin') },
        vtpm: {
          hcl: file('hcl.bin'),
          quote: file('tpm-quote-msg.bin'),
          signature: file('tpm-quote-sig.bin'),
          pcrs: file('pcrs.json'),
        },
        binding: { recipe: 'azure-runtime-data', hcl: file('hcl.bin') },
        endorsements: { snp_vek: file('vcek.der') },
      }),
    );
    const anchors = { tdx: [], snp: AMD_ROOTS, nvidia: NVIDIA_ROOTS };
    const at = bundleClocksAt(Date.UTC(2026, 5, 1));
    const result = verifyBundle({ bundle, at, anchors });
    expect(result).toMatchObject({ verdict: 'accept', authentic: true, anchors: 'vendor' });
  });
});
