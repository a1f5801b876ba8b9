import { isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { PRODUCT_LINES, type ProductLine, productOf } from '../../evidence/snp/product.ts';
import { keyInfoOf, type SnpReport } from '../../evidence/snp/report.ts';
import { type VcekKey, vcekKey } from './key.ts';

/**
 * The product lines that a report may be of: the one of its processor, or for version 2, which
 * does not name it, those that its chip id fits.
 *
 * @throws Fault `unsupported` for a processor whose roots this release does not hold.
 */
export function linesOf({ cpuid, chipId }: SnpReport): readonly ProductLine[] {
  if (cpuid === undefined) {
    if (isZero(chipId)) return ['milan', 'genoa', 'turin'];
    // A chip id of the older lines with 56 zeros at its end is as good as impossible.
    return isZero(chipId.subarray(PRODUCT_LINES.turin.hwIdLength)) ? ['turin'] : ['milan', 'genoa'];
  }
  const product = productOf(cpuid);
  if (product?.line) return [product.line];
  const { family, model } = cpuid;
  const what = product?.name ?? `family 0x${family.toString(16)}, model 0x${model.toString(16)}`;
  throw new Fault('unsupported', 'report.cpuid', `no roots are known for this processor: ${what}`);
}

/**
 * Which VCEK a report needs.
 *
 * Nobody vouches for the report at this point: whoever wrote it chose what is asked for. See
 * {@link AmdEndorsementSource} for what bounds that.
 *
 * @param line for a report of version 2, one of {@link linesOf}; its processor goes before.
 * @throws Fault `unsupported` when no VCEK can be asked for it, `malformed` when its chip id or
 * TCB are none of this product line.
 */
export function vcekKeyOf(report: SnpReport, line?: ProductLine): VcekKey {
  const { signingKey } = keyInfoOf(report);
  if (signingKey !== 'vcek') {
    const whose = signingKey === 'vlek' ? 'a VLEK' : 'no VCEK';
    throw new Fault('unsupported', 'report.key_info', `${whose} signed this report`);
  }
  if (isZero(report.chipId)) {
    throw new Fault('unsupported', 'report.chip_id', 'masked: it does not say whose VCEK to fetch');
  }
  const lines = linesOf(report);
  const [only, ...more] = lines;
  const used = more.length === 0 ? only : line;
  if (used === undefined || !lines.includes(used)) {
    const names = lines.map((one) => PRODUCT_LINES[one].name).join(' or ');
    throw new Fault('unsupported', 'report.version', `does not say whether it is ${names}`);
  }
  const { hwIdLength, name } = PRODUCT_LINES[used];
  if (!isZero(report.chipId.subarray(hwIdLength))) {
    throw malformed('report.chip_id', `more than the ${hwIdLength} bytes that ${name} has`);
  }
  try {
    return vcekKey(used, toHex(report.chipId.subarray(0, hwIdLength)), toHex(report.reportedTcb));
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'usage') throw error;
    throw malformed('report.reported_tcb', error.detail);
  }
}
