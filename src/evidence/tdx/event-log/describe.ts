import { isZero } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import {
  EV_ACTION,
  EV_EFI_ACTION,
  EV_EFI_HANDOFF_TABLES2,
  EV_EFI_PLATFORM_FIRMWARE_BLOB2,
  EV_EVENT_TAG,
  EV_IPL,
  EV_PLATFORM_CONFIG_FLAGS,
  isImageEvent,
  isVariableEvent,
} from './event-types.ts';
import { printableBytes, printableUtf16 } from './printable.ts';
import { readUefiVariable } from './uefi-variable.ts';

const HEX_LIMIT = 64;

/**
 * A short reading of event data for people: always printable, always bounded, never
 * throws. The reading is as good as the claimed type and no better.
 */
export function describeData(type: number, data: Uint8Array): string {
  if (isVariableEvent(type)) return describeVariable(data);
  if (isImageEvent(type)) return describeImage(data);
  switch (type) {
    case EV_ACTION:
    case EV_EFI_ACTION:
      return printableBytes(data);
    case EV_IPL:
      // GRUB and shim write ASCII, systemd-stub UTF-16.
      return data[1] === 0 ? printableUtf16(toTerminator16(data)) : textToTerminator(data);
    case EV_EVENT_TAG:
      return describeTagged(data);
    case EV_PLATFORM_CONFIG_FLAGS:
      return describeConfiguration(data);
    case EV_EFI_PLATFORM_FIRMWARE_BLOB2:
    case EV_EFI_HANDOFF_TABLES2:
      // u8 length, then as many bytes of text (BlobDescription, TableDescription).
      return textToTerminator(data.subarray(1, 1 + (data[0] ?? 0)));
    default:
      return textOrHex(data);
  }
}

/** Text, whatever it holds, up to its terminator. */
export function textToTerminator(data: Uint8Array): string {
  return printableBytes(toTerminator(data));
}

/** Bytes whose meaning is not known here: as text when they are text and zeros, else as hex. */
export function textOrHex(data: Uint8Array): string {
  const text = toTerminator(data);
  const isText = text.length > 0 && text.every(isPrintable) && isZero(data.subarray(text.length));
  return isText ? printableBytes(text) : shortHex(data);
}

function describeVariable(data: Uint8Array): string {
  const variable = readUefiVariable(data);
  if (variable === undefined) return shortHex(data);
  const { vendorGuid, name, value } = variable;
  const shown = value.length === 0 ? 'empty' : shortHex(value);
  return `${printableUtf16(name)}-${vendorGuid}: ${shown}`;
}

/** TCG_PCClientTaggedEvent: an identifier u32, the size of the rest u32, the rest. */
function describeTagged(data: Uint8Array): string {
  if (data.length < 8) return shortHex(data);
  const id = u32(data, 0).toString(16).padStart(8, '0');
  return `tag 0x${id}: ${textOrHex(data.subarray(8))}`;
}

/** td-shim logs a 16-byte descriptor, the size of the rest u32, the rest; EDK II plain text. */
function describeConfiguration(data: Uint8Array): string {
  if (data.length < 20 || u32(data, 16) !== data.length - 20) return textOrHex(data);
  return `${textOrHex(data.subarray(0, 16))}: ${textOrHex(data.subarray(20))}`;
}

/**
 * UEFI_IMAGE_LOAD_EVENT (TCG PC Client Platform Firmware Profile 1.06, section 10.2.3)
 *
 * | offset | size | field                  |
 * |--------|------|------------------------|
 * | 0      | 8    | ImageLocationInMemory  |
 * | 8      | 8    | ImageLengthInMemory    |
 * | 16     | 8    | ImageLinkTimeAddress   |
 * | 24     | 8    | LengthOfDevicePath, n  |
 * | 32     | n    | DevicePath             |
 */
function describeImage(data: Uint8Array): string {
  if (data.length < 32) return shortHex(data);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const path = filePath(data.subarray(32));
  const size = `image of ${view.getBigUint64(8, true)} bytes`;
  return path === '' ? size : `${path}, ${size}`;
}

/** The file path nodes (type 4, subtype 4) of an EFI device path, joined. */
function filePath(path: Uint8Array): string {
  const names: string[] = [];
  let at = 0;
  while (at + 4 <= path.length && names.length < 8) {
    const length = (path[at + 2] ?? 0) + 256 * (path[at + 3] ?? 0);
    if (length < 4) break; // would not advance
    if (path[at] === 4 && path[at + 1] === 4) {
      names.push(printableUtf16(toTerminator16(path.subarray(at + 4, at + length))));
    }
    at += length;
  }
  return names.join('');
}

function toTerminator16(text: Uint8Array): Uint8Array {
  for (let i = 0; i + 1 < text.length; i += 2) {
    if (text[i] === 0 && text[i + 1] === 0) return text.subarray(0, i);
  }
  return text;
}

function toTerminator(data: Uint8Array): Uint8Array {
  const zero = data.indexOf(0);
  return zero < 0 ? data : data.subarray(0, zero);
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}

function u32(data: Uint8Array, offset: number): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(offset, true);
}

/** Told from text by `0x`; no bytes are no digits. */
function shortHex(data: Uint8Array): string {
  if (data.length === 0) return '';
  const hex = `0x${toHex(data.subarray(0, HEX_LIMIT))}`;
  return data.length > HEX_LIMIT ? `${hex}... (${data.length} bytes)` : hex;
}
