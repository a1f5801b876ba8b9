import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import type { Policy } from './schema/policy.ts';
import type { Lifecycle } from './schema/values.ts';

type Report = (path: string, problem: string) => void;

/** What a policy still says and no longer does: sunsets and exceptions that are over. */
export function lintTimes({ metadata, spec }: Policy, at: number, report: Report): void {
  const { cpu } = spec.evidence;
  lintSunset(metadata.lifecycle, 'metadata.lifecycle', at, report);
  for (const [i, { lifecycle }] of cpu.referenceSets.entries()) {
    lintSunset(lifecycle, `spec.evidence.cpu.referenceSets[${i}].lifecycle`, at, report);
  }
  if (cpu.type !== 'intel-tdx') return;
  for (const [i, { id, until }] of cpu.tcb.advisories.entries()) {
    const path = `spec.evidence.cpu.tcb.advisories[${i}].until`;
    if (parseUtcTimestamp(until, path) <= at) {
      report(path, `is over: ${id} is no exception any more`);
    }
  }
}

function lintSunset(lifecycle: Lifecycle, path: string, at: number, report: Report): void {
  if (lifecycle.state !== 'deprecated') return;
  const sunset = `${path}.sunset`;
  if (parseUtcTimestamp(lifecycle.sunset, sunset) <= at) {
    report(sunset, 'is over: this admits nobody any more');
  }
}
