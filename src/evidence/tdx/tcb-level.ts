import type { PckExtension } from './pck-extension.ts';
import type { QeIdentity } from './qe-identity.ts';
import type { IsvLevel, PlatformLevel, TcbInfo, TdxModuleIdentity } from './tcb-info.ts';
import { type ComponentStatus, convergeTcbStatus, type PlatformStatus } from './tcb-status.ts';

/** The SVNs of one platform and TD that levels are compared with. */
export interface PlatformSvns {
  readonly pck: PckExtension;
  /** 16 bytes: byte 0 the TDX module's ISVSVN, byte 1 its major version, then SEAM loader and others. */
  readonly teeTcbSvn: Uint8Array;
  readonly qeIsvSvn: number;
}

/** The level that matched for each component, the first that its SVNs reach. */
export interface MatchedLevels {
  readonly platform: PlatformLevel | undefined;
  /** Undefined for module major version 0 too, which has no identity of its own. */
  readonly module: IsvLevel | undefined;
  readonly qe: IsvLevel | undefined;
  /** Which component has no level, though it needs one. */
  readonly unsupported: 'platform' | 'TDX module' | 'QE' | undefined;
}

/** Every component that needs a level has one. */
export interface TcbLevels extends MatchedLevels {
  readonly platform: PlatformLevel;
  readonly qe: IsvLevel;
  readonly unsupported: undefined;
}

/** TDX module major version; since 1 the module is judged by its own identity. */
export function moduleVersion(teeTcbSvn: Uint8Array): number {
  return teeTcbSvn[1] ?? 0;
}

export function moduleIdentityOf(
  tcbInfo: TcbInfo,
  teeTcbSvn: Uint8Array,
): TdxModuleIdentity | undefined {
  if (moduleVersion(teeTcbSvn) === 0) return undefined;
  return tcbInfo.moduleIdentities.find((identity) => identity.id === moduleId(teeTcbSvn));
}

export function moduleId(teeTcbSvn: Uint8Array): string {
  return `TDX_${moduleVersion(teeTcbSvn).toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * Where the comparison of TDX components starts. Bytes 0 and 1 of TEE_TCB_SVN version the
 * module; a platform row listing 5,0,7 must not be held against a module 1.4 there.
 */
export function firstTdxComponent(teeTcbSvn: Uint8Array): 0 | 2 {
  return moduleVersion(teeTcbSvn) > 0 ? 2 : 0;
}

export function matchLevels(
  svns: PlatformSvns,
  tcbInfo: TcbInfo,
  qeIdentity: QeIdentity,
): MatchedLevels | TcbLevels {
  const platform = tcbInfo.levels.find((level) => platformCovers(svns, level));
  const identity = moduleIdentityOf(tcbInfo, svns.teeTcbSvn);
  const module = identity && isvLevel(identity.levels, svns.teeTcbSvn[0] ?? 0);
  const qe = isvLevel(qeIdentity.levels, svns.qeIsvSvn);
  if (platform === undefined) return { platform, module, qe, unsupported: 'platform' };
  if (module === undefined && moduleVersion(svns.teeTcbSvn) > 0) {
    return { platform, module, qe, unsupported: 'TDX module' };
  }
  if (qe === undefined) return { platform, module, qe, unsupported: 'QE' };
  return { platform, module, qe, unsupported: undefined };
}

export function isSupported(levels: MatchedLevels | TcbLevels): levels is TcbLevels {
  return levels.unsupported === undefined;
}

export function hasRevoked({ platform, module, qe }: MatchedLevels): boolean {
  return [platform, module, qe].some((level) => level?.status === 'Revoked');
}

export function convergedStatus(levels: TcbLevels): PlatformStatus {
  const components: ComponentStatus[] = [levels.qe.status];
  if (levels.module) components.push(levels.module.status);
  return convergeTcbStatus(levels.platform.status, components);
}

function platformCovers({ pck, teeTcbSvn }: PlatformSvns, level: PlatformLevel): boolean {
  if (pck.pceSvn < level.pceSvn) return false;
  for (let i = 0; i < 16; i++) {
    if ((pck.components[i] ?? -1) < (level.sgx[i]?.svn ?? Infinity)) return false;
  }
  for (let i: number = firstTdxComponent(teeTcbSvn); i < 16; i++) {
    if ((teeTcbSvn[i] ?? -1) < (level.tdx[i]?.svn ?? Infinity)) return false;
  }
  return true;
}

function isvLevel(levels: readonly IsvLevel[], svn: number): IsvLevel | undefined {
  return levels.find((level) => svn >= level.isvSvn);
}
