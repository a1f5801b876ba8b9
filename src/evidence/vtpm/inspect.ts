import { CheckList } from '../check-list.ts';
import type { Claims } from '../verification.ts';
import { VTPM_CHECKS } from './checks.ts';
import { hclClaims, runtimeClaims } from './claims.ts';
import { parseHclReport } from './hcl-report.ts';
import { parseRuntimeData } from './runtime-data.ts';

/**
 * An HCL report by itself, with its JSON where that can be read and else what is wrong with it.
 * Nothing is verified: who vouches for it, only the evidence can say.
 *
 * @throws Fault `malformed` or `unsupported` when it is no HCL report.
 */
export function inspectHcl(bytes: Uint8Array): Claims {
  const hcl = parseHclReport(bytes);
  const checks = new CheckList(VTPM_CHECKS);
  const runtime = checks.read('vtpm.runtime.format', () => parseRuntimeData(hcl.runtimeJson));
  const problems = checks.all.flatMap((check) =>
    check.outcome === 'fail' ? [`${check.path}: ${check.got}`] : [],
  );
  return {
    ...hclClaims(hcl),
    ...(runtime && runtimeClaims(runtime)),
    ...(problems.length > 0 && { problems }),
  };
}
