import { sha384 } from '#crypto';
import { Fault } from '../../../core/fault.ts';
import { authenticodeSha384 } from './authenticode.ts';
import { bootEvents, type MeasuredEvent, type Separator } from './boot-events.ts';
import { directBootCmdline, kernelEvents } from './kernel-events.ts';
import { partitionTableData } from './partition-table.ts';
import {
  fillSetupHeader,
  isLinuxKernel,
  type PlacedInitrd,
  type SetupHeader,
} from './setup-header.ts';

/** What a TD boots, as files. */
export interface TdxBoot {
  /** What QEMU is given with `-kernel`. */
  readonly kernel?: DirectKernel;
  /** The first sectors of the disk that the boot option is on; not with `-kernel`. */
  readonly disk?: Uint8Array;
  /** What is loaded after the boot option is called, in this order: boot loader, UKI, its kernel. */
  readonly images?: readonly Uint8Array[];
  readonly separator: Separator;
}

export interface DirectKernel {
  /** A Linux kernel, or a UKI. */
  readonly image: Uint8Array;
  readonly setupHeader: SetupHeader;
  /** Memory of the guest in bytes, which decides with `qemu` where the initrd goes. */
  readonly memory?: number;
  readonly initrd?: Uint8Array;
  /** As given to QEMU with `-append`; without it nothing is known of RTMR2. */
  readonly cmdline?: string;
}

/** What goes into RTMR1 and RTMR2; an undefined list is not known. */
export interface ExpectedEvents {
  readonly rtmr1: readonly MeasuredEvent[];
  readonly rtmr2: readonly MeasuredEvent[] | undefined;
}

/**
 * The events of a boot that goes as planned, under OVMF.
 *
 * @throws Fault `malformed` or `unsupported` at `measure.image…`, `measure.kernel` or
 *   `measure.disk…`; `usage` at `measure.<input>` for inputs that don't go together.
 */
export function expectedEvents(boot: TdxBoot): ExpectedEvents {
  const { kernel, disk, images = [], separator } = boot;
  if (kernel === undefined && images.length === 0) {
    throw wrong('kernel', 'name a kernel, or the images that are booted');
  }
  if (kernel && disk) throw wrong('disk', 'with a kernel from the VMM nothing is read of a disk');
  return {
    rtmr1: bootEvents({
      ...(kernel && { direct: authenticodeSha384(handedOver(kernel)) }),
      ...(disk && { partitions: sha384(partitionTableData(disk)) }),
      images: images.map(authenticodeSha384),
      separator,
    }),
    rtmr2: kernel && startOf(kernel),
  };
}

/** The kernel as the firmware gets it. */
function handedOver({ image, setupHeader, memory, initrd, cmdline }: DirectKernel): Uint8Array {
  if (initrd?.length === 0) throw wrong('initrd', 'is empty');
  if (!isLinuxKernel(image)) {
    if (setupHeader === 'qemu') throw wrong('setup_header', 'this kernel has none: want as-is');
    if (cmdline !== undefined || initrd) {
      throw wrong('kernel', 'is no Linux kernel: what it does with them is not known');
    }
    return image;
  }
  if (setupHeader === 'as-is') return image;
  if (cmdline === undefined) throw wrong('cmdline', 'QEMU looks into it for the setup header');
  return fillSetupHeader(image, { cmdline, initrd: initrd && placed(initrd, memory) });
}

function placed({ length }: Uint8Array, memory: number | undefined): PlacedInitrd {
  if (memory === undefined) throw wrong('memory', 'decides where the initrd goes');
  return { size: length, memory };
}

function startOf({ initrd, cmdline }: DirectKernel): readonly MeasuredEvent[] | undefined {
  if (cmdline === undefined) return undefined;
  const events = kernelEvents({
    cmdline: directBootCmdline(cmdline, initrd),
    ...(initrd && { initrd }),
  });
  // A register without events is zero, which a kernel that measures nothing has as well.
  return events.length === 0 ? undefined : events;
}

function wrong(input: string, detail: string): Fault {
  return new Fault('usage', `measure.${input}`, detail);
}
