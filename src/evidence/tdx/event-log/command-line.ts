import type { CheckedEventLog } from './check.ts';
import type { LoggedEvent } from './event.ts';
import { EV_EVENT_TAG, EV_IPL } from './event-types.ts';

/**
 * What GRUB writes in front of the command line of a kernel; its other commands set variables
 * and load files. `linux` and its kin name the kernel first.
 */
const KERNEL_PREFIXES = ['kernel_cmdline: ', 'grub_kernel_cmdline '] as const;
const LINUX_COMMAND = /^grub_cmd:? (?:linux|linuxefi|linux16) /;

/** PCClientTaggedEvent id under which the kernel's EFI stub measures its load options (linux/efi.h). */
const LOAD_OPTIONS_TAG = 0x8f3b22ed;

/** Boot loaders measure command lines into PCR 8, 9 and 12, all of which are RTMR2 in a TD. */
export const COMMAND_LINE_REGISTER = 2;

/**
 * Kernel command lines that a log tells of and whose very text was measured: from GRUB (EV_IPL),
 * from systemd-stub (EV_IPL, UTF-16) and from the kernel's own EFI stub (EV_EVENT_TAG).
 *
 * @returns none where the log is missing, or RTMR2 does not replay to the quote.
 */
export function measuredCommandLines(log: CheckedEventLog | undefined): readonly string[] {
  if (log === undefined) return [];
  const replays = log.comparisons.some(
    ({ register, outcome }) => register === COMMAND_LINE_REGISTER && outcome === 'equal',
  );
  if (!replays) return [];
  return log.log.events
    .filter(({ register }) => register === COMMAND_LINE_REGISTER)
    .map(commandLineOf)
    .filter((line) => line !== undefined);
}

function commandLineOf({ type, data, coverage }: LoggedEvent): string | undefined {
  if (coverage.of === 'nothing' || coverage.of === 'joined') return undefined;
  if (type === EV_EVENT_TAG && coverage.of === 'part' && coverage.part === 'taggedData') {
    const tag = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
    return tag === LOAD_OPTIONS_TAG
      ? utf16(data.subarray(coverage.start, coverage.end))
      : undefined;
  }
  if (type !== EV_IPL) return undefined;
  // systemd-stub logs the very UTF-16 text that it measures.
  if (data[1] === 0) return coverage.of === 'data' ? utf16(data) : undefined;
  const text = new TextDecoder().decode(data.subarray(0, endOf(data)));
  const prefix = KERNEL_PREFIXES.find((one) => text.startsWith(one));
  if (prefix !== undefined) return text.slice(prefix.length);
  const command = LINUX_COMMAND.exec(text);
  return command ? text.slice(command[0].length) : undefined;
}

function utf16(data: Uint8Array): string {
  const text = new TextDecoder('utf-16le').decode(data);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function endOf(data: Uint8Array): number {
  const zero = data.indexOf(0);
  return zero < 0 ? data.length : zero;
}
