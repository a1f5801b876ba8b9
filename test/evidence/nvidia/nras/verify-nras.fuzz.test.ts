import fc from 'fast-check';
import { expect } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import type { NrasInput } from '../../../../src/evidence/nvidia/nras/input.ts';
import { verifyNras } from '../../../../src/evidence/nvidia/nras/verify-nras.ts';
import { damaged, fuzz } from '../../../support/fuzz.ts';
import { edited, GOOD, gpu, jwks, KEY, MACHINE, statement, UEID } from '../../../support/nras.ts';

const eat = statement({ devices: MACHINE });
const set = jwks(KEY.jwk);
const input: NrasInput = { ...GOOD, eat, jwks: set, devices: ['1', '2', '3'] };

/** What is signed in a detached EAT: each token without its signature. */
function signedIn(bytes: Uint8Array): string[] {
  const [[, overall], others] = JSON.parse(new TextDecoder().decode(bytes));
  const names = Object.keys(others).toSorted();
  const tokens: string[] = [overall, ...names.map((name) => others[name])];
  return tokens.map((text) => text.slice(0, text.lastIndexOf('.')));
}

const hostile = fc.oneof(
  damaged(eat).map((bytes) => ({ ...input, eat: bytes })),
  damaged(set).map((bytes) => ({ ...input, jwks: bytes })),
);

fuzz('never throws, and accepts only what is signed as it was', hostile, (changed) => {
  const result = verifyNras(changed);
  if (result.verdict !== 'accept') return;
  expect(result.authentic).toBe(true);
  expect(signedIn(changed.eat)).toEqual(signedIn(eat));
});

/** Signed as they are, so that nothing but the checks stands in the way. */
const payloads = damaged(utf8(JSON.stringify(gpu(UEID)))).map((bytes) =>
  new TextDecoder('latin1').decode(bytes),
);

fuzz('accepts no signed payload but one that says it all', payloads, (json) => {
  const result = verifyNras(edited({ deviceTokens: { text: () => json } }));
  if (result.verdict !== 'accept') return;
  const { measres, ueid, eat_nonce, iss } = gpu(UEID);
  expect(JSON.parse(json)).toMatchObject({ measres, ueid, eat_nonce, iss });
  expect(JSON.parse(json).iat).toBeLessThanOrEqual(GOOD.at / 1000);
  expect(JSON.parse(json).exp).toBeGreaterThan(GOOD.at / 1000);
});
