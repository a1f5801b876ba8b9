import type { EndorsementRow, FetchRow } from '../endorsements/row.ts';
import type { Check } from '../evidence/verdict.ts';
import { type Io, warn } from './io.ts';
import { painter } from './paint.ts';
import { reasonOf } from './render.ts';
import { visible } from './visible.ts';

export function printFetched(io: Io, row: FetchRow): void {
  for (const warning of row.warnings) warn(io, warning);
  printOutcome(io, row.outcome === 'stored', row, row.outcome, row.because, row.notPassed);
}

export function printOutcome(
  io: Io,
  good: boolean,
  row: EndorsementRow,
  outcome: string,
  because: string | undefined,
  notPassed: readonly Check[],
): void {
  const word = painter(io.colours)(good ? 'green' : 'red', outcome.padEnd(13));
  io.out(`${word} ${rowText(row)}\n`);
  // The checks that did not pass say it better, where there are any.
  if (because !== undefined && notPassed.length === 0) io.out(`  ${visible(because)}\n`);
  for (const check of notPassed) {
    if (check.outcome !== 'pass') io.out(`  ${check.id}: ${visible(reasonOf(check))}\n`);
  }
}

export function rowText(row: EndorsementRow): string {
  if (row.kind === 'snp') {
    const { document, product, hwid, tcb, validFrom, validUntil, path } = row;
    const dates = validFrom ? `  ${validFrom} to ${validUntil}` : '';
    const chip = hwid === undefined ? '' : ` chip ${hwid.slice(0, 16)} TCB ${tcb}`;
    return visible(`snp ${product} ${document}${chip}${dates}  ${path}`);
  }
  if (row.kind === 'nvidia') {
    const { document, id, serial, status, validFrom, validUntil, path } = row;
    const dates = validFrom ? `  ${validFrom} to ${validUntil}` : '';
    const about = id ?? `certificate ${serial}`;
    const said = status === undefined ? '' : `: ${status}`;
    return visible(`nvidia ${document} ${about}${said}${dates}  ${path}`);
  }
  const dates = row.issueDate ? `  ${row.issueDate} to ${row.nextUpdate}` : '';
  const number =
    row.tcbEvaluationDataNumber === undefined ? '' : `  evaluation ${row.tcbEvaluationDataNumber}`;
  return visible(`tdx ${row.fmspc} ${row.ca} ${row.channel}${number}${dates}  ${row.path}`);
}
