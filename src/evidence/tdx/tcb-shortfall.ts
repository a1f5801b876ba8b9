import type { QeIdentity } from './qe-identity.ts';
import type { IsvLevel, PlatformLevel, TcbComponent, TcbInfo } from './tcb-info.ts';
import { firstTdxComponent, moduleId, moduleIdentityOf, type PlatformSvns } from './tcb-level.ts';

/**
 * What keeps a platform from UpToDate, one sentence for each component that is behind:
 * `SGX component 1 (Early Microcode Update): has 2, UpToDate needs 3`.
 * Measured against the nearest UpToDate level, the one with the fewest components behind.
 */
export function tcbShortfall(
  svns: PlatformSvns,
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
): readonly string[] {
  const identity = moduleIdentityOf(tcbInfo, svns.teeTcbSvn);
  return [
    ...platformShortfall(svns, tcbInfo.levels),
    ...(identity
      ? isvShortfall(
          `TDX module ${moduleId(svns.teeTcbSvn)}`,
          svns.teeTcbSvn[0] ?? 0,
          identity.levels,
        )
      : []),
    ...isvShortfall('QE', svns.qeIsvSvn, qeIdentity.levels),
  ];
}

function platformShortfall(
  svns: PlatformSvns,
  levels: readonly PlatformLevel[],
): readonly string[] {
  let nearest: readonly string[] | undefined;
  for (const level of levels) {
    if (level.status !== 'UpToDate') continue;
    const behind = behindLevel(svns, level);
    if (nearest === undefined || behind.length < nearest.length) nearest = behind;
  }
  return nearest ?? [];
}

function behindLevel({ pck, teeTcbSvn }: PlatformSvns, level: PlatformLevel): readonly string[] {
  const behind: string[] = [];
  const compare = (what: string, have: number, need: number) => {
    if (have < need) behind.push(`${what}: has ${have}, UpToDate needs ${need}`);
  };
  for (const [i, component] of level.sgx.entries()) {
    compare(named(`SGX component ${i + 1}`, component), pck.components[i] ?? -1, component.svn);
  }
  compare('PCESVN', pck.pceSvn, level.pceSvn);
  for (const [i, component] of level.tdx.entries()) {
    if (i < firstTdxComponent(teeTcbSvn)) continue;
    compare(named(`TDX component ${i + 1}`, component), teeTcbSvn[i] ?? -1, component.svn);
  }
  return behind;
}

function isvShortfall(what: string, have: number, levels: readonly IsvLevel[]): readonly string[] {
  const needed = levels.filter((level) => level.status === 'UpToDate').map((level) => level.isvSvn);
  const need = needed.length > 0 ? Math.min(...needed) : undefined;
  return need === undefined || have >= need
    ? []
    : [`${what}: has ISVSVN ${have}, UpToDate needs ${need}`];
}

/** Intel's own words for the component, where it gives any. */
function named(position: string, { category, type }: TcbComponent): string {
  const words = [type, category].filter(Boolean).join(', ');
  return words === '' ? position : `${position} (${words})`;
}
