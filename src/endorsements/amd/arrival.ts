import { formatTime } from '../../core/encoding/time.ts';
import type { Validity } from '../../core/x509/validity.ts';
import { type Failure, failureOf } from '../failure.ts';
import { wholeSeconds } from '../provenance.ts';
import { inKeptForm } from './document.ts';
import type { StoredAmdDocument } from './folder.ts';
import { type Judge, judgeAmd } from './judge.ts';
import { fetchFromKds, type KdsClient, type Persistence } from './kds.ts';
import type { AmdKey } from './key.ts';

/** A verified document and when it is in date, with the certificates above it. */
export interface VerifiedAmdDocument extends StoredAmdDocument {
  readonly validity: Validity;
}

export type AmdArrival =
  | { readonly outcome: 'accepted'; readonly document: VerifiedAmdDocument }
  | (Failure & { readonly leaveAloneMs?: number });

/**
 * Fetches a document and lets it in only when it verifies now, is what was asked for, and is
 * not older than what is held. That is why a source needs no trust: the worst it can do is
 * nothing.
 *
 * @param held the floor against rollback.
 */
export async function receiveAmdDocument(
  client: KdsClient,
  key: AmdKey,
  held: VerifiedAmdDocument | undefined,
  judge: Judge,
  persistence: Persistence,
): Promise<AmdArrival> {
  const answer = await fetchFromKds(client, key, persistence);
  if (answer.outcome !== 'answered') return answer;
  const { at, body } = answer;
  try {
    const bytes = inKeptForm(key, body, at);
    const judged = judgeAmd(key, bytes, judge);
    if (judged.state !== 'current') {
      return { outcome: 'refused', at, because: judged.because, checks: judged.checks };
    }
    const older = held && olderThanHeld(key, judged.validity, held.validity);
    if (older !== undefined) return { outcome: 'refused', at, because: older, checks: [] };
    const provenance = { source: client.base, fetchedAt: wholeSeconds(judge.now) };
    return { outcome: 'accepted', document: { bytes, provenance, validity: judged.validity } };
  } catch (error) {
    return failureOf(error);
  }
}

/**
 * An old CRL keeps its signature until nextUpdate, so a mirror could hide a revocation with it.
 * Certificates have no such order: AMD issues one anew whenever it is asked, with other dates.
 */
export function olderThanHeld(key: AmdKey, served: Validity, held: Validity): string | undefined {
  if (key.kind !== 'crl' || served.from >= held.from) return undefined;
  const [from, than] = [formatTime(served.from), formatTime(held.from)];
  return `the source serves an older CRL than we already hold: issued ${from}, held ${than}`;
}
