import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import type { CheckList } from '../check-list.ts';
import type { TdxCheckId } from './checks.ts';

/**
 * The endorsements of one platform in the JSON shape in common use. `tcb_info` and
 * `qe_identity` are the signed texts themselves, to be hashed as they stand; signatures are
 * 128 hex digits, CRLs hex or PEM, chains PEM. All members are untrusted until verified.
 */
export interface TdxCollateral {
  readonly tcb_info?: string;
  readonly tcb_info_signature?: string;
  readonly tcb_info_issuer_chain?: string;
  readonly qe_identity?: string;
  readonly qe_identity_signature?: string;
  readonly qe_identity_issuer_chain?: string;
  readonly root_ca_crl?: string;
  readonly pck_crl?: string;
  readonly pck_crl_issuer_chain?: string;
}

export const TDX_COLLATERAL_MEMBERS = [
  'tcb_info',
  'tcb_info_signature',
  'tcb_info_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
  'qe_identity_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'pck_crl_issuer_chain',
] as const satisfies readonly (keyof TdxCollateral)[];

/**
 * Reads the JSON file; unknown members are left out, missing ones stay missing.
 *
 * @throws Fault `malformed` at `collateral.<member>`.
 */
export function parseTdxCollateral(bytes: Uint8Array): TdxCollateral {
  const { value } = parseJson(fromUtf8(bytes, 'collateral'), 'collateral');
  const shape = new JsonShape(value, 'collateral');
  const members = TDX_COLLATERAL_MEMBERS.filter((name) => shape.has(name));
  return Object.fromEntries(members.map((name) => [name, shape.string(name)]));
}

/** A file that can't be read is a failed check, and then nothing in it is known. */
export function readCollateral(
  checks: CheckList<TdxCheckId>,
  collateral: TdxCollateral | Uint8Array,
): TdxCollateral {
  if (!(collateral instanceof Uint8Array)) return collateral;
  return checks.read('tdx.collateral.format', () => parseTdxCollateral(collateral)) ?? {};
}
