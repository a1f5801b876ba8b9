import type { MinimumTcb } from './tcb-version.ts';

/** The instants to verify at, in milliseconds since the epoch. */
export interface SnpClocks {
  readonly evidence: number;
  readonly crl: number;
}

/**
 * What the caller allows beyond the baseline. Each use of it is a check that reads `skipped`;
 * DEBUG, MIGRATE_MA and a report requested by the host can't be allowed.
 */
export interface SnpRelaxation {
  /** VMPLs to accept besides 0. */
  readonly vmpls?: readonly (1 | 2 | 3)[];
  /** Positions of PLATFORM_INFO bits to accept though this release does not know them. */
  readonly platformInfoBits?: readonly number[];
}

/** What a verification is about, and what is asked beyond the baseline. */
export interface SnpInput {
  /** 1184 bytes, or an extended report: the same with its certificate table behind. */
  readonly report: Uint8Array;
  /** The VCEK or VLEK certificate, DER or PEM; it goes before one in the certificate table. */
  readonly vek?: Uint8Array;
  /** Why there is no VEK certificate, e.g. that AMD's service could not be reached. */
  readonly vekMissing?: string;
  /**
   * CA certificates, each DER or PEM, in any order; they go before those in the certificate
   * table. Without any the intermediates that AMD publishes are used. A root among them is
   * never trusted for being there: it must be one of the anchors.
   */
  readonly chain?: readonly Uint8Array[];
  /** A CRL of the ARK, DER or PEM: the one that can clear the chain. */
  readonly crl?: Uint8Array;
  /**
   * Lists that can only revoke, since they are out of date or come from a party that would
   * rather not be revoked. One in the certificate table is such a list.
   */
  readonly furtherCrls?: readonly Uint8Array[];
  /** Why there is no CRL, where one is required. */
  readonly crlMissing?: string;
  /** Without it a missing CRL only leaves the revocation unchecked. */
  readonly revocation?: 'required';
  readonly at: SnpClocks;
  /** Up to 64 bytes that REPORT_DATA must hold, zeros behind them. */
  readonly reportData?: Uint8Array;
  /** Lowest acceptable SPL of each component of REPORTED_TCB, which the certificate is for. */
  readonly minimumTcb?: MinimumTcb;
  /** The same for LAUNCH_TCB: what the guest was launched under may be older. */
  readonly minimumLaunchTcb?: MinimumTcb;
  /** The same for COMMITTED_TCB: below it the machine's owner can no longer go. */
  readonly minimumCommittedTcb?: MinimumTcb;
  /** AMD bulletins by id, e.g. `AMD-SB-3019`, whose fixes the reported TCB must show. */
  readonly fixes?: readonly string[];
  readonly relax?: SnpRelaxation;
}

/** What is asked of a report beyond the baseline, whatever comes with it. */
export type SnpRequests = Pick<
  SnpInput,
  'minimumTcb' | 'minimumLaunchTcb' | 'minimumCommittedTcb' | 'fixes' | 'relax'
>;

export function snpClocksAt(now: number): SnpClocks {
  return { evidence: now, crl: now };
}
