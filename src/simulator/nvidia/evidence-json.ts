import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import type { DeviceKind } from '../../evidence/nvidia/input.ts';
import { NVIDIA_MODELS, type NvidiaModel } from './model.ts';

/** One device’s evidence. */
export interface SimulatedDevice {
  readonly kind: DeviceKind;
  readonly model: NvidiaModel;
  readonly report: Uint8Array;
  /** PEM, leaf first. */
  readonly chain: Uint8Array;
}

/**
 * Evidence JSON as NVIDIA’s tools write it, UTF-8: one object a device, of whose members only
 * `evidence` and `certificate` are the device’s word.
 */
export function encodeNvidiaEvidence(
  devices: readonly Pick<SimulatedDevice, 'model' | 'report' | 'chain'>[],
  nonce: Uint8Array,
): Uint8Array {
  const rows = devices.map(({ model, report, chain }, i) => ({
    arch: archOf(model),
    nonce: toHex(nonce),
    evidence: toBase64(report),
    certificate: toBase64(chain),
    uuid: `${NVIDIA_MODELS[model].kind.toUpperCase()}-${i.toString(16).padStart(8, '0')}`,
    ...(NVIDIA_MODELS[model].driver !== '' && { driver_version: NVIDIA_MODELS[model].driver }),
    vbios_version: NVIDIA_MODELS[model].vbios,
  }));
  return utf8(`${JSON.stringify(rows)}\n`);
}

function archOf(model: NvidiaModel): string {
  if (NVIDIA_MODELS[model].kind === 'switch') return 'LS10';
  return model.startsWith('gb') ? 'BLACKWELL' : 'HOPPER';
}
