import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import type { LoggedEvent, RtmrIndex } from '../../../../src/evidence/tdx/event-log/event.ts';
import { isImageEvent } from '../../../../src/evidence/tdx/event-log/event-types.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { registerAfter, replay } from '../../../../src/evidence/tdx/event-log/replay.ts';
import {
  type BootEvents,
  bootEvents,
  SEPARATORS,
  type Separator,
} from '../../../../src/evidence/tdx/measure/boot-events.ts';
import { vectorsFolder } from '../../../support/vectors.ts';

const sha384 = (data: string | Uint8Array) => createHash('sha384').update(data).digest('hex');
const digestsOf = (boot: BootEvents) => bootEvents(boot).map(({ digest }) => toHex(digest));

const CALLING = sha384('Calling EFI Application from Boot Option');
const EXIT = [
  sha384('Exit Boot Services Invocation'),
  sha384('Exit Boot Services Returned with Success'),
];
const [kernel, table, loader, uki] = [1, 2, 3, 4].map((byte) => new Uint8Array(48).fill(byte));

describe('RTMR1', () => {
  it('begins with the image that the VMM hands over', () => {
    const boot = { direct: kernel as Uint8Array, images: [], separator: 'rtmr1' } as const;
    expect(digestsOf(boot)).toEqual(['01'.repeat(48), CALLING, sha384(new Uint8Array(4)), ...EXIT]);
  });

  it('has no separator under firmware that extends it elsewhere', () => {
    const boot = { direct: kernel as Uint8Array, images: [], separator: 'rtmr0' } as const;
    expect(digestsOf(boot)).toEqual(['01'.repeat(48), CALLING, ...EXIT]);
  });

  it('has partition table and images behind the boot option, in order', () => {
    const images = [loader as Uint8Array, uki as Uint8Array];
    const boot = { partitions: table as Uint8Array, images, separator: 'rtmr0' } as const;
    const [two, three, four] = ['02', '03', '04'].map((byte) => byte.repeat(48));
    expect(digestsOf(boot)).toEqual([CALLING, two, three, four, ...EXIT]);
  });
});

const folder = vectorsFolder('tdx');
const GPT_EVENT = 0x8000_0006;

interface Recorded {
  readonly log: string;
  readonly boot: 'direct' | 'disk';
  readonly separator: Separator;
}

describe.skipIf(folder === undefined)('of genuine logs', () => {
  const eventsOf = (log: string) => readEventLog(readFileSync(join(folder ?? '', log))).events;
  const inRegister = (events: readonly LoggedEvent[], index: RtmrIndex) =>
    events.filter(({ register }) => register === index);

  it.each<Recorded>([
    { log: 'real/dstack-full/event-log.json', boot: 'direct', separator: 'rtmr1' },
    { log: 'real/dstack-lite/event-log.json', boot: 'direct', separator: 'rtmr1' },
    { log: 'event-logs/dstack/ccel.bin', boot: 'direct', separator: 'rtmr1' },
    { log: 'event-logs/ovmf-full/ccel.bin', boot: 'direct', separator: 'rtmr0' },
    { log: 'event-logs/gcp/ccel.bin', boot: 'disk', separator: 'rtmr1' },
    { log: 'real/gcp-cos-113/ccel.bin', boot: 'disk', separator: 'rtmr1' },
    { log: 'event-logs/grub/ccel.bin', boot: 'disk', separator: 'rtmr0' },
  ])('RTMR1 of $log follows from its images', ({ log, boot, separator }) => {
    const events = eventsOf(log);
    const mine = inRegister(events, 1);
    const images = mine.filter(({ type }) => isImageEvent(type)).map(({ digest }) => digest);
    const partitions = mine.find(({ type }) => type === GPT_EVENT)?.digest;
    const expected = bootEvents({
      ...(boot === 'direct' && images[0] && { direct: images[0] }),
      ...(partitions && { partitions }),
      images: boot === 'direct' ? images.slice(1) : images,
      separator,
    });
    const made = registerAfter(expected.map(({ digest }) => digest));
    expect(toHex(made)).toBe(toHex(replay(events)[1]));
    const other = SEPARATORS.find((each) => each !== separator);
    const [want, got] = [separator, other].map(
      (register) => inRegister(events, register === 'rtmr1' ? 1 : 0).filter(isBootSeparator).length,
    );
    // Every firmware has one in RTMR0, before the boot variables.
    expect([want, got]).toEqual(separator === 'rtmr1' ? [1, 1] : [2, 0]);
  });
});

function isBootSeparator({ digest }: LoggedEvent): boolean {
  return toHex(digest) === sha384(new Uint8Array(4));
}
