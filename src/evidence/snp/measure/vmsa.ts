import { PAGE_SIZE } from '../../firmware-sections.ts';

/** Who starts the guest; each leaves the registers of a new vCPU in a state of its own. */
export const VMMS = ['qemu', 'ec2', 'gce'] as const;

export type Vmm = (typeof VMMS)[number];

/** Where the first vCPU begins: the reset vector. */
export const BSP_EIP = 0xffff_fff0;

export interface VmsaInput {
  readonly vmm: Vmm;
  /** Where this vCPU begins. */
  readonly eip: number;
  /** CPUID signature; QEMU alone puts it into RDX. */
  readonly signature: number;
  readonly sevFeatures: bigint;
}

/** What EC2 and GCE leave in RDX, whatever the processor. */
const FIXED_RDX = 0x600;

/** PAT as the processor resets it, and as Google's VMM sets it. */
const PAT_RESET = 0x0007_0406_0007_0406n;
const PAT_GCE = 0x0007_0106n;

/**
 * VMSA, the registers of a vCPU before its first instruction (AMD64 Architecture Programmer's
 * Manual volume 2, table B-4). What is not listed is zero.
 *
 * | offset | size | field       | value                                    |
 * |--------|------|-------------|------------------------------------------|
 * | 0x000  | 160  | segments    | each selector (2), attributes (2), limit (4), base (8) |
 * | 0x0d0  | 8    | EFER        | 0x1000, SVME                             |
 * | 0x148  | 8    | CR4         | 0x40, MCE                                |
 * | 0x158  | 8    | CR0         | 0x10                                     |
 * | 0x160  | 8    | DR7         | 0x400                                    |
 * | 0x168  | 8    | DR6         | 0xffff0ff0                               |
 * | 0x170  | 8    | RFLAGS      | 2                                        |
 * | 0x178  | 8    | RIP         | the lower 16 bits of where it begins     |
 * | 0x268  | 8    | G_PAT       | by VMM                                   |
 * | 0x310  | 8    | RDX         | by VMM                                   |
 * | 0x3b0  | 8    | SEV_FEATURES |                                         |
 * | 0x3e8  | 8    | XCR0        | 1                                        |
 * | 0x408  | 4    | MXCSR       | QEMU: 0x1f80                             |
 * | 0x410  | 2    | X87_FCW     | QEMU: 0x37f                              |
 *
 * @returns one page.
 */
export function vmsaPage({ vmm, eip, signature, sevFeatures }: VmsaInput): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE);
  const view = new DataView(page.buffer);
  writeSegments(view, vmm, eip);
  const registers: readonly (readonly [offset: number, value: bigint])[] = [
    [0x0d0, 0x1000n],
    [0x148, 0x40n],
    [0x158, 0x10n],
    [0x160, 0x400n],
    [0x168, 0xffff_0ff0n],
    [0x170, 2n],
    [0x178, BigInt(eip & 0xffff)],
    [0x268, vmm === 'gce' ? PAT_GCE : PAT_RESET],
    [0x310, BigInt(vmm === 'qemu' ? signature : FIXED_RDX)],
    [0x3b0, sevFeatures],
    [0x3e8, 1n],
  ];
  for (const [offset, value] of registers) view.setBigUint64(offset, value, true);
  if (vmm === 'qemu') {
    view.setUint32(0x408, 0x1f80, true);
    view.setUint16(0x410, 0x37f, true);
  }
  return page;
}

/** Attributes of CS, SS and TR; the other segments are the same everywhere. */
function attributes(vmm: Vmm, eip: number): { cs: number; ss: number; tr: number } {
  if (vmm !== 'ec2') return { cs: 0x9b, ss: 0x93, tr: 0x8b };
  // Only the first vCPU's code segment has not been accessed yet.
  return { cs: eip === BSP_EIP ? 0x9a : 0x9b, ss: 0x92, tr: 0x83 };
}

function writeSegments(view: DataView, vmm: Vmm, eip: number): void {
  const { cs, ss, tr } = attributes(vmm, eip);
  const base = eip - (eip % 0x1_0000);
  const segments = [
    { name: 'es', attributes: 0x93 },
    { name: 'cs', attributes: cs, selector: 0xf000, base },
    { name: 'ss', attributes: ss },
    { name: 'ds', attributes: 0x93 },
    { name: 'fs', attributes: 0x93 },
    { name: 'gs', attributes: 0x93 },
    { name: 'gdtr', attributes: 0 },
    { name: 'ldtr', attributes: 0x82 },
    { name: 'idtr', attributes: 0 },
    { name: 'tr', attributes: tr },
  ];
  for (const [i, segment] of segments.entries()) {
    view.setUint16(16 * i, segment.selector ?? 0, true);
    view.setUint16(16 * i + 2, segment.attributes, true);
    view.setUint32(16 * i + 4, 0xffff, true);
    view.setBigUint64(16 * i + 8, BigInt(segment.base ?? 0), true);
  }
}
