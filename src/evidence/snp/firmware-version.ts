import type { FirmwareVersion } from './report.ts';

/** @returns e.g. `1.55.39`. */
export function versionText({ major, minor, build }: FirmwareVersion): string {
  return `${major}.${minor}.${build}`;
}

export function isEarlier(a: FirmwareVersion, b: FirmwareVersion): boolean {
  if (a.major !== b.major) return a.major < b.major;
  if (a.minor !== b.minor) return a.minor < b.minor;
  return a.build < b.build;
}
