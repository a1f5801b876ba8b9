import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { appraise } from '../../../../src/appraisal/appraise/appraise.ts';
import { parseBundle } from '../../../../src/appraisal/bundle/format.ts';
import { type BundleAnchors, bundleClocksAt } from '../../../../src/appraisal/bundle/input.ts';
import { verifyBundle } from '../../../../src/appraisal/bundle/verifier.ts';
import { earClaims } from '../../../../src/appraisal/result/ear-claims.ts';
import { treeJson } from '../../../../src/appraisal/result/result-json.ts';
import { VerifyingThreads } from '../../../../src/cli/gateway/threads/verifying-threads.ts';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { VerifyingHere } from '../../../../src/gateway/fleet/machine-verifier.ts';
import { judge } from '../../../../src/gateway/fleet/outcome.ts';
import type {
  MachineAppraisal,
  PolicyWork,
  Verifying,
} from '../../../../src/gateway/fleet/verifying.ts';
import { captureDecision, type UsedPolicy } from '../../../../src/ledger/record/capture.ts';
import { firstSeenLeaves } from '../../../../src/ledger/record/first-seen-leaves.ts';
import { recordedResult } from '../../../../src/ledger/record/outcome.ts';
import type { BundleMachineOptions } from '../../../../src/simulator/bundle/simulate.ts';
import { createBundleMachine } from '../../../../src/simulator/bundle/simulate.ts';
import { bundleAnchors, verifiedBundle } from '../../../support/bundle.ts';
import { policyFor } from '../../../support/policy.ts';
import { used } from '../../../support/record.ts';

interface Case {
  readonly work: PolicyWork;
  readonly policy: UsedPolicy;
}

/** A machine, and the policy that it meets; challenged otherwise, where so said. */
async function caseOf(
  options: BundleMachineOptions,
  nonce?: Uint8Array,
): Promise<Case & { readonly anchors: BundleAnchors }> {
  const made = await createBundleMachine({
    revocation: 'published',
    endorsements: 'none',
    weights: new Uint8Array(32).fill(7),
    ...options,
  });
  const { roots, plan, published } = made;
  const bundle = made.bundle();
  const at = made.at.evidence;
  const expected = { nonce: plan.nonce };
  const verified = verifiedBundle({ ...made, bundle, questions: {} }, bundle, {
    expected,
    endorsements: published,
    at: bundleClocksAt(at),
  });
  const policy = used(policyFor(verified));
  const { digest, canonical } = policy.compiled.read;
  const work = {
    // A view into more, as what came over a socket may be.
    bundle: new Uint8Array([0, ...bundle, 0]).subarray(1, -1),
    at,
    endorsements: published,
    expected: nonce ? { nonce } : expected,
    policy: { digest, canonical },
  };
  return { work, policy, anchors: bundleAnchors(roots) };
}

let cases: Readonly<Record<string, Case>>;
let anchors: BundleAnchors;
let threads: VerifyingThreads;
let here: Verifying;

beforeAll(async () => {
  const tdx = await caseOf({ cpu: 'tdx', gpus: 0, switches: 0 });
  anchors = tdx.anchors;
  cases = {
    'a TDX machine': tdx,
    'an SEV-SNP machine': await caseOf({ cpu: 'snp', gpus: 0, switches: 0 }),
    'a machine of GPUs and switches': await caseOf({ cpu: 'tdx', gpus: 2, switches: 4 }),
    'one that answers another challenge': await caseOf({ gpus: 1 }, new Uint8Array(32).fill(1)),
    'one without endorsements': {
      ...tdx,
      work: { ...tdx.work, endorsements: { collateralMissing: 'nobody has it' } },
    },
  };
  here = new VerifyingHere(anchors);
  threads = await VerifyingThreads.open({ anchors, threads: 2, waiting: 100 });
}, 120_000);

afterAll(() => threads.close());

const named = (name: string): Case => {
  const found = cases[name];
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
};

