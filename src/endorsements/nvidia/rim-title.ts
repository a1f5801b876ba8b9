import type { Mismatch } from '../../core/mismatch.ts';
import type { RimTitle } from '../../evidence/nvidia/rim/read-rim.ts';
import type { RimWant } from './want.ts';

/**
 * Ids by their form
 *
 * ```
 * NV_GPU_[CC_]DRIVER_<product>_<version>
 * NV_GPU_VBIOS_<project>_<project SKU>_<chip SKU>_<version without dots>
 * NV_SWITCH_BIOS_<…>_<version without dots>
 * ```
 */
const DRIVER = /^NV_GPU_(?:CC_)?DRIVER_([^_]+)_(.+)$/;
const BIOS = /^NV_(GPU_VBIOS|SWITCH_BIOS)_.*_([^_]+)$/;

/**
 * Whether a manifest is the one that its id promises. NVIDIA signs no ids: what a service
 * serves, or a folder holds, under an id may be genuine and of another driver.
 *
 * @returns a mismatch also for an id of no known form, since nothing could be held against it.
 */
export function rimTitleProblem(
  { id, product }: RimWant,
  { product: chip, edition, colloquialVersion }: RimTitle,
): Mismatch | undefined {
  const version = colloquialVersion.toUpperCase();
  const got = `${chip} ${edition} ${version}`;
  const [, named, driver] = DRIVER.exec(id) ?? [];
  if (named !== undefined && driver !== undefined) {
    const want = `${product ?? named} GPU ${driver}`;
    const same = chip === named && (product ?? named) === named;
    return same && edition === 'GPU' && version === driver ? undefined : { want, got };
  }
  const [, part, digits] = BIOS.exec(id) ?? [];
  if (part === undefined || digits === undefined) return { want: `an id of a manifest`, got: id };
  const wantedEdition = part === 'GPU_VBIOS' ? 'GPU' : 'SWITCH';
  const same =
    edition === wantedEdition &&
    version.replaceAll('.', '') === digits &&
    (product ?? chip) === chip;
  const want = `${product ?? 'any'} ${wantedEdition} of version ${digits}`;
  return same ? undefined : { want, got };
}
