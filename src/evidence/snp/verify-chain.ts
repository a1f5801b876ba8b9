import { formatTime } from '../../core/encoding/time.ts';
import { anchorKindOf, type TrustAnchor } from '../../core/x509/anchors.ts';
import { CheckList } from '../check-list.ts';
import { untilMember } from '../until.ts';
import type { Verification } from '../verification.ts';
import { readAuthorities } from './authorities.ts';
import { SNP_CHECKS, type SnpCheckId } from './checks.ts';
import { chainClaims, crlsClaims } from './claims.ts';
import { conclusion, REVOCATION } from './conclusion.ts';
import type { SnpClocks } from './input.ts';
import { endOfChain } from './relied-on.ts';
import { checkRevocation } from './revocation.ts';
import { checkVekAlone } from './vek-binding.ts';
import { readVekChain, type VekChain } from './vek-chain.ts';
import { checkClocks, checkVekValidity } from './verifier.ts';

/** Certificates without a report. */
export interface SnpChainInput {
  /** A VCEK or VLEK certificate; without one the CAs are judged alone. */
  readonly vek?: Uint8Array;
  /** CA certificates, each DER or PEM. */
  readonly chain?: readonly Uint8Array[];
  readonly crl?: Uint8Array;
  readonly at: SnpClocks;
  readonly anchors: readonly TrustAnchor[];
}

export interface SnpChainVerification extends Verification {
  readonly chain: VekChain;
}

const OF_CHAIN: ReadonlySet<SnpCheckId> = new Set([
  'snp.clock',
  'snp.vek.intermediate',
  'snp.vek.chain',
  'snp.vek.root',
  'snp.vek.validity',
  'snp.product.match',
]);
const OF_VEK: ReadonlySet<SnpCheckId> = new Set([
  'snp.vek.format',
  'snp.vek.extensions',
  'snp.vek.kind',
]);

/** Whether these certificates are AMD's, whichever report they may be for. */
export function verifySnpChain(input: SnpChainInput): SnpChainVerification {
  const checks = new CheckList(SNP_CHECKS);
  checkClocks(checks, input.at);
  const { vek, anchors } = input;
  const chain = readVekChain(vek, input.chain ?? [], anchors, (blobs) =>
    readAuthorities(blobs, anchors),
  );
  checks.add(chain.checks);
  checkVekValidity(checks, chain, input.at.evidence);
  checkVekAlone(checks, chain);
  const { crl, relied } = checkRevocation(checks, chain, {
    crl: input.crl,
    further: [],
    required: false,
    missing: undefined,
    now: input.at.crl,
  });
  const asked = new Set([...(vek ? OF_VEK : []), ...(input.crl ? REVOCATION : [])]);
  return {
    evidence: 'snp',
    ...conclusion(checks.all, asked, OF_CHAIN),
    anchors: anchorKindOf(chain.anchor, anchors),
    at: formatTime(input.at.evidence),
    ...untilMember(endOfChain(chain, relied)),
    claims: { ...chainClaims(chain), ...crlsClaims(crl, []) },
    chain,
  };
}