/** Straight from the verifier, which remembers nothing. */
function appraised({ work: { bundle, at, endorsements, expected }, policy }: Case) {
  const input = { bundle, at: bundleClocksAt(at), anchors, endorsements, expected };
  const verified = verifyBundle(input);
  const appraisal = appraise(verified, policy.compiled, at);
  return { whole: verified, verified, appraisal, result: recordedResult(appraisal) };
}

/** All that a gateway makes of an appraisal. */
function consequences(
  { work, policy }: Case,
  { verified, appraisal, result }: MachineAppraisal,
): Record<string, unknown> {
  const { bundle, endorsements, expected } = work;
  const { manifest, entry, blobs } = captureDecision({
    id: '0'.repeat(32),
    time: work.at,
    engine: 'postern/1.2.3',
    salt: new Uint8Array(32),
    input: { bundle, at: bundleClocksAt(work.at), anchors, endorsements, expected },
    verified,
    result,
    decided: { policy, appraisal },
  });
  const outcome = judge(
    { id: 'n', declared: { cpu: 'tdx', gpus: 2, switches: 4 }, hardware: [] },
    {
      appraisal,
      verified,
      hardware: ['h'],
      owners: new Map(),
      evidenceAt: work.at,
      resultTtl: 60_000,
      identity: 'required',
    },
    work.at,
  );
  return {
    manifest,
    entry,
    blobs,
    outcome,
    claims: earClaims(appraisal, {
      issuer: 'i',
      subject: 's',
      audience: 'a',
      tokenId: 't',
      issuedAt: work.at,
      build: '1',
      evidenceSha256: toHex(sha256(bundle)),
    }),
    leaves: firstSeenLeaves(appraisal, work.at),
    said: treeJson(appraisal),
    keyset: appraisal.binding?.keyset?.sha384,
  };
}

describe('threads, and the own one, answer what the verifier answers', () => {
  it.each([
    ['a TDX machine', 'accept'],
    ['an SEV-SNP machine', 'accept'],
    ['a machine of GPUs and switches', 'accept'],
    ['one that answers another challenge', 'reject'],
    ['one without endorsements', 'indeterminate'],
  ])('about %s: %s', async (name, verdict) => {
    const one = named(name);
    const { work, policy } = one;
    const read = { bundle: parseBundle(work.bundle), policy: policy.compiled };
    const direct = appraised(one);
    expect(direct.appraisal.verdict).toBe(verdict);
    const want = consequences(one, direct);
    expect(consequences(one, await here.appraise(work, read))).toEqual(want);
    // Several times: with what was remembered of the first in each thread.
    const again = await Promise.all(Array.from({ length: 4 }, () => threads.appraise(work)));
    for (const made of again) expect(consequences(one, made)).toEqual(want);
    const { policy: _none, ...bare } = work;
    for (const asked of [work, bare]) {
      const isByPolicy = 'policy' in asked;
      const answer = treeJson(isByPolicy ? direct.appraisal : direct.whole);
      expect(await here.verify(asked, isByPolicy ? read : { bundle: read.bundle })).toEqual(answer);
      expect(await threads.verify(asked)).toEqual(answer);
    }
  });

  it('down to the fault, for what is no bundle', async () => {
    const { work } = named('a TDX machine');
    await expect(threads.verify({ ...work, bundle: utf8('{"v":2}') })).rejects.toMatchObject({
      code: 'malformed',
      at: expect.stringMatching(/^bundle/),
    });
  });
});

it('hands on hardware, and nothing else of what was parsed', async () => {
  const { work } = named('a machine of GPUs and switches');
  const { verified } = await threads.appraise(work);
  const { cpu, devices } = verified.pieces;
  expect(Object.keys(cpu ?? {})).toEqual(['evidence', 'pck']);
  expect(devices).toHaveLength(6);
  expect(devices.every((one) => Object.keys(one).join() === 'evidence,identity')).toBe(true);
});
