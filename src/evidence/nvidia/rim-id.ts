import type { DeviceIdentity } from './device.ts';
import type { OpaqueData } from './opaque.ts';

/** Driver, and VBIOS or, of a switch, BIOS. */
export type RimKind = 'driver' | 'vbios';

/** What a manifest must say to be of a device, and the id under which NVIDIA's service has it. */
export interface WantedRim {
  readonly kind: RimKind;
  readonly id: string;
  /** `product` of its Meta: the chip. */
  readonly product: string;
  /** `edition` of its Meta. */
  readonly edition: 'GPU' | 'SWITCH';
  /** `colloquialVersion` of its Meta. */
  readonly version: string;
}

/** Of the one NVSwitch there is: its report names no project. */
const SWITCH_SKU = '5612_0002_890';

/** What ids are made of; they become a part of addresses and file names. */
const RIM_ID = /^\w[\w.-]*$/;

/**
 * The manifests of a device, named by what the device signed and by nothing that came along
 * with it: a Hopper-style id for a Blackwell driver finds a manifest that is genuine, and wrong.
 *
 * @returns without the ones whose ids the report has no fields for, or fields of no id.
 */
export function wantedRims(device: DeviceIdentity, opaque: OpaqueData): readonly WantedRim[] {
  const wanted = device.kind === 'switch' ? switchRims(device, opaque) : gpuRims(device, opaque);
  return wanted.filter(({ id }) => RIM_ID.test(id));
}

function switchRims({ chip }: DeviceIdentity, { vbiosVersion }: OpaqueData): readonly WantedRim[] {
  if (!vbiosVersion) return [];
  return [
    {
      kind: 'vbios',
      id: `NV_SWITCH_BIOS_${SWITCH_SKU}_${undotted(vbiosVersion)}`,
      product: chip.replace('_', ''),
      edition: 'SWITCH',
      version: vbiosVersion,
    },
  ];
}

function gpuRims(
  { chip }: DeviceIdentity,
  { driverVersion, vbiosVersion, project, projectSku, chipSku, chipInfo }: OpaqueData,
): readonly WantedRim[] {
  const wanted: WantedRim[] = [];
  const hopper = chip.startsWith('GH');
  // Early Blackwell firmware has no CHIP_INFO.
  const product = hopper ? chip : chipInfo || chip;
  if (driverVersion) {
    const id = hopper
      ? `NV_GPU_DRIVER_${product}_${driverVersion}`
      : `NV_GPU_CC_DRIVER_${product}_${driverVersion}`;
    wanted.push({ kind: 'driver', id, product, edition: 'GPU', version: driverVersion });
  }
  if (vbiosVersion && project && projectSku && chipSku) {
    const id =
      `NV_GPU_VBIOS_${project}_${projectSku}_${chipSku}_${undotted(vbiosVersion)}`.toUpperCase();
    wanted.push({ kind: 'vbios', id, product, edition: 'GPU', version: vbiosVersion });
  }
  return wanted;
}

function undotted(version: string): string {
  return version.replaceAll('.', '').toUpperCase();
}
