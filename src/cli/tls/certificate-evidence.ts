import { sha256 } from '#crypto';
import { certificateChallenge, readTlsEvidence } from '../../appraisal/binding/tls-evidence.ts';
import type { BundleVerification } from '../../appraisal/bundle/verifier.ts';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { wishOf } from '../../endorsements/revocation-wish.ts';
import { type Check, type Verdict, worstOf } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import { verifyBundleFile } from '../bundle-evidence.ts';
import type { Io } from '../io.ts';
import { decide, readPolicyOption } from '../policy-decision.ts';
import type { Args } from '../verb.ts';

/** What a certificate's own evidence comes to, under the policy of the command line. */
export interface JudgedEvidence {
  readonly result: Verification;
  readonly verified: BundleVerification;
}

/**
 * The evidence in a certificate: a bundle whose challenge is made of the certificate's key, and whose
 * keyset lists that key.
 *
 * @returns undefined where there is none.
 * @throws Fault `malformed` for an extension that can't be read.
 */
export async function judgeCertificate(
  io: Io,
  args: Args,
  der: Uint8Array,
): Promise<JudgedEvidence | undefined> {
  const policy = await readPolicyOption(io, args);
  const evidence = evidenceIn(der);
  if (evidence === undefined) return undefined;
  const { spki, bundle } = evidence;
  const expected = { recipes: ['postern-v1'] as const, ...certificateChallenge(spki) };
  const wish = wishOf(policy?.compiled);
  const { verified } = await verifyBundleFile(io, args, bundle, wish, () => expected);
  const result = decide(verified, policy);
  const own = keyCheck(spki, verified);
  const verdict: Verdict = own.outcome === 'fail' ? 'reject' : result.verdict;
  return {
    result: {
      ...result,
      verdict: worstOf([result.verdict, verdict]),
      checks: [...result.checks, own],
    },
    verified,
  };
}

function evidenceIn(der: Uint8Array) {
  try {
    return readTlsEvidence(der);
  } catch (error) {
    if (error instanceof Fault && error.code === 'missing') return undefined;
    throw error;
  }
}

/** Whoever makes a certificate puts into it what he likes: the keyset has to know its key. */
function keyCheck(spki: Uint8Array, { binding }: BundleVerification): Check {
  const id = 'tls.certificate.key';
  const path = 'certificate.subjectPublicKeyInfo';
  const digest = sha256(spki);
  const keys = binding?.keyset?.keys ?? [];
  const listed = keys.some((key) => key.use === 'tls' && equalBytes(key.spkiSha256, digest));
  if (listed) return { id, path, outcome: 'pass' };
  const want = 'a TLS key of the keyset';
  return { id, path, outcome: 'fail', want, got: `${toHex(digest)}, which is none` };
}
