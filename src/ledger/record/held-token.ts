import { sha256 } from '#crypto';
import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import type { BundleVerification } from '../../appraisal/bundle/verifier.ts';
import {
  compareToken,
  type OpenToken,
  openToken,
  type TokenFinding,
} from '../../appraisal/result/compare-token.ts';
import { isAppraisal } from '../../appraisal/result/result-json.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault } from '../../core/fault.ts';
import type { Manifest, Recording } from './manifest.ts';

export type { TokenFinding };

export interface HeldToken {
  /** Against the record that keeps the token: no release of Postern makes these right. */
  readonly record: readonly TokenFinding[];
  /** Against what came out now: another release may say more, in other words. */
  readonly replay: readonly TokenFinding[];
}

const NOTHING: HeldToken = { record: [], replay: [] };

/**
 * Holds the token of a record against the record, and against what the decision came to when it was
 * made again. Who issued it, when and for whom is the token's own, see {@link compareToken}.
 */
export function heldToken(
  { ear, id, input, result }: Recording,
  { policy }: Manifest,
  decided: BundleVerification | Appraisal,
): HeldToken {
  if (ear === undefined) return NOTHING;
  if (policy === null || !isAppraisal(decided)) {
    return onRecord('token', 'none, for no policy decided', 'one');
  }
  const evidenceSha256 = toHex(sha256(input.bundle));
  try {
    const token = openToken(ear);
    return {
      record: [...againstRecord(token, { id, evidenceSha256, result, policy })],
      replay: compareToken(token, decided, { tokenId: id, evidenceSha256 }),
    };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return onRecord(error.at, 'a token that can be read', error.detail);
  }
}

function onRecord(at: string, want: string, got: string): HeldToken {
  return { record: [{ at, want, got }], replay: [] };
}

interface Kept {
  readonly id: string;
  readonly evidenceSha256: string;
  readonly result: Recording['result'];
  readonly policy: NonNullable<Manifest['policy']>;
}

function* againstRecord(
  { claims, value }: OpenToken,
  { id, evidenceSha256, result, policy }: Kept,
): Generator<TokenFinding> {
  const ours = new JsonShape(value, 'token').object('postern');
  const said = ours.object('policy');
  const rows: readonly (readonly [at: string, want: unknown, got: unknown])[] = [
    ['jti', id, claims.tokenId],
    ['postern.verdict', result.verdict, claims.verdict],
    ['postern.anchors', result.anchors, ours.string('anchors')],
    ['postern.evidenceSha256', evidenceSha256, ours.string('evidenceSha256')],
    ['postern.policy.name', policy.name, said.string('name')],
    ['postern.policy.revision', policy.revision, said.value('revision')],
    ['postern.policy.digest', policy.digest, said.string('digest')],
  ];
  for (const [at, want, got] of rows) {
    if (want !== got) yield { at: `token.${at}`, want: String(want), got: String(got) };
  }
  const codes: readonly string[] = result.codes;
  for (const check of ours.objects('checks')) {
    const got = check.string('code');
    if (codes.includes(got)) continue;
    yield { at: `${check.path}.code`, want: codes.join(', ') || 'none', got };
  }
}
