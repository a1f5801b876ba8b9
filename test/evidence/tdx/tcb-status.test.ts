import { describe, expect, it } from 'vitest';
import {
  type ComponentStatus,
  convergeTcbStatus,
  PLATFORM_STATUSES,
  type PlatformStatus,
  relaunchTcbStatus,
} from '../../../src/evidence/tdx/tcb-status.ts';

describe('convergence with a stale component', () => {
  it.each<[PlatformStatus, PlatformStatus]>([
    ['UpToDate', 'OutOfDate'],
    ['SWHardeningNeeded', 'OutOfDate'],
    ['ConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['ConfigurationAndSWHardeningNeeded', 'OutOfDateConfigurationNeeded'],
    ['OutOfDate', 'OutOfDate'],
    ['OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['Revoked', 'Revoked'],
  ])('%s becomes %s', (platform, status) => {
    expect(convergeTcbStatus(platform, ['OutOfDate'])).toBe(status);
    expect(convergeTcbStatus(platform, ['UpToDate', 'OutOfDate'])).toBe(status);
    expect(convergeTcbStatus(platform, ['OutOfDate', 'UpToDate'])).toBe(status);
  });
});

it('current components leave the platform’s status as it is', () => {
  for (const status of PLATFORM_STATUSES) {
    expect(convergeTcbStatus(status, ['UpToDate', 'UpToDate'])).toBe(status);
  }
});

it('anything revoked is revoked, whatever the rest', () => {
  const components: ComponentStatus[] = ['UpToDate', 'OutOfDate', 'Revoked'];
  for (const platform of PLATFORM_STATUSES) {
    for (const other of components) {
      expect(convergeTcbStatus(platform, [other, 'Revoked'])).toBe('Revoked');
      expect(convergeTcbStatus('Revoked', [other])).toBe('Revoked');
    }
  }
});

describe('launch and current', () => {
  it.each<[PlatformStatus, PlatformStatus, string]>([
    ['UpToDate', 'UpToDate', 'UpToDate'],
    ['OutOfDate', 'OutOfDate', 'OutOfDate'],
    ['OutOfDate', 'UpToDate', 'TDRelaunchAdvised'],
    ['OutOfDate', 'SWHardeningNeeded', 'TDRelaunchAdvised'],
    ['OutOfDate', 'ConfigurationNeeded', 'TDRelaunchAdvisedConfigurationNeeded'],
    ['OutOfDate', 'ConfigurationAndSWHardeningNeeded', 'TDRelaunchAdvisedConfigurationNeeded'],
    ['OutOfDateConfigurationNeeded', 'UpToDate', 'TDRelaunchAdvisedConfigurationNeeded'],
    ['OutOfDateConfigurationNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded'],
    ['OutOfDate', 'OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['UpToDate', 'SWHardeningNeeded', 'SWHardeningNeeded'],
    ['ConfigurationNeeded', 'SWHardeningNeeded', 'ConfigurationAndSWHardeningNeeded'],
    ['ConfigurationNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded'],
    ['UpToDate', 'OutOfDate', 'OutOfDate'],
    ['ConfigurationNeeded', 'OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['Revoked', 'UpToDate', 'Revoked'],
    ['UpToDate', 'Revoked', 'Revoked'],
    ['OutOfDate', 'Revoked', 'Revoked'],
  ])('%s, then %s: %s', (launch, current, status) => {
    expect(relaunchTcbStatus(launch, current)).toBe(status);
  });

  it('is UpToDate only when both are', () => {
    for (const launch of PLATFORM_STATUSES) {
      for (const current of PLATFORM_STATUSES) {
        const status = relaunchTcbStatus(launch, current);
        if (status === 'UpToDate') expect([launch, current]).toEqual(['UpToDate', 'UpToDate']);
      }
    }
  });
});
