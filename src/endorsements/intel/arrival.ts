import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { type Failure, failureOf } from '../failure.ts';
import { wholeSeconds } from '../provenance.ts';
import type { TdxCollateralFacts } from './facts.ts';
import { judgeTdxCollateral } from './judge.ts';
import type { TdxEndorsementKey } from './key.ts';
import { fetchTdxCollateral, type PcsClient, tdxCollateralUrls } from './pcs.ts';
import { olderThanHeld } from './rollback.ts';
import type { StoredTdxSet } from './stored.ts';

/** A verified set with what it says about itself. */
export interface VerifiedTdxSet extends StoredTdxSet {
  readonly facts: TdxCollateralFacts;
}

type Arrival = { readonly outcome: 'accepted'; readonly set: VerifiedTdxSet } | Failure;

/**
 * Fetches a set and lets it in only when it verifies now, is what was asked for, and is not
 * older than what is held. That is why a source needs no trust: the worst it can do is nothing.
 *
 * @param held the floor against rollback.
 */
export async function receiveTdxSet(
  client: PcsClient,
  key: TdxEndorsementKey,
  held: TdxCollateralFacts | undefined,
  { anchors, now }: { readonly anchors: readonly TrustAnchor[]; readonly now: number },
): Promise<Arrival> {
  const arrival = await receive(client, key, held, { anchors, now });
  if (arrival.outcome !== 'accepted') {
    client.shared?.forget(Object.values(tdxCollateralUrls(client.base, key)));
  }
  return arrival;
}

async function receive(
  client: PcsClient,
  key: TdxEndorsementKey,
  held: TdxCollateralFacts | undefined,
  { anchors, now }: { readonly anchors: readonly TrustAnchor[]; readonly now: number },
): Promise<Arrival> {
  const source = client.base.url;
  try {
    const collateral = await fetchTdxCollateral(client, key);
    const judged = judgeTdxCollateral(key, collateral, anchors, now);
    if (judged.state !== 'current') {
      const { because, checks } = judged;
      return { outcome: 'refused', at: source, because, checks };
    }
    const { facts } = judged;
    const older = held === undefined ? [] : olderThanHeld(facts, held);
    if (older.length > 0) {
      const because = `the source serves older collateral than we already hold: ${older.join('; ')}`;
      return { outcome: 'refused', at: source, because, checks: [] };
    }
    const provenance = { source, fetchedAt: wholeSeconds(now) };
    return { outcome: 'accepted', set: { collateral, provenance, facts } };
  } catch (error) {
    return failureOf(error);
  }
}
