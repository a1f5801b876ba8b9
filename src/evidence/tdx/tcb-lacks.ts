import type { PckExtension } from './pck-extension.ts';
import type { QeIdentity } from './qe-identity.ts';
import type { Quote } from './quote.ts';
import type { TcbInfo } from './tcb-info.ts';
import { matchLevels, type PlatformSvns } from './tcb-level.ts';
import { type TcbLack, tcbShortfall } from './tcb-shortfall.ts';

/**
 * Which SVNs of a platform are below UpToDate and by how much; of a TD that is judged twice those
 * of now, which an update has to raise. Nothing is verified here: only what a verification found
 * to be Intel's means anything.
 */
export function tcbLacks(
  quote: Quote,
  pck: PckExtension,
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
): readonly TcbLack[] {
  const { teeTcbSvn, td15 } = quote.body;
  const svns: PlatformSvns = {
    pck,
    teeTcbSvn: td15?.teeTcbSvn2 ?? teeTcbSvn,
    qeIsvSvn: quote.qeReport.isvSvn,
  };
  const levels = matchLevels(svns, tcbInfo, qeIdentity);
  return tcbShortfall(svns, levels, tcbInfo, qeIdentity).flatMap(({ lacks }) => lacks);
}
