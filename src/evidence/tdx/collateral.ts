import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
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

/** What a quote is verified with; the CRL's issuer chain matters only where there is no quote. */
export const SIGNED_COLLATERAL_MEMBERS = [
  'tcb_info',
  'tcb_info_signature',
  'tcb_info_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
  'qe_identity_issuer_chain',
  'root_ca_crl',
  'pck_crl',
] as const satisfies readonly (keyof TdxCollateral)[];

export const TDX_COLLATERAL_MEMBERS = [
  ...SIGNED_COLLATERAL_MEMBERS,
  'pck_crl_issuer_chain',
] as const satisfies readonly (keyof TdxCollateral)[];

/**
 * Reads the JSON file; unknown members are left out, missing ones stay missing.
 *
 * @throws Fault `malformed` at `collateral.<member>`.
 */
export function parseTdxCollateral(file: Uint8Array | string): TdxCollateral {
  const text = typeof file === 'string' ? file : fromUtf8(file, 'collateral');
  const { value } = parseJson(text, 'collateral');
  const shape = new JsonShape(value, 'collateral');
  const members = TDX_COLLATERAL_MEMBERS.filter((name) => shape.has(name));
  return Object.fromEntries(members.map((name) => [name, flat(shape.string(name), name)]));
}

/** A text of its own: as a piece of the file's, it would keep all of the file in memory. */
function flat(text: string, name: string): string {
  return text.isWellFormed() ? fromUtf8(utf8(text), `collateral.${name}`) : text;
}

/** What can't be read is a failed check, and then nothing in it is known. */
export function readCollateral(
  checks: CheckList<TdxCheckId>,
  collateral: TdxCollateral | Uint8Array,
): TdxCollateral {
  if (collateral instanceof Uint8Array) {
    return checks.read('tdx.collateral.format', () => parseTdxCollateral(collateral)) ?? {};
  }
  // Types are no protection against a caller who parsed JSON without looking.
  if (typeof collateral !== 'object' || collateral === null) {
    checks.fail('tdx.collateral.format', { want: 'an object', got: String(collateral) });
    return {};
  }
  const wrong = TDX_COLLATERAL_MEMBERS.find(
    (name) => collateral[name] !== undefined && typeof collateral[name] !== 'string',
  );
  if (wrong === undefined) return collateral;
  checks.fail('tdx.collateral.format', {
    want: `${wrong} as a string`,
    got: typeof collateral[wrong],
  });
  return {};
}
