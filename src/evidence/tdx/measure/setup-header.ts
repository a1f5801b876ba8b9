import { Fault, malformed } from '../../../core/fault.ts';
import { PAGE_SIZE } from '../../firmware-sections.ts';

/**
 * What QEMU does to the header of a Linux kernel before the firmware measures it. `qemu`: up to
 * 10.1 it fills in what the boot protocol asks of a boot loader. `as-is`: from 10.2 on it leaves
 * the kernel of a confidential guest alone.
 */
export const SETUP_HEADERS = ['as-is', 'qemu'] as const;

export type SetupHeader = (typeof SETUP_HEADERS)[number];

/** What the fields depend on. */
export interface SetupHeaderInput {
  /** As given to QEMU. */
  readonly cmdline: string;
  readonly initrd: PlacedInitrd | undefined;
}

export interface PlacedInitrd {
  /** Bytes. */
  readonly size: number;
  /** Memory of the guest in bytes, which decides where the initrd goes. */
  readonly memory: number;
}

const MAGIC_AT = 0x202;
/** `HdrS`. */
const MAGIC = 0x5372_6448;
/** Protocol 2.12, Linux 3.8; the kernels before it can't run in a TD. */
const OLDEST_PROTOCOL = 0x20c;
const LOADED_HIGH = 1;
const CAN_USE_HEAP = 0x80;
/** Of xloadflags. */
const CAN_BE_LOADED_ABOVE_4G = 2;
const SECTOR = 512;

const QEMU_LOADER = 0xb0;
const SETUP_ADDRESS = 0x1_0000;
const CMDLINE_ADDRESS = 0x2_0000;
const STACK = 0x200;

/** QEMU's room for ACPI tables below the end of low memory. */
const ACPI_ROOM = 0x2_8000;
const LOW_MEMORY_SPLIT = 0xb000_0000;
const LOW_MEMORY = 0x8000_0000;

const AT = 'measure.kernel';

/** Whether a file has the header of the Linux boot protocol for x86. */
export function isLinuxKernel(file: Uint8Array): boolean {
  return file.length >= MAGIC_AT + 4 && viewOf(file).getUint32(MAGIC_AT, true) === MAGIC;
}

/**
 * A Linux kernel as QEMU up to 10.1 hands it to the firmware of a q35 machine
 * (Documentation/arch/x86/boot.rst, "The real-mode kernel header"; QEMU, x86_load_linux)
 *
 * | offset | size | field          | value                                          |
 * |--------|------|----------------|------------------------------------------------|
 * | 0x1fa  | 2    | vid_mode       | from `vga=` of the command line, if it has one |
 * | 0x210  | 1    | type_of_loader | 0xb0, QEMU                                     |
 * | 0x211  | 1    | loadflags      | with bit 7, CAN_USE_HEAP                       |
 * | 0x218  | 4    | ramdisk_image  | where the initrd goes, if there is one         |
 * | 0x21c  | 4    | ramdisk_size   | its size                                       |
 * | 0x224  | 2    | heap_end_ptr   | 0xfe00                                         |
 * | 0x228  | 4    | cmd_line_ptr   | 0x20000                                        |
 *
 * @returns a copy.
 * @throws Fault at `measure.kernel`: `malformed` for a file that is no Linux kernel, `unsupported`
 *   for one too old; `usage` at `measure.memory`, `measure.initrd` or `measure.cmdline`.
 */
export function fillSetupHeader(
  kernel: Uint8Array,
  { cmdline, initrd }: SetupHeaderInput,
): Uint8Array {
  refuseOtherKernels(kernel);
  const filled = new Uint8Array(kernel);
  const view = viewOf(filled);
  const videoMode = videoModeOf(cmdline);
  if (videoMode !== undefined) view.setUint16(0x1fa, videoMode, true);
  view.setUint8(0x210, QEMU_LOADER);
  view.setUint8(0x211, view.getUint8(0x211) | CAN_USE_HEAP);
  view.setUint16(0x224, CMDLINE_ADDRESS - SETUP_ADDRESS - STACK, true);
  view.setUint32(0x228, CMDLINE_ADDRESS, true);
  if (initrd) {
    view.setUint32(0x218, initrdAddress(initrdCeiling(view, initrd.memory), initrd.size), true);
    view.setUint32(0x21c, initrd.size, true);
  }
  return filled;
}

function refuseOtherKernels(kernel: Uint8Array): void {
  if (!isLinuxKernel(kernel)) throw malformed(AT, 'has no Linux setup header');
  const view = viewOf(kernel);
  const setupSize = ((view.getUint8(0x1f1) || 4) + 1) * SECTOR;
  if (setupSize > kernel.length) {
    throw malformed(AT, `says its setup is ${setupSize} bytes, but has ${kernel.length}`);
  }
  const protocol = view.getUint16(0x206, true);
  if (protocol < OLDEST_PROTOCOL) {
    throw new Fault('unsupported', AT, `boot protocol 0x${protocol.toString(16)} is below 2.12`);
  }
  if ((view.getUint8(0x211) & LOADED_HIGH) === 0) {
    throw new Fault('unsupported', AT, 'is loaded below 1 MiB');
  }
}

/** The first address that the initrd may not reach. */
function initrdCeiling(kernel: DataView, memory: number): number {
  if (!Number.isSafeInteger(memory) || memory <= ACPI_ROOM) {
    throw new Fault('usage', 'measure.memory', `want bytes beyond ${ACPI_ROOM}, got ${memory}`);
  }
  const anywhere = (kernel.getUint16(0x236, true) & CAN_BE_LOADED_ABOVE_4G) !== 0;
  const most = anywhere ? 0xffff_ffff : kernel.getUint32(0x22c, true);
  // With less than 2.75 GiB all memory is low; with more, 2 GiB of it.
  const low = memory < LOW_MEMORY_SPLIT ? memory : LOW_MEMORY;
  return Math.min(most, low - ACPI_ROOM - 1);
}

function initrdAddress(ceiling: number, size: number): number {
  if (size >= ceiling) {
    throw new Fault('usage', 'measure.initrd', `${size} bytes do not fit below ${ceiling}`);
  }
  return ceiling - size - ((ceiling - size) % PAGE_SIZE);
}

/** QEMU looks for the first `vga=` wherever it stands. */
function videoModeOf(cmdline: string): number | undefined {
  const at = cmdline.indexOf('vga=');
  if (at < 0) return undefined;
  const value = cmdline.slice(at + 4);
  const named = { normal: 0xffff, ext: 0xfffe, ask: 0xfffd };
  for (const [name, mode] of Object.entries(named)) if (value.startsWith(name)) return mode;
  const [, number = ''] = /^(0[xX][0-9a-fA-F]{1,8}|[1-9][0-9]{0,8}|0)(?: |$)/.exec(value) ?? [];
  if (number === '') throw new Fault('usage', 'measure.cmdline', 'has a "vga=" without a mode');
  return Number(number) % 0x1_0000;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
