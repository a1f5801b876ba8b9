import { describe, expect, it } from 'vitest';
import { sha384 } from '#crypto';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import {
  EVENT_COUNT_LIMIT,
  EVENT_LOG_SIZE_LIMIT,
} from '../../../../src/evidence/tdx/event-log/event.ts';
import { parseTcg2Log } from '../../../../src/evidence/tdx/event-log/tcg2-log.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../../support/fuzz.ts';
import { asView } from '../../../support/view.ts';
import { ccel, entry, header } from './build.ts';

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const good = ccel(
  entry({ mr: 1, type: 4, data: new Uint8Array(4) }),
  entry({ mr: 2, type: 0x80000007, data: utf8('Exit Boot Services Invocation') }),
  entry({ mr: 4, type: 6, data: utf8('later') }),
);

describe('reads', () => {
  const log = parseTcg2Log(good);

  it('register, type, digest and data of every entry', () => {
    expect(log.format).toBe('ccel');
    expect(log.end).toBe(good.length);
    expect(log.notExtended).toEqual([]);
    expect(log.events.map(({ index, register, type }) => [index, register, type])).toEqual([
      [0, 0, 4],
      [1, 1, 0x80000007],
      [2, 3, 6],
    ]);
    expect(toHex(log.events[2]?.data ?? new Uint8Array())).toBe(toHex(utf8('later')));
    expect(toHex(log.events[2]?.digest ?? new Uint8Array())).toBe(toHex(sha384(utf8('later'))));
  });

  it('the header', () => {
    const bytes = concatBytes(header({ vendorInfo: utf8('td-shim') }), entry());
    expect(parseTcg2Log(bytes).specId).toMatchObject({
      platformClass: 0,
      version: '2.0',
      errata: 0,
      digestSizes: new Map([[0x0c, 48]]),
      vendorInfo: utf8('td-shim'),
    });
  });

  it('a log without entries', () => {
    expect(parseTcg2Log(header())).toMatchObject({ events: [], end: header().length });
  });

  it('the same out of a larger buffer', () => {
    expect(parseTcg2Log(asView(good))).toEqual(log);
  });

  it('the SHA-384 digest among several, also of an algorithm that only the header explains', () => {
    const algorithms = [
      [0x04, 20],
      [0x0c, 48],
      [0x7777, 3],
    ] as const;
    const digests = [
      [0x7777, filled(3, 7)],
      [0x04, filled(20, 4)],
      [0x0c, filled(48, 12)],
    ] as const;
    const bytes = concatBytes(header({ algorithms }), entry({ digests }));
    expect(parseTcg2Log(bytes).events[0]?.digest).toEqual(filled(48, 12));
  });
});

describe('does not extend', () => {
  it.each([
    { name: 'EV_NO_ACTION in a register', mr: 1, type: 3, because: 'EV_NO_ACTION' },
    { name: 'a second EV_NO_ACTION without register', mr: 0, type: 3, because: 'EV_NO_ACTION' },
    {
      name: 'what is said to be in MRTD',
      mr: 0,
      type: 8,
      because: 'MRTD, closed before the TD runs',
    },
    { name: 'index -1', mr: 0xffffffff, type: 1, because: 'names no register' },
  ])('$name', ({ mr, type, because }) => {
    const log = parseTcg2Log(ccel(entry({ mr, type }), entry()));
    expect(log.notExtended).toMatchObject([{ index: 0, type, because }]);
    expect(log.events).toMatchObject([{ index: 1, register: 0 }]);
  });

  it('an EV_NO_ACTION that has no SHA-384 digest', () => {
    const algorithms = [
      [0x04, 20],
      [0x0c, 48],
    ] as const;
    const digests = [[0x04, filled(20, 0)]] as const;
    const log = parseTcg2Log(concatBytes(header({ algorithms }), entry({ type: 3, digests })));
    expect(log.notExtended).toHaveLength(1);
  });
});

describe('ends at', () => {
  it.each([
    ['the last byte', new Uint8Array()],
    ['0xFF to the end', filled(1000, 0xff)],
    ['the four bytes 0xFFFFFFFF', filled(4, 0xff)],
    ['eight bytes 0xFF', filled(8, 0xff)],
    ['zeros to the end', filled(1000, 0)],
    ['one zero', filled(1, 0)],
    ['0xFFFFFFFF before zeros', concatBytes(filled(4, 0xff), filled(100, 0))],
  ])('%s', (_, padding) => {
    const log = parseTcg2Log(concatBytes(good, padding));
    expect(log.end).toBe(good.length);
    expect(log.events).toHaveLength(3);
  });

  it.each([0x00, 0xff])('padding after data that ends in the same byte %i', (byte) => {
    const bytes = ccel(entry({ data: filled(40, byte) }));
    const log = parseTcg2Log(concatBytes(bytes, filled(64, byte)));
    expect(log.events).toHaveLength(1);
    expect(log.end).toBe(bytes.length);
  });

  it('a log area of 1 MiB', () => {
    const area = filled(1 << 20, 0xff);
    area.set(good);
    expect(parseTcg2Log(area).end).toBe(good.length);
  });
});

