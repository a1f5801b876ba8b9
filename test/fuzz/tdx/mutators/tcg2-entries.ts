import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { u16, u32 } from '../quote-layout.ts';

/** A TCG2 log taken apart, and put together again with right lengths. */
export interface Tcg2Log {
  readonly algorithms: readonly { readonly id: number; readonly size: number }[];
  readonly vendorInfo: Uint8Array;
  readonly entries: readonly Tcg2Entry[];
  readonly padding: Uint8Array;
}

export interface Tcg2Entry {
  readonly register: number;
  readonly type: number;
  readonly digests: readonly { readonly algorithm: number; readonly digest: Uint8Array }[];
  readonly data: Uint8Array;
}

/** Undefined for anything but what the simulator's firmware writes: SHA-384 alone. */
export function takeApart(log: Uint8Array): Tcg2Log | undefined {
  try {
    return read(log);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function read(log: Uint8Array): Tcg2Log | undefined {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  if (view.getUint32(56, true) !== 1 || view.getUint16(60, true) !== 0x0c) return undefined;
  const vendorSize = view.getUint8(64);
  let at = 65 + vendorSize;
  if (view.getUint32(28, true) !== at - 32) return undefined;
  const entries: Tcg2Entry[] = [];
  while (at < log.length && view.getBigUint64(at, true) !== 2n ** 64n - 1n) {
    if (view.getUint32(at + 8, true) !== 1) return undefined;
    const size = view.getUint32(at + 62, true);
    if (at + 66 + size > log.length) return undefined;
    entries.push({
      register: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      digests: [{ algorithm: view.getUint16(at + 12, true), digest: log.slice(at + 14, at + 62) }],
      data: log.slice(at + 66, at + 66 + size),
    });
    at += 66 + size;
  }
  if (entries.length < 2) return undefined;
  return {
    algorithms: [{ id: 0x0c, size: 48 }],
    vendorInfo: log.slice(65, 65 + vendorSize),
    entries,
    padding: log.slice(at),
  };
}

export function putTogether({ algorithms, vendorInfo, entries, padding }: Tcg2Log): Uint8Array {
  const header = concatBytes(
    new TextEncoder().encode('Spec ID Event03\0'),
    u32(0),
    Uint8Array.of(0, 2, 0, 2),
    u32(algorithms.length),
    ...algorithms.map(({ id, size }) => concatBytes(u16(id), u16(size))),
    Uint8Array.of(vendorInfo.length),
    vendorInfo,
  );
  return concatBytes(
    u32(1),
    u32(3),
    new Uint8Array(20),
    u32(header.length),
    header,
    ...entries.map(encodeEntry),
    padding,
  );
}

function encodeEntry({ register, type, digests, data }: Tcg2Entry): Uint8Array {
  return concatBytes(
    u32(register),
    u32(type),
    u32(digests.length),
    ...digests.map(({ algorithm, digest }) => concatBytes(u16(algorithm), digest)),
    u32(data.length),
    data,
  );
}
