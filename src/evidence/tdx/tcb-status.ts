/** Statuses of a platform TCB level as Intel writes them (TCB info version 3). */
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

const NEEDS_CONFIGURATION: ReadonlySet<TdxTcbStatus> = new Set([
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDateConfigurationNeeded',
]);

const STALE: ReadonlySet<TdxTcbStatus> = new Set(['OutOfDate', 'OutOfDateConfigurationNeeded']);

/**
 * One status out of the platform's and its components' (TDX module, quoting enclave).
 * A stale component makes a current platform stale; it never makes a worse one better.
 */
export function convergeTcbStatus(
  platform: PlatformStatus,
  components: readonly ComponentStatus[],
): PlatformStatus {
  if (platform === 'Revoked' || components.includes('Revoked')) return 'Revoked';
  if (STALE.has(platform) || !components.includes('OutOfDate')) return platform;
  return NEEDS_CONFIGURATION.has(platform) ? 'OutOfDateConfigurationNeeded' : 'OutOfDate';
}

/**
 * Launch and current status of a TD 1.5 body into one. Stale at launch and current now: the
 * module was updated under a running TD, which only a relaunch moves to the new one.
 */
export function relaunchTcbStatus(launch: PlatformStatus, current: PlatformStatus): TdxTcbStatus {
  if (launch === 'Revoked' || current === 'Revoked') return 'Revoked';
  if (STALE.has(launch) && !STALE.has(current)) {
    return NEEDS_CONFIGURATION.has(launch) || NEEDS_CONFIGURATION.has(current)
      ? 'TDRelaunchAdvisedConfigurationNeeded'
      : 'TDRelaunchAdvised';
  }
  // Fine at launch, stale now: the worse of the two, though no module update leads there.
  return STALE.has(current) && !STALE.has(launch) ? current : launch;
}
