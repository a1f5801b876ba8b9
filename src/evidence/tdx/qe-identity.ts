import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { SgxReport } from './sgx-report.ts';
import { documentValidity, type IsvLevel, parseIsvLevels, requireNumber } from './tcb-info.ts';

/** Intel's description of its TD quoting enclave, version 2 (PCS API v4, "Get TD QE Identity"). */
export interface QeIdentity {
  /** issueDate to nextUpdate. */
  readonly validity: Validity;
  readonly evaluationDataNumber: number;
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  /** Highest SVN first. */
  readonly levels: readonly IsvLevel[];
}

/** @throws Fault `malformed` at `collateral.qe_identity.<member>`. */
export function parseQeIdentity(text: string): QeIdentity {
  const path = 'collateral.qe_identity';
  const root = new JsonShape(parseJson(text, path).value, path);
  if (root.string('id') !== 'TD_QE') {
    throw malformed(`${path}.id`, `want "TD_QE", got ${JSON.stringify(root.string('id'))}`);
  }
  requireNumber(root, 'version', 2);
  return {
    validity: documentValidity(root),
    evaluationDataNumber: root.integer('tcbEvaluationDataNumber', 2 ** 31),
    miscSelect: root.hex('miscselect', 4),
    miscSelectMask: root.hex('miscselectMask', 4),
    attributes: root.hex('attributes', 16),
    attributesMask: root.hex('attributesMask', 16),
    mrSigner: root.hex('mrsigner', 32),
    isvProdId: root.integer('isvprodid', 65_535),
    levels: parseIsvLevels(root),
  };
}

/** Whether this report is of the enclave that the identity describes. */
export function qeIdentityProblem(report: SgxReport, identity: QeIdentity): Mismatch | undefined {
  return (
    maskedProblem('MISCSELECT', report.miscSelect, identity.miscSelectMask, identity.miscSelect) ??
    maskedProblem('ATTRIBUTES', report.attributes, identity.attributesMask, identity.attributes) ??
    bytesProblem('MRSIGNER', report.mrSigner, identity.mrSigner) ??
    (report.isvProdId === identity.isvProdId
      ? undefined
      : { want: `ISVPRODID ${identity.isvProdId}`, got: `${report.isvProdId}` })
  );
}

/** (report AND mask) against the value as it stands: a value with bits outside its mask never matches. */
export function maskedProblem(
  name: string,
  report: Uint8Array,
  mask: Uint8Array,
  value: Uint8Array,
): Mismatch | undefined {
  const same =
    value.length === report.length &&
    value.every((byte, i) => ((report[i] ?? 0) & (mask[i] ?? 0)) === byte);
  if (same) return undefined;
  const masked = report.map((byte, i) => byte & (mask[i] ?? 0));
  return {
    want: `${name} ${toHex(value)} under mask ${toHex(mask)}`,
    got: `${toHex(report)}, masked ${toHex(masked)}`,
  };
}

export function bytesProblem(
  name: string,
  got: Uint8Array,
  want: Uint8Array,
): Mismatch | undefined {
  if (equalBytes(got, want)) return undefined;
  return { want: `${name} ${toHex(want)}`, got: toHex(got) };
}
