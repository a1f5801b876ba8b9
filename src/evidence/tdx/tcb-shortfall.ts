import type { QeIdentity } from './qe-identity.ts';
import type { IsvLevel, PlatformLevel, TcbComponent, TcbInfo } from './tcb-info.ts';
import {
  firstTdxComponent,
  type MatchedLevels,
  moduleId,
  moduleIdentityOf,
  type PlatformSvns,
} from './tcb-level.ts';

/** What one component lacks. */
export interface Shortfall {
  readonly text: string;
  /** Those of the level that the component has; `text` ends with them. */
  readonly advisories: readonly string[];
}

/**
 * What keeps a TD from UpToDate: one sentence for platform, TDX module and QE each, where
 * something of it is behind, with the advisories that Intel names at the level it has:
 *
 * `platform: SGX component 1 (Early Microcode Update, BIOS) has 6, UpToDate needs 7; see INTEL-SA-00960`
 *
 * The platform is measured against its nearest UpToDate level, the one with the fewest
 * components behind.
 */
export function tcbShortfall(
  svns: PlatformSvns,
  levels: MatchedLevels,
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
): readonly Shortfall[] {
  const { teeTcbSvn, qeIsvSvn } = svns;
  const identity = moduleIdentityOf(tcbInfo, teeTcbSvn);
  const module = identity ? isvShortfall(teeTcbSvn[0] ?? 0, identity.levels) : [];
  return [
    ...sentence('platform', platformShortfall(svns, tcbInfo.levels), levels.platform?.advisories),
    ...sentence(`TDX module ${moduleId(teeTcbSvn)}`, module, levels.module?.advisories),
    ...sentence('QE', isvShortfall(qeIsvSvn, qeIdentity.levels), levels.qe?.advisories),
  ];
}

function sentence(
  component: string,
  behind: readonly string[],
  advisories: readonly string[] = [],
): readonly Shortfall[] {
  if (behind.length === 0) return [];
  const see = advisories.length > 0 ? `; see ${advisories.join(', ')}` : '';
  return [{ text: `${component}: ${behind.join(', ')}${see}`, advisories }];
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
    if (have < need) behind.push(`${what} has ${have}, UpToDate needs ${need}`);
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

function isvShortfall(have: number, levels: readonly IsvLevel[]): readonly string[] {
  const needed = levels.filter((level) => level.status === 'UpToDate').map((level) => level.isvSvn);
  const need = needed.length > 0 ? Math.min(...needed) : undefined;
  return need === undefined || have >= need ? [] : [`ISVSVN has ${have}, UpToDate needs ${need}`];
}

/** Intel's own words for the component, where it gives any. */
function named(position: string, { category, type }: TcbComponent): string {
  const words = [type, category].filter(Boolean).join(', ');
  return words === '' ? position : `${position} (${words})`;
}
