/**
 * The instants to verify at, in milliseconds since the epoch. They differ only where
 * endorsements were gathered at another moment than the evidence.
 */
export interface TdxClocks {
  readonly evidence: number;
  readonly tcbInfo: number;
  readonly qeIdentity: number;
  readonly crl: number;
}

export function clocksAt(now: number): TdxClocks {
  return { evidence: now, tcbInfo: now, qeIdentity: now, crl: now };
}
