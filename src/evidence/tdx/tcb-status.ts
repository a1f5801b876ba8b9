/** Statuses of a platform TCB level as Intel writes them (TCB info version 3), best first. */
export const PLATFORM_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;

export type PlatformStatus = (typeof PLATFORM_STATUSES)[number];

/** Statuses of TDX module and quoting enclave levels. */
export const COMPONENT_STATUSES = ['UpToDate', 'OutOfDate', 'Revoked'] as const;

export type ComponentStatus = (typeof COMPONENT_STATUSES)[number];

/** What comes out for a TD: the platform's, or that the TD should be started anew. */
export type TdxTcbStatus =
  | PlatformStatus
  | 'TDRelaunchAdvised'
  | 'TDRelaunchAdvisedConfigurationNeeded';

/** What a status says, taken apart; Revoked stands by itself. */
interface Needs {
  readonly stale: boolean;
  readonly configuration: boolean;
  readonly hardening: boolean;
}

const NEEDS: Readonly<Record<Exclude<PlatformStatus, 'Revoked'>, Needs>> = {
  UpToDate: { stale: false, configuration: false, hardening: false },
  SWHardeningNeeded: { stale: false, configuration: false, hardening: true },
  ConfigurationNeeded: { stale: false, configuration: true, hardening: false },
  ConfigurationAndSWHardeningNeeded: { stale: false, configuration: true, hardening: true },
  OutOfDate: { stale: true, configuration: false, hardening: false },
  OutOfDateConfigurationNeeded: { stale: true, configuration: true, hardening: false },
};

function statusOf({ stale, configuration, hardening }: Needs): PlatformStatus {
  if (stale) return configuration ? 'OutOfDateConfigurationNeeded' : 'OutOfDate';
  if (configuration) return hardening ? 'ConfigurationAndSWHardeningNeeded' : 'ConfigurationNeeded';
  return hardening ? 'SWHardeningNeeded' : 'UpToDate';
}

/** The one furthest from UpToDate, in the order of {@link PLATFORM_STATUSES}. */
export function worstStatus(statuses: readonly PlatformStatus[]): PlatformStatus {
  const ranks = statuses.map((status) => PLATFORM_STATUSES.indexOf(status));
  return PLATFORM_STATUSES[Math.max(0, ...ranks)] ?? 'Revoked';
}

/**
 * One status out of the platform's and its components' (TDX module, quoting enclave).
 * A stale component makes a current platform stale; it never makes a worse one better.
 */
export function convergeTcbStatus(
  platform: PlatformStatus,
  components: readonly ComponentStatus[],
): PlatformStatus {
  if (platform === 'Revoked' || components.includes('Revoked')) return 'Revoked';
  const needs = NEEDS[platform];
  return statusOf({ ...needs, stale: needs.stale || components.includes('OutOfDate') });
}

/**
 * Launch and current status of a TD 1.5 body into one. Stale at launch and current now: the
 * module was updated under a running TD, which only a relaunch moves to the new one.
 * Otherwise whatever either of them needs: a status that got worse is not passed over.
 */
export function relaunchTcbStatus(launch: PlatformStatus, current: PlatformStatus): TdxTcbStatus {
  if (launch === 'Revoked' || current === 'Revoked') return 'Revoked';
  const [first, now] = [NEEDS[launch], NEEDS[current]];
  const configuration = first.configuration || now.configuration;
  if (first.stale && !now.stale) {
    return configuration ? 'TDRelaunchAdvisedConfigurationNeeded' : 'TDRelaunchAdvised';
  }
  const hardening = first.hardening || now.hardening;
  return statusOf({ stale: now.stale, configuration, hardening });
}
