import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import { CLOCK_TOLERANCE, type SignatureParameters } from './profile.ts';

/**
 * Whether now is a time for this signature, by how far the clocks may be apart.
 *
 * @param now milliseconds since the epoch, by the verifier's clock.
 * @throws Fault `unauthenticated` that says by how much it is not.
 */
export function wantInWindow({ created, expires }: SignatureParameters, now: number): void {
  const clock = `by the gateway's clock, which says ${formatTime(now)}`;
  const rule = `clocks may be ${CLOCK_TOLERANCE} s apart`;
  const ahead = created * 1000 - now;
  if (ahead > CLOCK_TOLERANCE * 1000) {
    const detail = `made ${seconds(ahead)} s in the future ${clock}: ${rule}, the signer's is ahead`;
    throw new Fault('unauthenticated', 'signature-input.created', detail);
  }
  const behind = now - expires * 1000;
  if (behind > CLOCK_TOLERANCE * 1000) {
    const age = seconds(now - created * 1000);
    const detail = `ended ${seconds(behind)} s ago and made ${age} s ago ${clock}: ${rule}; the signer's is behind, or the request was held up`;
    throw new Fault('unauthenticated', 'signature-input.expires', detail);
  }
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
