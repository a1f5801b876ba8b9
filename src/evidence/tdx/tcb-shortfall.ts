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
  readonly lacks: readonly TcbLack[];
  /** Those of the level that the component has; `text` ends with them. */
  readonly advisories: readonly string[];
}

/** One SVN that is below what UpToDate needs. */
export interface TcbLack {
  readonly component: 'platform' | 'TDX module' | 'QE';
  /** E.g. `SGX component 1`, `PCESVN`, `ISVSVN`. */
  readonly svn: string;
  readonly have: number;
  readonly need: number;
  /** Intel’s words for what the SVN versions, where it gives any, e.g. `SEAMLDR ACM`. */
  readonly type?: string;
  /** And for who brings it, e.g. `BIOS`, `OS/VMM`. */
  readonly category?: string;
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
  const module = identity ? isvShortfall('TDX module', teeTcbSvn[0] ?? 0, identity.levels) : [];
  return [
    ...sentence('platform', platformShortfall(svns, tcbInfo.levels), levels.platform?.advisories),
    ...sentence(`TDX module ${moduleId(teeTcbSvn)}`, module, levels.module?.advisories),
    ...sentence('QE', isvShortfall('QE', qeIsvSvn, qeIdentity.levels), levels.qe?.advisories),
  ];
}

function sentence(
  component: string,
  lacks: readonly TcbLack[],
  advisories: readonly string[] = [],
): readonly Shortfall[] {
  if (lacks.length === 0) return [];
  const see = advisories.length > 0 ? `; see ${advisories.join(', ')}` : '';
  return [{ text: `${component}: ${lacks.map(lackText).join(', ')}${see}`, lacks, advisories }];
}

function lackText({ svn, have, need, type, category }: TcbLack): string {
  const words = [type, category].filter(Boolean).join(', ');
  const named = words === '' ? svn : `${svn} (${words})`;
  return `${named} has ${have}, UpToDate needs ${need}`;
}

function platformShortfall(
  svns: PlatformSvns,
  levels: readonly PlatformLevel[],
): readonly TcbLack[] {
  let nearest: readonly TcbLack[] | undefined;
  for (const level of levels) {
    if (level.status !== 'UpToDate') continue;
    const behind = behindLevel(svns, level);
    if (nearest === undefined || behind.length < nearest.length) nearest = behind;
  }
  return nearest ?? [];
}

function behindLevel({ pck, teeTcbSvn }: PlatformSvns, level: PlatformLevel): readonly TcbLack[] {
  const lacks: TcbLack[] = [];
  const compare = (svn: string, have: number, need: number, named: Named = {}) => {
    if (have >= need) return;
    const { type, category } = named;
    const words = { ...(type && { type }), ...(category && { category }) };
    lacks.push({ component: 'platform', svn, have, need, ...words });
  };
  for (const [i, component] of level.sgx.entries()) {
    compare(`SGX component ${i + 1}`, pck.components[i] ?? -1, component.svn, component);
  }
  compare('PCESVN', pck.pceSvn, level.pceSvn);
  for (const [i, component] of level.tdx.entries()) {
    if (i < firstTdxComponent(teeTcbSvn)) continue;
    compare(`TDX component ${i + 1}`, teeTcbSvn[i] ?? -1, component.svn, component);
  }
  return lacks;
}

/** Intel's own words for a component, where it gives any. */
type Named = Partial<Pick<TcbComponent, 'type' | 'category'>>;

function isvShortfall(
  component: TcbLack['component'],
  have: number,
  levels: readonly IsvLevel[],
): readonly TcbLack[] {
  const needed = levels.filter((level) => level.status === 'UpToDate').map((level) => level.isvSvn);
  const need = needed.length > 0 ? Math.min(...needed) : undefined;
  if (need === undefined || have >= need) return [];
  return [{ component, svn: 'ISVSVN', have, need }];
}
