import { Fault } from '../../core/fault.ts';
import type { ProductLine } from '../../evidence/snp/product.ts';
import { keyInfoOf, type SnpReport } from '../../evidence/snp/report.ts';
import type { VekKind } from '../../evidence/snp/roles.ts';
import type { LineKey, VcekKey } from './key.ts';
import { linesOf, vcekKeyOf } from './report-key.ts';

/** What the verification of one report needs of AMD's service. */
export interface Wanted {
  readonly signs: VekKind;
  /** One for each product line that the report may be of; none where a VLEK signed it. */
  readonly vceks: readonly VcekKey[];
  /** Undefined as long as only the VCEK can tell. */
  readonly line: ProductLine | undefined;
}

/** @throws Fault `unsupported` or `malformed` for a report that does not say what to fetch. */
export function wantedFor(report: SnpReport): Wanted {
  const { signingKey } = keyInfoOf(report);
  if (signingKey !== 'vcek' && signingKey !== 'vlek') {
    throw new Fault('unsupported', 'report.key_info', 'neither a VCEK nor a VLEK signed it');
  }
  const lines = linesOf(report);
  const line = lines.length === 1 ? lines[0] : undefined;
  if (signingKey === 'vlek') {
    if (line !== undefined) return { signs: signingKey, vceks: [], line };
    throw new Fault('unsupported', 'report.version', 'does not name the processor');
  }
  return { signs: signingKey, vceks: lines.map((one) => vcekKeyOf(report, one)), line };
}

/** What stands above every VEK of one kind and product line. */
export function aboveOf(line: ProductLine, signs: VekKind): readonly LineKey[] {
  return [
    { kind: 'chain', line, signs },
    { kind: 'crl', line, signs },
  ];
}
