import { peOf } from './pe.ts';

export interface KernelParts {
  readonly protocol?: number;
  readonly loadFlags?: number;
  readonly xloadFlags?: number;
  readonly initrdMax?: number;
  /** Of the setup, without the first. */
  readonly sectors?: number;
  /** What else is in it. */
  readonly fill?: number;
}

/** A PE image of 4 KiB with the setup header of Linux 6.1 as it is built, before any loader. */
export function kernelOf({
  protocol = 0x20f,
  loadFlags = 1,
  xloadFlags = 0x7f,
  initrdMax = 0x7fff_ffff,
  sectors = 3,
  fill = 0xa5,
}: KernelParts = {}): Uint8Array {
  const kernel = peOf({ sections: [[0x200, 0xe00]], size: 0x1000 });
  const view = new DataView(kernel.buffer);
  kernel.fill(fill, 0x200);
  kernel.fill(0, 0x1f0, 0x268);
  view.setUint8(0x1f1, sectors);
  view.setUint32(0x202, 0x5372_6448, true);
  view.setUint16(0x206, protocol, true);
  view.setUint8(0x211, loadFlags);
  view.setUint16(0x224, 0x50a0, true);
  view.setUint32(0x22c, initrdMax, true);
  view.setUint16(0x236, xloadFlags, true);
  return kernel;
}
