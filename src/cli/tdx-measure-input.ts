import type { DirectKernel, TdxBoot } from '../evidence/tdx/measure/boot.ts';
import { SEPARATORS } from '../evidence/tdx/measure/boot-events.ts';
import { PAGE_ORDERS } from '../evidence/tdx/measure/mrtd.ts';
import type { TdxReferenceInputs } from '../evidence/tdx/measure/reference-values.ts';
import { SETUP_HEADERS } from '../evidence/tdx/measure/setup-header.ts';
import { readWholeNumber } from './input.ts';
import { type Io, usage } from './io.ts';
import { packageVersion } from './package-version.ts';
import type { Args, Options } from './verb.ts';

export const TDX_MEASURE_OPTIONS: Options = {
  firmware: { value: '<file>', help: 'the firmware image that the VMM loads, e.g. OVMF.fd' },
  order: {
    value: '<name>',
    help: 'how the host measures the firmware: page-by-page (default, upstream KVM) or section-by-section (Intel’s QEMU 8 and what is built on it)',
  },
  kernel: { value: '<file>', help: 'what the VMM boots directly: a Linux kernel, or a UKI' },
  initrd: { value: '<file>', help: 'initrd that goes with the kernel' },
  cmdline: {
    value: '<text>',
    help: 'command line as given to QEMU with -append; OVMF’s own “initrd=initrd” is added',
  },
  'setup-header': {
    value: '<name>',
    help: 'as-is (default, QEMU 10.2 and later) or qemu: QEMU fills in the kernel’s setup header',
  },
  memory: { value: '<MiB>', help: 'memory of the guest, for --setup-header qemu with an initrd' },
  image: {
    value: '<file>',
    multiple: true,
    help: 'EFI image that is loaded after the boot option is called, in order: boot loader, UKI, the kernel in it',
  },
  disk: {
    value: '<file>',
    help: 'disk that the boot option is on; its first 34 sectors are enough',
  },
  separator: {
    value: '<name>',
    help: 'where OVMF extends the separator before the boot: rtmr1 (default), or rtmr0 without edk2’s fix efaf893, e.g. in Ubuntu’s 2024.02',
  },
  'event-log': { value: '<file>', help: 'event log recorded on a machine that you trust' },
};

/** @throws Fault `usage` for options that are missing, contradict each other or are unknown. */
export async function readTdxInputs(io: Io, args: Args): Promise<TdxReferenceInputs> {
  const firmware = await readIf(io, args, 'firmware');
  const order = choose(args, 'order', PAGE_ORDERS);
  if (order !== undefined && firmware === undefined) throw goesWith('order', 'firmware');
  const boot = await readBoot(io, args);
  const eventLog = await readIf(io, args, 'event-log');
  if (!(firmware || boot || eventLog)) {
    throw usage('give --firmware, --kernel, --image or --event-log');
  }
  return {
    tool: `postern ${await packageVersion()}`,
    ...(firmware && { firmware: { image: firmware, order: order ?? 'page-by-page' } }),
    ...(boot && { boot }),
    ...(eventLog && { eventLog }),
  };
}

async function readBoot(io: Io, args: Args): Promise<TdxBoot | undefined> {
  const kernel = await readKernel(io, args);
  const images = await Promise.all(args.many('image').map((path) => io.readFile(path)));
  const disk = await readIf(io, args, 'disk');
  const separator = choose(args, 'separator', SEPARATORS);
  if (kernel === undefined && images.length === 0) {
    if (disk) throw goesWith('disk', 'image');
    if (separator) throw usage('--separator goes with --kernel or --image');
    return undefined;
  }
  return {
    ...(kernel && { kernel }),
    ...(disk && { disk }),
    images,
    separator: separator ?? 'rtmr1',
  };
}

async function readKernel(io: Io, args: Args): Promise<DirectKernel | undefined> {
  const image = await readIf(io, args, 'kernel');
  if (image === undefined) {
    for (const name of ['initrd', 'cmdline', 'setup-header', 'memory']) {
      if (args.has(name)) throw goesWith(name, 'kernel');
    }
    return undefined;
  }
  const initrd = await readIf(io, args, 'initrd');
  const cmdline = args.one('cmdline');
  const memory = readWholeNumber(args, 'memory');
  return {
    image,
    setupHeader: choose(args, 'setup-header', SETUP_HEADERS) ?? 'as-is',
    ...(initrd && { initrd }),
    ...(cmdline !== undefined && { cmdline }),
    ...(memory !== undefined && { memory: memory * 2 ** 20 }),
  };
}

async function readIf(io: Io, args: Args, name: string): Promise<Uint8Array | undefined> {
  const path = args.one(name);
  return path === undefined ? undefined : await io.readFile(path);
}

function choose<const Name extends string>(
  args: Args,
  option: string,
  known: readonly Name[],
): Name | undefined {
  const given = args.one(option);
  if (given === undefined) return undefined;
  const name = known.find((each) => each === given);
  if (name !== undefined) return name;
  throw usage(`--${option}: want ${known.join(' or ')}, got ${JSON.stringify(given)}`);
}

function goesWith(name: string, other: string) {
  return usage(`--${name} goes with --${other}`);
}
