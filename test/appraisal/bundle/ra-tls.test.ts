import { expect, it } from 'vitest';
import { raTlsQuote } from '../../../src/appraisal/binding/ra-tls.ts';
import { bindingOf } from '../../../src/appraisal/binding/recipe.ts';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { bundleClocksAt } from '../../../src/appraisal/bundle/input.ts';
import { verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../../src/evidence/nvidia/anchors.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';
import { tlsCertificate } from '../../support/tls-certificates.ts';

const QUOTE = '1.3.6.1.4.1.62397.1.1';

const platform = await createTdxPlatform();
const { at, root, collateral } = platform;

function bundleOf(certificate: Uint8Array, more: object = {}): Uint8Array {
  const binding = { recipe: 'dstack-ra-tls', certificate: toBase64(certificate) };
  return utf8(JSON.stringify({ v: 1, binding, ...more }));
}

/** The quote is in the certificate whose key it vouches for. */
async function certificateWithQuote(): Promise<Uint8Array> {
  const { reportData } = bindingOf(
    parseBundle(bundleOf(await tlsCertificate())).binding,
    new Uint8Array(),
  );
  return tlsCertificate({ extensions: { [QUOTE]: platform.quote({ reportData }) } });
}

function verified(bundle: Uint8Array) {
  const anchors = { tdx: [anchorFromCertificate(root, 'root')], snp: [], nvidia: NVIDIA_ROOTS };
  return verifyBundle({ bundle, at: bundleClocksAt(at), anchors, endorsements: { collateral } });
}

it('a certificate brings its own quote, and that vouches for its key', async () => {
  const certificate = await certificateWithQuote();
  expect(raTlsQuote(certificate).quote.length).toBeGreaterThan(1000);
  expect(verified(bundleOf(certificate))).toMatchObject({
    verdict: 'accept',
    claims: { recipe: 'dstack-ra-tls', freshness: 'not-proven' },
  });
});

it('a quote beside it goes before the one inside', async () => {
  const cpu = { kind: 'tdx', quote: toBase64(platform.quote()) };
  const result = verified(bundleOf(await certificateWithQuote(), { cpu }));
  const failed = result.checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
  expect(failed).toEqual(['bundle.binding.report_data']);
});

it('without a quote there is no evidence of a CPU', async () => {
  const result = verified(bundleOf(await tlsCertificate()));
  const failed = result.checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
  expect(failed).toEqual(['bundle.cpu']);
});
