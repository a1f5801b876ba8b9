import fc from 'fast-check';
import { expect } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { parseHclReport } from '../../../src/evidence/vtpm/hcl-report.ts';
import type { VtpmInput } from '../../../src/evidence/vtpm/input.ts';
import { readQuoteSignature } from '../../../src/evidence/vtpm/tpm-signature.ts';
import { verifyVtpm } from '../../../src/evidence/vtpm/verifier.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { azure, NONCE, PCRS_JSON, quoted, runtimeJson, tpmtSignature } from '../../support/tpm.ts';

const { message, signature } = quoted();
const good = { ...azure(), quote: { message, signature }, pcrs: PCRS_JSON, nonce: NONCE };
const input: VtpmInput = { ...good, at: 0, anchors: 'vendor' };

const hostile = fc.oneof(
  damaged(input.hcl).map((hcl) => ({ ...input, hcl })),
  damaged(message).map((bytes) => ({ ...input, quote: { message: bytes, signature } })),
  damaged(signature, tpmtSignature(signature)).map((bytes) => ({
    ...input,
    quote: { message, signature: bytes },
  })),
  damaged(PCRS_JSON).map((pcrs) => ({ ...input, pcrs })),
);

fuzz('never throws, and accepts only what is signed as it was', hostile, (changed) => {
  const result = verifyVtpm(changed);
  if (result.verdict !== 'accept') return;
  expect(result.authentic).toBe(true);
  expect(toHex(parseHclReport(changed.hcl).runtimeJson)).toBe(toHex(runtimeJson()));
  expect(toHex(changed.quote?.message ?? NONCE)).toBe(toHex(message));
  const given = readQuoteSignature(changed.quote?.signature ?? NONCE, signature.length);
  expect(toHex(given)).toBe(toHex(signature));
  expect(result.claims['pcrs']).toEqual(verifyVtpm(input).claims['pcrs']);
});