describe('refuses', () => {
  const after = header().length;
  const two = {
    algorithms: [
      [0x04, 20],
      [0x0c, 48],
    ],
  } as const;
  it.each([
    { name: 'nothing', bytes: new Uint8Array(), at: 'header.pcr_index' },
    { name: 'a log of the old form', bytes: header({ eventType: 4 }), at: 'header.event_type' },
    {
      name: 'a SHA-1 digest in the header',
      bytes: header({ sha1: filled(20, 1) }),
      at: 'header.digest',
    },
    {
      name: 'another signature',
      bytes: header({ signature: 'Spec ID Event02\0' }),
      at: 'header.signature',
    },
    { name: 'a header cut off', bytes: header().subarray(0, after - 1), at: 'header.event' },
    {
      name: 'a header without SHA-384',
      bytes: header({ algorithms: [[0x0b, 32]] }),
      at: 'header.algorithms',
    },
    {
      name: 'SHA-384 of 32 bytes',
      bytes: header({ algorithms: [[0x0c, 32]] }),
      at: 'header.algorithms[0].size',
    },
    {
      name: 'digests of no bytes',
      bytes: header({ algorithms: [[0x7777, 0]] }),
      at: 'header.algorithms[0].size',
    },
    {
      name: 'an algorithm listed twice',
      bytes: header({
        algorithms: [
          [0x0c, 48],
          [0x0c, 48],
        ],
      }),
      at: 'header.algorithms[1].id',
    },
    {
      name: 'four thousand million algorithms',
      bytes: header({ algorithmCount: 0xffffffff }),
      at: 'header.algorithms',
    },
    {
      name: 'more algorithms than there are',
      bytes: header({ algorithmCount: 2 }),
      at: 'header.algorithms[1].id',
    },
    {
      name: 'vendor info beyond the header',
      bytes: header({ vendorInfoSize: 9 }),
      at: 'header.vendor_info',
    },
    { name: 'a tail in the header', bytes: header({ tail: filled(1, 0) }), at: 'header' },
    {
      name: 'a register that a TD does not have',
      bytes: ccel(entry({ mr: 5 })),
      at: 'event[0].mr_index',
    },
    {
      name: 'an entry without digest',
      bytes: ccel(entry({ digests: [] })),
      at: 'event[0].digests.count',
    },
    {
      name: 'a count of digests that lies',
      bytes: ccel(entry({ count: 0xffffffff })),
      at: 'event[0].digests.count',
    },
    {
      name: 'an algorithm that the header does not list',
      bytes: ccel(entry({ digests: [[0x0b, filled(32, 1)]] })),
      at: 'event[0].digests[0].algorithm',
    },
    {
      name: 'two digests of one algorithm',
      bytes: concatBytes(
        header(two),
        entry({
          digests: [
            [0x0c, filled(48, 1)],
            [0x0c, filled(48, 2)],
          ],
        }),
      ),
      at: 'event[0].digests[1].algorithm',
    },
    {
      name: 'an extended entry without SHA-384',
      bytes: concatBytes(header(two), entry({ digests: [[0x04, filled(20, 1)]] })),
      at: 'event[0].digests',
    },
    { name: 'a size beyond the log', bytes: ccel(entry({ size: 6 })), at: 'event[0].event' },
    { name: 'a size of 4 GiB', bytes: ccel(entry({ size: 0xffffffff })), at: 'event[0].event' },
    { name: 'an entry cut off', bytes: good.subarray(0, good.length - 1), at: 'event[2].event' },
    {
      name: 'three bytes behind the last entry',
      bytes: concatBytes(good, utf8('abc')),
      at: 'event[3].mr_index',
    },
  ])('$name', ({ bytes, at }) => {
    expect(faultOf(() => parseTcg2Log(bytes))).toMatchObject({
      code: 'malformed',
      at: `event_log.${at}`,
    });
  });

  it.each([
    ['0xFF padding', 0xff],
    ['zero padding', 0x00],
  ])('an entry hidden behind %s, naming the place', (_, byte) => {
    const hidden = concatBytes(good, filled(64, byte), entry());
    const fault = faultOf(() => parseTcg2Log(hidden));
    expect(fault.at).toBe('event_log');
    expect(fault.detail).toBe(
      `entries end at 0x${good.length.toString(16)}, but the byte at ` +
        `0x${(good.length + 64).toString(16)} is not padding`,
    );
  });

  it('zeros before 0xFF: one padding follows the other the other way round only', () => {
    const fault = faultOf(() => parseTcg2Log(concatBytes(good, filled(16, 0), filled(16, 0xff))));
    expect(fault.detail).toContain('is not padding');
  });

  it('more bytes than a log area has', () => {
    const fault = faultOf(() => parseTcg2Log(new Uint8Array(EVENT_LOG_SIZE_LIMIT + 1)));
    expect(fault).toMatchObject({ code: 'malformed', at: 'event_log' });
  });

  it('more entries than a boot has', () => {
    const one = entry({ data: new Uint8Array() });
    const many = new Uint8Array(one.length * (EVENT_COUNT_LIMIT + 1));
    for (let at = 0; at < many.length; at += one.length) many.set(one, at);
    expect(faultOf(() => parseTcg2Log(ccel(many))).detail).toBe('more than 65536 entries');
  });
});

fuzz('refuses damage with a Fault and keeps what it reads in bounds', damaged(good), (bytes) => {
  const log = orRefused(() => parseTcg2Log(bytes));
  if (log === undefined) return;
  expect(log.end).toBeLessThanOrEqual(bytes.length);
  for (const event of log.events) expect(event.digest).toHaveLength(48);
});
