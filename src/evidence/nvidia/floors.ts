import type { OpaqueField } from './opaque-fields.ts';
import { SECURITY_VERSION } from './opaque-v2.ts';
import type { RimFloor } from './rim/floor.ts';
import type { RimKind } from './rim-id.ts';

/** A floor of a manifest, and what the report says. */
export interface HeldFloor extends RimFloor {
  readonly source: RimKind;
  /** Undefined where no field of this type says a security version. */
  readonly got: number | undefined;
}

export interface FloorComparison {
  readonly floors: readonly HeldFloor[];
  /** Names of floors that more than one manifest has, by their type or by this name. */
  readonly claimedTwice: readonly string[];
}

/** In bytes, little-endian. */
const SVN_SIZE = 2;

/**
 * Holds the opaque fields against the floors of manifests (attestation-sdk 2026.10.02,
 * `LocalGpuVerifier::compare_opaque_data`). A field of another value type, and one of the layout
 * that has none, says no security version: to say nothing is no way below a floor.
 */
export function compareFloors(
  fields: readonly OpaqueField[],
  manifests: readonly {
    readonly kind: RimKind;
    readonly manifest: { readonly floors: readonly RimFloor[] };
  }[],
): FloorComparison {
  const floors: HeldFloor[] = [];
  const claimedTwice: string[] = [];
  for (const { kind, manifest } of manifests) {
    for (const floor of manifest.floors) {
      if (floors.some(({ type, name }) => type === floor.type || name === floor.name)) {
        claimedTwice.push(floor.name);
      }
      floors.push({ ...floor, source: kind, got: securityVersion(fields, floor.type) });
    }
  }
  return { floors, claimedTwice };
}

/** The first floor that the report does not come up to. */
export function firstBelow({ floors }: FloorComparison): HeldFloor | undefined {
  return floors.find(({ least, got }) => got === undefined || got < least);
}

function securityVersion(fields: readonly OpaqueField[], wanted: number): number | undefined {
  const field = fields.find(({ type }) => type === wanted);
  if (field?.valueType !== SECURITY_VERSION || field.data.length !== SVN_SIZE) return undefined;
  const [low = 0, high = 0] = field.data;
  return low + 256 * high;
}
