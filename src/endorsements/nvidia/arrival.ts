import { formatTime } from '../../core/encoding/time.ts';
import type { Failure } from '../failure.ts';
import { wholeSeconds } from '../provenance.ts';
import type { NvidiaFacts, VerifiedNvidiaDocument } from './document.ts';
import type { Fetched } from './fetched.ts';
import { judgeNvidia, type NvidiaJudge } from './judge.ts';
import { fetchOcsp, type OcspClient } from './ocsp-service.ts';
import { fetchRim, type RimClient } from './rim-service.ts';
import type { NvidiaWant } from './want.ts';

/** The services that may be asked. Make one a process: each has one gate. */
export interface NvidiaNetwork {
  readonly rim: RimClient;
  readonly ocsp: OcspClient;
}

export type NvidiaArrival =
  | { readonly outcome: 'accepted'; readonly document: VerifiedNvidiaDocument }
  | (Failure & { readonly leaveAloneMs?: number });

/**
 * Fetches a document and lets it in only when it verifies now, is what was asked for, and is
 * not older than what is held. That is why a source needs no trust: the worst it can do is
 * nothing.
 *
 * @param held the floor against rollback.
 */
export async function receiveNvidiaDocument(
  network: NvidiaNetwork,
  want: NvidiaWant,
  held: VerifiedNvidiaDocument | undefined,
  judge: NvidiaJudge,
): Promise<NvidiaArrival> {
  const fetched = await fetchNvidia(network, want);
  if (fetched.outcome !== 'answered') return fetched;
  const { at, source, bytes, nonce } = fetched;
  const judged = judgeNvidia(want, fetched, judge);
  if (judged.state !== 'current') {
    return { outcome: 'refused', at, because: judged.because, checks: judged.checks };
  }
  const { facts } = judged;
  // One from the future, as a wrong clock has it, must not keep today's out.
  const floor = held && held.facts.issued <= judge.now ? held.facts : undefined;
  const older = floor && olderThanHeld(facts, floor);
  if (older !== undefined) return { outcome: 'refused', at, because: older, checks: [] };
  const provenance = { source, fetchedAt: wholeSeconds(judge.now) };
  return { outcome: 'accepted', document: { bytes, ...(nonce && { nonce }), provenance, facts } };
}

function fetchNvidia({ rim, ocsp }: NvidiaNetwork, want: NvidiaWant): Promise<Fetched> {
  return want.kind === 'rim' ? fetchRim(rim, want) : fetchOcsp(ocsp, want.subject);
}

/**
 * What was true once keeps its signature until it ends: with it a mirror could hide a
 * revocation, or that NVIDIA has issued a manifest anew.
 */
export function olderThanHeld(served: NvidiaFacts, held: NvidiaFacts): string | undefined {
  const clears = held.status === 'revoked' && served.status !== 'revoked';
  if (clears ? served.issued > held.issued : served.issued >= held.issued) return undefined;
  const [issued, than] = [formatTime(served.issued), formatTime(held.issued)];
  const what = clears ? 'a revocation' : 'one';
  return `the source serves an older issue than we already hold: of ${issued}, held ${what} of ${than}`;
}
