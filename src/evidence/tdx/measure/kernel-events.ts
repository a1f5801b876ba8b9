import { sha384 } from '#crypto';
import { ByteWriter } from '../../../core/bytes/writer.ts';
import { Fault } from '../../../core/fault.ts';
import type { MeasuredEvent } from './boot-events.ts';

/** What Linux is started with. */
export interface KernelStart {
  /** Complete, as /proc/cmdline shows it. */
  readonly cmdline: string;
  readonly initrd?: Uint8Array;
}

/** Where OVMF tells the kernel of an initrd that QEMU was given. */
const INITRD_ARGUMENT = ' initrd=initrd';

/**
 * The complete command line of a kernel given with `-kernel`: OVMF adds an argument where there
 * is an initrd (edk2, OvmfPkg/Library/GenericQemuLoadImageLib).
 *
 * @param cmdline as given to QEMU with `-append`.
 */
export function directBootCmdline(cmdline: string, initrd: Uint8Array | undefined): string {
  return initrd === undefined ? cmdline : cmdline + INITRD_ARGUMENT;
}

/**
 * What the EFI stub of Linux from 6.9 on extends into RTMR2, in this order; older kernels extend
 * nothing. Neither is an event of its own when empty.
 *
 * @throws Fault `usage` at `measure.cmdline`.
 */
export function kernelEvents({ cmdline, initrd }: KernelStart): readonly MeasuredEvent[] {
  return [
    ...(cmdline === '' ? [] : [{ what: 'command line', digest: sha384(loadOptions(cmdline)) }]),
    ...(initrd?.length ? [{ what: 'initrd', digest: sha384(initrd) }] : []),
  ];
}

/** UTF-16LE with its terminator, as UEFI hands a command line over. */
function loadOptions(cmdline: string): Uint8Array {
  // Firmware widens single bytes, so that text beyond ASCII arrives as something else.
  if (!/^[\x20-\x7e]*$/.test(cmdline)) {
    throw new Fault('usage', 'measure.cmdline', 'want printable ASCII alone');
  }
  const writer = new ByteWriter();
  for (let i = 0; i < cmdline.length; i++) writer.u16(cmdline.charCodeAt(i));
  return writer.u16(0).finish();
}
