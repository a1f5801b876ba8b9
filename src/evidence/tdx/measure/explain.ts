import { toHex } from '../../../core/bytes/hex.ts';
import { Fault } from '../../../core/fault.ts';
import { registerAfter } from '../event-log/replay.ts';
import { expectedEvents, type TdxBoot } from './boot.ts';
import { SEPARATORS } from './boot-events.ts';
import { mrTd, PAGE_ORDERS } from './mrtd.ts';
import type { TdxReferenceInputs } from './reference-values.ts';
import { isLinuxKernel, SETUP_HEADERS } from './setup-header.ts';

/** Other options with which the same files make a register that differs. */
export interface NearOptions {
  readonly register: 'mrTd' | 'rtmr1';
  /** By the names of {@link TdxProvenance.inputs}; only those that decide. */
  readonly options: Readonly<Record<string, string | number>>;
}

/** From 2.75 GiB on QEMU puts the initrd into the same place, however much memory there is. */
const MUCH_MEMORY = 4 * 2 ** 30;

/**
 * Finds how else the same files may have been started: which build of host and firmware it was
 * nobody can tell by looking at the files. Never tries other files or command lines.
 *
 * @param quoted registers in hex, in lower case.
 */
export function nearOptions(
  { firmware, boot }: Pick<TdxReferenceInputs, 'firmware' | 'boot'>,
  quoted: { readonly mrTd: string; readonly rtmr1: string },
): readonly NearOptions[] {
  return [
    ...(firmware ? nearOrders(firmware, quoted.mrTd) : []),
    ...(boot ? nearBoots(boot, quoted.rtmr1) : []),
  ];
}

function nearOrders(
  { image, order }: NonNullable<TdxReferenceInputs['firmware']>,
  quoted: string,
): readonly NearOptions[] {
  return PAGE_ORDERS.filter((other) => other !== order && toHex(mrTd(image, other)) === quoted).map(
    (other) => ({ register: 'mrTd', options: { order: other } }),
  );
}

function nearBoots(boot: TdxBoot, quoted: string): readonly NearOptions[] {
  return otherBoots(boot)
    .filter((other) => rtmr1Of(other) === quoted)
    .map(({ separator, kernel }) => ({
      register: 'rtmr1',
      options: {
        separator,
        ...(kernel && { setupHeader: kernel.setupHeader }),
        ...(kernel?.setupHeader === 'qemu' &&
          kernel.memory !== undefined && { memoryBytes: kernel.memory }),
      },
    }));
}

/** Undefined where the files can't be started in this way, as QEMU can't start each kernel. */
function rtmr1Of(boot: TdxBoot): string | undefined {
  try {
    return toHex(registerAfter(expectedEvents(boot).rtmr1.map(({ digest }) => digest)));
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return undefined;
    throw error;
  }
}

/** The same files with each other choice of separator and setup header. */
function otherBoots(boot: TdxBoot): readonly TdxBoot[] {
  const { kernel } = boot;
  return SEPARATORS.flatMap((separator) => {
    if (kernel === undefined) return [{ ...boot, separator }];
    const { memory = MUCH_MEMORY } = kernel;
    // QEMU looks into the command line: without one there is nothing to try.
    const patches = isLinuxKernel(kernel.image) && kernel.cmdline !== undefined;
    const headers = patches ? SETUP_HEADERS : ([kernel.setupHeader] as const);
    return headers.map((setupHeader) => ({
      ...boot,
      separator,
      kernel: { ...kernel, setupHeader, memory },
    }));
  }).filter(
    (other) =>
      other.separator !== boot.separator || other.kernel?.setupHeader !== kernel?.setupHeader,
  );
}
