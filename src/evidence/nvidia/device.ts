import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { type DerReader, derSequence, TAG } from '../../core/encoding/der.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { DeviceKind } from './input.ts';

/** Who a device is, by the certificates of its own two keys. */
export interface DeviceIdentity {
  readonly kind: DeviceKind;
  /** As the leaf's common name has it, e.g. `GH100`, `GB100`, `LS_10`. */
  readonly chip: string;
  /** `hwmodel` of NVIDIA's claims: the common name of the BROM certificate. */
  readonly hwModel: string;
  /** The leaf's serial number in decimal, as NVIDIA's claims have it. */
  readonly ueid: string;
  /**
   * The number by which devices name each other, 8 bytes: the serial number of the BROM
   * certificate behind its first byte (0x41 of a GPU, 0x50 of a switch). Undefined where the
   * serial number has another form: it then names no device that others could mean.
   */
  readonly pdi: Uint8Array | undefined;
}

/**
 * `GH100 A01 GSP FMC LF` below `GH100 A01 GSP BROM`; of a switch `LS_10 A01 FSP …`. Of the
 * RTX PRO 6000 the chip is `GB20X`.
 */
const LEAF_NAME = /^(G[A-Z]\d{2}[0-9A-Z]|LS_?\d{2})( [A-Z]\d{2} (?:GSP|FSP)) FMC LF$/;

const FIRST_SERIAL_BYTE = { gpu: 0x41, switch: 0x50 } as const satisfies Record<DeviceKind, number>;
const BROM_SERIAL_SIZE = 9;

/**
 * The kind of device comes from the two certificates below NVIDIA's own CAs. Those CAs say
 * nothing: GPUs and switches share `NVIDIA GH100 Identity`.
 *
 * @param leaf whose key signs reports.
 * @param brom whose key is the device's own, for life.
 */
export function identifyDevice(leaf: Certificate, brom: Certificate): DeviceIdentity | Mismatch {
  const name = LEAF_NAME.exec(leaf.subject.commonName);
  const [, chip = '', part = ''] = name ?? [];
  if (!name) {
    return {
      want: 'a leaf of a GPU (“GH100 A01 GSP FMC LF”) or a switch (“LS_10 A01 FSP FMC LF”)',
      got: leaf.subject.text || '(no name)',
    };
  }
  const hwModel = brom.subject.commonName;
  // Or else one device's key could vouch for a leaf of another kind.
  if (hwModel !== `${chip}${part} BROM`) {
    return { want: `${chip}${part} BROM above the leaf`, got: hwModel || '(no name)' };
  }
  const named = deviceInfoOf(leaf);
  if (named !== undefined && named !== chip) {
    const got = named || '(no product)';
    return { want: `a leaf whose device information names ${chip}`, got };
  }
  const kind: DeviceKind = chip.startsWith('G') ? 'gpu' : 'switch';
  const ueid = BigInt(`0x${leaf.serial}`).toString();
  return { kind, chip, hwModel, ueid, pdi: pdiOf(brom, kind) };
}

function pdiOf({ serial }: Certificate, kind: DeviceKind): Uint8Array | undefined {
  const first = FIRST_SERIAL_BYTE[kind].toString(16);
  const fits = serial.length === 2 * BROM_SERIAL_SIZE && serial.startsWith(first);
  return fits ? fromHex(serial.slice(first.length), 'chain.brom.serial') : undefined;
}

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/** id-DMTF-device-info (DSP0274 1.1, section 10.6.1.4): `manufacturer:product:serial`. */
const DEVICE_INFO = '1.3.6.1.4.1.412.274.1';

/** @returns the product; undefined where the leaf has no such name. */
function deviceInfoOf({ extensions }: Certificate): string | undefined {
  const extension = extensions.get(SUBJECT_ALTERNATIVE_NAME);
  if (extension === undefined) return undefined;
  const path = 'chain.leaf.subjectAltName';
  const names = derSequence(extension.value, path);
  while (!names.done) {
    if (names.peek() !== 0xa0) {
      names.element('generalName');
      continue;
    }
    const other = names.inside(0xa0, 'otherName');
    if (other.oid('type-id') !== DEVICE_INFO) continue;
    return infoText(other.inside(0xa0, 'value')).split(':')[1];
  }
  return undefined;
}

function infoText(value: DerReader): string {
  const { tag, content } = value.element('deviceInfo');
  value.end();
  return tag === TAG.utf8String ? new TextDecoder().decode(content) : toHex(content);
}
