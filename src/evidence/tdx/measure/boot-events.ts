import { sha384 } from '#crypto';
import { utf8 } from '../../../core/bytes/text.ts';

/** One digest that firmware or kernel extends into a register. */
export interface MeasuredEvent {
  /** For people, e.g. `kernel`. */
  readonly what: string;
  /** SHA-384, 48 bytes. */
  readonly digest: Uint8Array;
}

/**
 * Where the firmware extends the separator that it puts before the boot: RTMR1, or RTMR0 in OVMF
 * without edk2's "Fix the SeparatorEvent issue in RTMRs" (efaf893), e.g. Ubuntu's 2024.02.
 */
export const SEPARATORS = ['rtmr1', 'rtmr0'] as const;

export type Separator = (typeof SEPARATORS)[number];

/** What the firmware starts, as digests. */
export interface BootEvents {
  /** Authenticode hash of the image that QEMU hands over (`-kernel`). */
  readonly direct?: Uint8Array;
  /** Hash of the partition table that the boot option is on. */
  readonly partitions?: Uint8Array;
  /** Authenticode hashes of what is loaded after that, in this order. */
  readonly images: readonly Uint8Array[];
  readonly separator: Separator;
}

const CALLING = 'Calling EFI Application from Boot Option';
const EXIT = 'Exit Boot Services Invocation';
const EXIT_DONE = 'Exit Boot Services Returned with Success';

/** EV_SEPARATOR, four zero bytes (TCG PC Client Platform Firmware Profile 1.06, section 10.4.1). */
const SEPARATOR = new Uint8Array(4);

/**
 * What OVMF extends into RTMR1 on its way to a running kernel, when nothing goes wrong on it: a
 * boot option that fails, or a menu, adds events.
 *
 * An image given with `-kernel` is loaded before the boot begins, all others after.
 */
export function bootEvents(boot: BootEvents): readonly MeasuredEvent[] {
  const { direct, partitions, images, separator } = boot;
  return [
    ...(direct ? [{ what: 'image given with -kernel', digest: direct }] : []),
    textEvent(CALLING),
    ...(separator === 'rtmr1' ? [{ what: 'separator', digest: sha384(SEPARATOR) }] : []),
    ...(partitions ? [{ what: 'partition table', digest: partitions }] : []),
    ...images.map((digest, i) => ({ what: `image ${i + 1} after the boot option`, digest })),
    textEvent(EXIT),
    textEvent(EXIT_DONE),
  ];
}

/** EV_EFI_ACTION: the text without terminator. */
function textEvent(text: string): MeasuredEvent {
  return { what: JSON.stringify(text), digest: sha384(utf8(text)) };
}
