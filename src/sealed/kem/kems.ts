import { DHKEM_X25519 } from './dhkem-x25519.ts';
import type { Kem } from './kem.ts';
import { X_WING_KEM } from './x-wing.ts';

const KEMS: ReadonlyMap<number, Kem> = new Map(
  [X_WING_KEM, DHKEM_X25519].map((kem) => [kem.id, kem]),
);

/** @returns undefined for a KEM that can't be used here. */
export function kemById(id: number): Kem | undefined {
  return KEMS.get(id);
}
