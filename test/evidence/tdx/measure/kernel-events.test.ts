import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { registerAfter, replay } from '../../../../src/evidence/tdx/event-log/replay.ts';
import {
  directBootCmdline,
  kernelEvents,
} from '../../../../src/evidence/tdx/measure/kernel-events.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { vectorsFolder } from '../../../support/vectors.ts';

const sha384 = (data: Uint8Array) => createHash('sha384').update(data).digest('hex');
const initrd = Uint8Array.of(0x1f, 0x8b, 8);

describe('Linux extends', () => {
  it('its command line in UTF-16LE with a terminator, then the initrd', () => {
    const events = kernelEvents({ cmdline: 'console=hvc0 quiet', initrd });
    expect(events.map(({ what, digest }) => [what, toHex(digest)])).toEqual([
      ['command line', sha384(Buffer.from('console=hvc0 quiet\0', 'utf16le'))],
      ['initrd', sha384(initrd)],
    ]);
  });

  it('nothing for what it does not have', () => {
    expect(kernelEvents({ cmdline: 'quiet' })).toHaveLength(1);
    expect(kernelEvents({ cmdline: '', initrd })).toHaveLength(1);
    expect(kernelEvents({ cmdline: '', initrd: new Uint8Array() })).toEqual([]);
  });

  it.each(['caf\u00e9', 'a\0b', 'a\nb', '\u{1f600}'])(
    'no %j, which firmware changes',
    (cmdline) => {
      const fault = faultOf(() => kernelEvents({ cmdline }));
      expect(fault).toMatchObject({ code: 'usage', at: 'measure.cmdline' });
    },
  );
});

it('OVMF adds an argument for the initrd', () => {
  // As the guest of canonical/tdx#40 shows it.
  expect(directBootCmdline('console=ttyS0 test1', initrd)).toBe(
    'console=ttyS0 test1 initrd=initrd',
  );
  expect(directBootCmdline('console=ttyS0', undefined)).toBe('console=ttyS0');
  expect(directBootCmdline('', initrd)).toBe(' initrd=initrd');
});

const folder = vectorsFolder('tdx');

it.skipIf(folder === undefined)('genuine kernels extend these two and no more', () => {
  const open = (name: string) => readFileSync(join(folder ?? '', name));
  for (const name of ['real/dstack-full', 'real/dstack-lite']) {
    const { events } = readEventLog(open(`${name}/event-log.json`));
    const mine = events.filter(({ register }) => register === 2).map(({ digest }) => digest);
    expect(mine).toHaveLength(2);
    expect(registerAfter(mine)).toEqual(replay(events)[2]);
  }
  // What the image’s maker published of command line and initrd is what the machine extended.
  const { tdx_measurement } = JSON.parse(open('real/dstack-lite/vm-config.json').toString());
  const published = Buffer.from(tdx_measurement.measurement, 'base64').toString('hex');
  const { events } = readEventLog(open('real/dstack-lite/event-log.json'));
  const [cmdline, disk] = events.filter(({ register }) => register === 2);
  const text = (name: string) => Buffer.from(name).toString('hex');
  for (const [name, event] of [
    ['cmdline_sha384', cmdline],
    ['initrd_sha384', disk],
  ] as const) {
    expect(published).toContain(`${text(name)}5830${toHex(event?.digest ?? new Uint8Array())}`);
  }
});
