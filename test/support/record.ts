import { sha256 } from '#crypto';
import { appraise } from '../../src/appraisal/appraise/appraise.ts';
import { compilePolicy } from '../../src/appraisal/appraise/compiled-policy.ts';
import type { BundleAnchors } from '../../src/appraisal/bundle/input.ts';
import { BundleVerifier } from '../../src/appraisal/bundle/verifier.ts';
import { type ReadPolicy, readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import type { Policy } from '../../src/appraisal/policy/schema/policy.ts';
import {
  type EarClaims,
  type EarContext,
  earClaims,
} from '../../src/appraisal/result/ear-claims.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { canonicalJson } from '../../src/core/encoding/jcs.ts';
import type { JsonValue } from '../../src/core/encoding/json.ts';
import {
  type CapturedDecision,
  captureDecision,
  type Decision,
  type UsedPolicy,
} from '../../src/ledger/record/capture.ts';
import type { RecordedInput } from '../../src/ledger/record/input-form.ts';
import { recordedResult } from '../../src/ledger/record/outcome.ts';
import type { BlobLookup } from '../../src/ledger/record/replay.ts';
import type { SimulatedBundle } from '../../src/simulator/bundle/simulate.ts';
import { bundleAnchors } from './bundle.ts';

export const ENGINE = 'postern/1.2.3';
const ID = '00112233445566778899aabbccddeeff';
const SALT = new Uint8Array(32).fill(0x5a);
/** Later than all that is simulated. */
const PUT_DOWN = Date.UTC(2026, 8, 1, 12, 0, 0, 7);

export type Given = RecordedInput & { readonly anchors: BundleAnchors };

/** As the simulator means a machine to be verified. */
export function givenOf(
  { bundle, at, roots, questions }: SimulatedBundle,
  more: Partial<Given> = {},
): Given {
  return { bundle, at, anchors: bundleAnchors(roots), expected: questions, ...more };
}

/** A policy as it is used, unsigned. */
export function used(policy: Policy | ReadPolicy, more: Partial<UsedPolicy> = {}): UsedPolicy {
  const read = 'canonical' in policy ? policy : readPolicy(utf8(JSON.stringify(policy)));
  return { compiled: compilePolicy(read), revocations: [], ...more };
}

/** What is kept of a decision that is made here and now. */
export function captured(
  input: Given,
  policy?: UsedPolicy,
  more: Partial<Decision> = {},
): CapturedDecision {
  const { anchors, ...rest } = input;
  const verified = new BundleVerifier(anchors, 0).verify(rest);
  const appraisal = policy && appraise(verified, policy.compiled, input.at.evidence);
  return captureDecision({
    id: ID,
    time: PUT_DOWN,
    engine: ENGINE,
    salt: SALT,
    input,
    verified,
    result: recordedResult(appraisal ?? verified),
    ...(policy && appraisal && { decided: { policy, appraisal } }),
    ...more,
  });
}

/** The same with a token about it, which `sign` makes of what the token is to say. */
export async function capturedWithToken(
  input: Given,
  policy: UsedPolicy,
  sign: (claims: EarClaims) => Uint8Array | Promise<Uint8Array>,
  more: Partial<EarContext> = {},
): Promise<CapturedDecision> {
  const { anchors, ...rest } = input;
  const verified = new BundleVerifier(anchors, 0).verify(rest);
  const appraisal = appraise(verified, policy.compiled, input.at.evidence);
  const claims = earClaims(appraisal, {
    issuer: 'https://gateway.example',
    subject: 'node-7',
    audience: 'https://client.example',
    tokenId: ID,
    issuedAt: input.at.evidence,
    build: '1.2.3',
    evidenceSha256: toHex(sha256(input.bundle)),
    ...more,
  });
  return captured(input, policy, { verified, ear: await sign(claims) });
}

export function lookup({ blobs }: Pick<CapturedDecision, 'blobs'>): BlobLookup {
  const byDigest = new Map(blobs.map(({ digest, bytes }) => [digest, bytes]));
  return (digest) => byDigest.get(digest);
}

/** Canonical JSON after an edit of the value. */
export function rewritten(
  document: Uint8Array,
  edit: (value: Record<string, JsonValue>) => JsonValue | undefined,
): Uint8Array {
  const value = JSON.parse(new TextDecoder().decode(document));
  return utf8(canonicalJson(edit(value) ?? value));
}
