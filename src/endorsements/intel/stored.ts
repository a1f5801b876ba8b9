import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { TDX_COLLATERAL_MEMBERS, type TdxCollateral } from '../../evidence/tdx/collateral.ts';
import type { Provenance } from '../provenance.ts';

export interface StoredTdxSet {
  readonly collateral: TdxCollateral;
  readonly provenance: Provenance;
}

/**
 * The collateral shape in common use with one member more, so that a file of the folder can
 * be given to any tool that takes such collateral.
 *
 * ```
 * { "tcb_info": "…", …, "provenance": { "source": "https://…", "fetched_at": "2026-01-01T00:00:00Z" } }
 * ```
 */
export function writeStoredSet({ collateral, provenance }: StoredTdxSet): string {
  const { source, fetchedAt } = provenance;
  const members = { ...collateral, provenance: { source, fetched_at: formatTime(fetchedAt) } };
  return `${JSON.stringify(members, undefined, 2)}\n`;
}

/** @throws Fault `malformed` at `<path>.<member>`. */
export function parseStoredSet(bytes: Uint8Array, path: string): StoredTdxSet {
  const shape = new JsonShape(parseJson(fromUtf8(bytes, path), path).value, path);
  const members = TDX_COLLATERAL_MEMBERS.map((name) => [name, shape.string(name)] as const);
  const provenance = shape.object('provenance');
  return {
    collateral: Object.fromEntries(members),
    provenance: { source: provenance.string('source'), fetchedAt: provenance.time('fetched_at') },
  };
}
