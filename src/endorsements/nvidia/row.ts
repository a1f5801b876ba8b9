import { formatTime } from '../../core/encoding/time.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { Provenance } from '../provenance.ts';
import type { NvidiaFacts } from './document.ts';
import type { NvidiaKey } from './key.ts';

/** One of NVIDIA's documents as the CLI shows it; times are RFC 3339. */
export interface NvidiaRow {
  readonly kind: 'nvidia';
  readonly document: 'rim' | 'ocsp';
  /** Of a manifest. */
  readonly id?: string;
  /** Of the certificate that a response is about: hex. */
  readonly serial?: string;
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly path: string;
  readonly source?: string;
  readonly fetchedAt?: string;
  /** thisUpdate of a response. */
  readonly validFrom?: string;
  /** nextUpdate of a response. */
  readonly validUntil?: string;
}

export function nvidiaKeyRow(key: NvidiaKey, path: string): NvidiaRow {
  return key.kind === 'rim'
    ? { kind: 'nvidia', document: 'rim', id: key.id, path }
    : { kind: 'nvidia', document: 'ocsp', serial: key.serial, path };
}

export function nvidiaProvenanceRow(provenance: Provenance | undefined) {
  if (provenance === undefined) return {};
  return { source: provenance.source, fetchedAt: formatTime(provenance.fetchedAt) };
}

export function nvidiaFactsRow({
  validity: { from, to },
  status,
}: { readonly validity: Validity } & Pick<NvidiaFacts, 'status'>) {
  return { validFrom: formatTime(from), validUntil: formatTime(to), ...(status && { status }) };
}
