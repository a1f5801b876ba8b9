import { sha256 } from '#crypto';
import { equalBytes } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { Fault, malformed } from '../../../core/fault.ts';
import type { RtmrIndex } from '../event-log/event.ts';
import { registerAfter } from '../event-log/replay.ts';
import { expectedEvents, type TdxBoot } from './boot.ts';
import type { MeasuredEvent } from './boot-events.ts';
import { directBootCmdline } from './kernel-events.ts';
import { mrTd, type PageOrder } from './mrtd.ts';
import { type RecordedDigests, recordedDigests } from './recorded-log.ts';

export interface TdxReferenceInputs {
  /** Name and version of what computes the values. */
  readonly tool: string;
  /** The image that the VMM loads, and how. */
  readonly firmware?: { readonly image: Uint8Array; readonly order: PageOrder };
  readonly boot?: TdxBoot;
  /** Of a machine that is trusted to be as it should. */
  readonly eventLog?: Uint8Array;
}

/** The registers that say what was started, by the names of claims and policies. */
export const TDX_REGISTERS = ['mrTd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'] as const;

export type TdxRegister = (typeof TDX_REGISTERS)[number];

/** `calculated` from files, or `observed` on a machine, where nothing vouches for the value. */
export type ReferenceSource = 'calculated' | 'observed';

/** 48 bytes each, lower-case hex; registers that the inputs don't tell of are left out. */
export type TdxReferenceValues = Readonly<Partial<Record<TdxRegister, string>>> & {
  readonly sources: Readonly<Partial<Record<TdxRegister, ReferenceSource>>>;
  readonly provenance: TdxProvenance;
};

/** As policies have it for a reference set. */
export interface TdxProvenance {
  /** `observed` as soon as one register is. */
  readonly kind: ReferenceSource;
  readonly tool: string;
  /** Each input by name: files as `sha256:<hex>`, options as they are, none longer than 500. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Of an input in a policy. */
const LONGEST_TEXT = 500;

interface Value {
  readonly bytes: Uint8Array;
  readonly source: ReferenceSource;
}

/**
 * What a TD's quote must say when the TD was made from these inputs.
 *
 * RTMR0 is never computed: it holds memory map, ACPI tables and boot variables, which depend on
 * the shape of the machine and its VMM. It comes from a recorded log, as does RTMR3. Where a log
 * tells of a register that is computed as well, the two must agree.
 *
 * @throws Fault as {@link mrTd}, {@link expectedEvents} and {@link registersOfLog}; `malformed`
 *   at `measure.event_log` for a log of another boot; `usage` at `measure` without inputs.
 */
export function tdxReferenceValues(inputs: TdxReferenceInputs): TdxReferenceValues {
  const { firmware, boot, eventLog } = inputs;
  if (!(firmware || boot || eventLog)) {
    throw new Fault('usage', 'measure', 'name a firmware, a kernel or an event log');
  }
  const values = new Map<TdxRegister, Value>();
  if (firmware) values.set('mrTd', calculated(mrTd(firmware.image, firmware.order)));
  const recorded = eventLog && recordedDigests(eventLog);
  for (const [index, digests] of recorded ?? []) {
    values.set(`rtmr${index}`, { bytes: registerAfter(digests), source: 'observed' });
  }
  if (boot) {
    const { rtmr1, rtmr2 } = expectedEvents(boot);
    values.set('rtmr1', fromEvents(1, rtmr1, recorded));
    if (rtmr2) values.set('rtmr2', fromEvents(2, rtmr2, recorded));
  }
  const all = [...values];
  if (all.length === 0) throw malformed('measure.event_log', 'tells of no register');
  return {
    ...Object.fromEntries(all.map(([name, { bytes }]) => [name, toHex(bytes)])),
    sources: Object.fromEntries(all.map(([name, { source }]) => [name, source])),
    provenance: {
      kind: all.some(([, { source }]) => source === 'observed') ? 'observed' : 'calculated',
      tool: inputs.tool,
      inputs: inputsByName(inputs),
    },
  };
}

function calculated(bytes: Uint8Array): Value {
  return { bytes, source: 'calculated' };
}

function fromEvents(
  index: RtmrIndex,
  events: readonly MeasuredEvent[],
  recorded: RecordedDigests | undefined,
): Value {
  if (recorded) refuseOtherBoot(index, events, recorded.get(index) ?? []);
  return calculated(registerAfter(events.map(({ digest }) => digest)));
}

/** Values of two different boots together would describe no machine at all. */
function refuseOtherBoot(
  index: RtmrIndex,
  events: readonly MeasuredEvent[],
  log: readonly Uint8Array[],
): void {
  for (let i = 0; i < Math.max(events.length, log.length); i++) {
    const [want, got] = [events[i], log[i]];
    if (want && got && equalBytes(want.digest, got)) continue;
    throw malformed(
      'measure.event_log',
      `event ${i + 1} of RTMR${index}: the files make ${want ? `${toHex(want.digest)} (${want.what})` : 'no more'}, the log has ${got ? toHex(got) : 'no more'}`,
    );
  }
}

function inputsByName({ firmware, boot, eventLog }: TdxReferenceInputs) {
  const { kernel, disk, images = [] } = boot ?? {};
  return {
    ...(firmware && { firmware: fileDigest(firmware.image), order: firmware.order }),
    ...(kernel && { kernel: fileDigest(kernel.image), setupHeader: kernel.setupHeader }),
    ...(kernel?.memory !== undefined && { memoryBytes: String(kernel.memory) }),
    ...(kernel?.initrd && { initrd: fileDigest(kernel.initrd) }),
    ...(kernel?.cmdline !== undefined && {
      cmdline: shortText(directBootCmdline(kernel.cmdline, kernel.initrd)),
    }),
    ...(disk && { disk: fileDigest(disk) }),
    ...Object.fromEntries(images.map((image, i) => [`image${i + 1}`, fileDigest(image)])),
    ...(boot && { separator: boot.separator }),
    ...(eventLog && { eventLog: fileDigest(eventLog) }),
  };
}

/** Itself where a policy has room for it. */
function shortText(text: string): string {
  return text.length > 0 && text.length <= LONGEST_TEXT ? text : fileDigest(utf8(text));
}

function fileDigest(file: Uint8Array): string {
  return `sha256:${toHex(sha256(file))}`;
}
