import { PRODUCT_LINES, productOf } from './product.ts';
import type { SnpReport } from './report.ts';
import { type TcbComponent, tcbShortfall, tcbVersion } from './tcb-version.ts';

export interface SplGap {
  readonly component: TcbComponent;
  readonly have: number;
  /** What runs now. */
  readonly current: number;
}

/** In what a machine's owner lags behind the firmware that runs there. */
export interface SnpTcbGap {
  /** The owner can still go back behind what runs: nothing of it may be counted upon. */
  readonly committed: readonly SplGap[];
  /** The machine attests by an older TCB than it has. */
  readonly reported: readonly SplGap[];
}

/** @returns undefined for a report that does not say how its TCB is laid out. */
export function snpTcbGap(report: SnpReport): SnpTcbGap | undefined {
  const line = report.cpuid && productOf(report.cpuid)?.line;
  if (line === undefined) return undefined;
  const { layout } = PRODUCT_LINES[line];
  const current = tcbVersion(report.currentTcb, layout);
  const gap = (bytes: Uint8Array) =>
    tcbShortfall(tcbVersion(bytes, layout), current).map(({ component, want, got = 0 }) => ({
      component,
      have: got,
      current: want,
    }));
  return { committed: gap(report.committedTcb), reported: gap(report.reportedTcb) };
}
