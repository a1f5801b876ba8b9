import { formatTime } from '../../core/encoding/time.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { ProductLine } from '../../evidence/snp/product.ts';
import type { VekKind } from '../../evidence/snp/roles.ts';
import type { Provenance } from '../provenance.ts';
import type { AmdKey } from './key.ts';

/** One of AMD's documents as the CLI shows it; times are RFC 3339. */
export interface AmdRow {
  readonly kind: 'snp';
  readonly document: 'vcek' | `${VekKind}-chain` | `${VekKind}-crl`;
  readonly product: ProductLine;
  /** Of a VCEK, with the TCB it is for: hex. */
  readonly hwid?: string;
  readonly tcb?: string;
  readonly path: string;
  readonly source?: string;
  readonly fetchedAt?: string;
  /** thisUpdate of a CRL. */
  readonly validFrom?: string;
  /** nextUpdate of a CRL. */
  readonly validUntil?: string;
}

export function amdKeyRow(key: AmdKey, path: string): AmdRow {
  const head = { kind: 'snp', product: key.line, path } as const;
  return key.kind === 'vcek'
    ? { ...head, document: 'vcek', hwid: key.hwid, tcb: key.tcb }
    : { ...head, document: `${key.signs}-${key.kind}` };
}

export function amdProvenanceRow(provenance: Provenance | undefined) {
  if (provenance === undefined) return {};
  return { source: provenance.source, fetchedAt: formatTime(provenance.fetchedAt) };
}

export function amdValidityRow({ from, to }: Validity) {
  return { validFrom: formatTime(from), validUntil: formatTime(to) };
}
