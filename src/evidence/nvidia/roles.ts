import type { Role } from '../../core/x509/chain.ts';
import { EXTENSION } from '../../core/x509/extensions.ts';

/** A seat in a chain of NVIDIA's. Names differ by device, generation and issue: none is asked for. */
export type Seat = Omit<Role, 'commonNames'>;

/** Leaf first: all keys on P-384, all but the leaf CAs. */
export function seatsOf(leaf: string, ...authorities: readonly string[]): readonly Seat[] {
  return [
    { name: leaf, kind: 'end-entity', key: 'P-384', extensions: [EXTENSION.keyUsage] },
    ...authorities.map((name) => ({
      name,
      kind: 'ca' as const,
      key: 'P-384' as const,
      extensions: [EXTENSION.keyUsage, EXTENSION.basicConstraints],
    })),
  ];
}
