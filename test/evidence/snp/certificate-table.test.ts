import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  CERTIFICATE_GUIDS,
  entryOf,
  parseCertificateTable,
  type TableEntryName,
} from '../../../src/evidence/snp/certificate-table.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { GUIDS, goodTable, type TableSlot, tableOf } from '../../support/snp.ts';
import { asView } from '../../support/view.ts';

const { vcek, ask, ark } = GUIDS;
const UNKNOWN = hex('0f1e2d3c 4b5a 4978 8697 a5b4c3d2e1f0');
/** Two entries and the end. */
const HEADER = 3 * 24;
const FIRST = utf8('the first');
const SECOND = utf8('and the second');
const BEHIND = concatBytes(FIRST, SECOND);
const SIZE = HEADER + BEHIND.length;

const first = { guid: vcek, offset: HEADER, length: FIRST.length };
const second = { guid: ask, offset: HEADER + FIRST.length, length: SECOND.length };
const good = tableOf([first, second], BEHIND);

/** The same entry where the header has a third one. */
function behindOneMore(slot: TableSlot): TableSlot {
  return { ...slot, offset: slot.offset + 24 };
}

function refused(table: Uint8Array): string {
  const { code, at, detail } = faultOf(() => parseCertificateTable(table));
  expect(code).toBe('malformed');
  return `${at}: ${detail}`;
}

describe('a good table', () => {
  const entries = [
    { guid: CERTIFICATE_GUIDS.vcek, name: 'vcek', data: FIRST },
    { guid: CERTIFICATE_GUIDS.ask, name: 'ask', data: SECOND },
  ];

  it('has its entries in the order of its header', () => {
    expect(parseCertificateTable(good).entries).toEqual(entries);
  });

  it('is read out of a larger buffer alike', () => {
    expect(parseCertificateTable(asView(good)).entries).toEqual(entries);
  });

  it('may have its bytes in another order than its header', () => {
    const swapped = tableOf(
      [
        { ...first, offset: HEADER + SECOND.length },
        { ...second, offset: HEADER },
      ],
      concatBytes(SECOND, FIRST),
    );
    expect(parseCertificateTable(swapped).entries).toEqual(entries);
  });

  it('may have zeros between its entries and behind them', () => {
    const padded = tableOf(
      [
        { ...first, offset: HEADER + 8 },
        { ...second, offset: HEADER + 64 },
      ],
      concatBytes(
        new Uint8Array(8),
        FIRST,
        new Uint8Array(56 - FIRST.length),
        SECOND,
        new Uint8Array(4096),
      ),
    );
    expect(parseCertificateTable(padded).entries).toEqual(entries);
  });

  it.each(Object.keys(GUIDS) as TableEntryName[])('knows %s by its GUID', (name) => {
    const table = parseCertificateTable(goodTable([[GUIDS[name], FIRST]]));
    expect(table.entries).toEqual([{ guid: CERTIFICATE_GUIDS[name], name, data: FIRST }]);
    expect(entryOf(table, name)).toEqual(FIRST);
  });

  it('keeps what it does not know, and does not use it', () => {
    const table = parseCertificateTable(goodTable([[UNKNOWN, FIRST]]));
    const guid = '0f1e2d3c-4b5a-4978-8697-a5b4c3d2e1f0';
    expect(table.entries).toEqual([{ guid, name: undefined, data: FIRST }]);
    expect(entryOf(table, 'vcek')).toBeUndefined();
  });

  it.each([24, 4096])('of no entries may be %i zeros', (size) => {
    expect(parseCertificateTable(new Uint8Array(size)).entries).toEqual([]);
  });
});

describe('damage', () => {
  it.each([
    [
      'an entry in the header',
      { offset: HEADER - 1 },
      "[0]: entry G begins inside the table's header",
    ],
    ['an entry at the start', { offset: 0 }, "[0]: entry G begins inside the table's header"],
    ['an entry of no bytes', { length: 0 }, '[0]: entry G of no bytes'],
    [
      'the end of an entry at 2^32',
      { offset: 0xfffffff0, length: 0x10 },
      '[0]: entry G ends at 4294967296, behind the S bytes',
    ],
    [
      'a sum that wraps at 2^32',
      { offset: 0xfffffff0, length: 0x10 + SIZE },
      `[0]: entry G ends at ${2 ** 32 + SIZE}, behind the S bytes`,
    ],
    [
      'a length that wraps to before the start',
      { length: 0xffffffff },
      `[0]: entry G ends at ${HEADER + 0xffffffff}, behind the S bytes`,
    ],
    [
      'an offset behind the end',
      { offset: SIZE },
      `[0]: entry G ends at ${SIZE + FIRST.length}, behind the S bytes`,
    ],
    [
      'an overlap by one byte',
      { length: FIRST.length + 1 },
      `: entry ${CERTIFICATE_GUIDS.ask} overlaps another`,
    ],
    [
      'a gap with bytes in it',
      { length: FIRST.length - 1 },
      `: bytes other than zero between ${HEADER + FIRST.length - 1} and ${HEADER + FIRST.length}`,
    ],
  ])('%s', (_, change, text) => {
    const table = tableOf([{ ...first, ...change }, second], BEHIND);
    const expected = text.replace('G', CERTIFICATE_GUIDS.vcek).replace('S bytes', `${SIZE} bytes`);
    expect(refused(table)).toBe(`certificate_table${expected}`);
  });

  it('an entry that ends one byte behind the end', () => {
    const past = { ...second, length: SECOND.length + 1 };
    expect(refused(tableOf([first, past], BEHIND))).toBe(
      `certificate_table[1]: entry ${CERTIFICATE_GUIDS.ask} ends at ${SIZE + 1}, behind the ${SIZE} bytes`,
    );
  });

  it('an entry within another', () => {
    const within = { guid: ark, offset: HEADER + 1, length: 1 };
    expect(refused(tableOf([first, second, within].map(behindOneMore), BEHIND))).toBe(
      `certificate_table: entry ${CERTIFICATE_GUIDS.ark} overlaps another`,
    );
  });

  it('two entries at one place', () => {
    const twin = { ...first, guid: ark };
    expect(refused(tableOf([first, twin], FIRST))).toContain('overlaps another');
  });

  it('one GUID twice, an unknown one too', () => {
    for (const guid of [vcek, UNKNOWN]) {
      const table = goodTable([
        [guid, FIRST],
        [guid, SECOND],
      ]);
      expect(refused(table)).toMatch(/^certificate_table\[1\]: entry .* twice$/);
    }
  });

  it('bytes before the first entry, or behind the last', () => {
    const early = tableOf(
      [{ ...first, offset: HEADER }],
      concatBytes(utf8('x'.padStart(24)), FIRST),
    );
    expect(refused(early)).toContain('bytes other than zero between');
    const tail = concatBytes(good, Uint8Array.of(0, 0, 1));
    expect(refused(tail)).toBe(
      `certificate_table: bytes other than zero between ${SIZE} and ${SIZE + 3}`,
    );
  });

  it.each(Array.from({ length: 3 * 24 }, (_, length) => length))(
    'a header that ends after %i bytes',
    (length) => {
      expect(refused(good.subarray(0, length))).toBe(
        'certificate_table: ends without an entry of zeros',
      );
    },
  );

  it.each([
    ['GUID', 0],
    ['offset', 16],
    ['length', 20],
  ])('an end with a %s is none', (_, at) => {
    refused(good.with(2 * 24 + at, 1));
  });

  it('more bytes than any host delivers', () => {
    const most = 1024 * 1024;
    const padded = new Uint8Array(most);
    padded.set(good);
    expect(parseCertificateTable(padded).entries).toHaveLength(2);
    expect(refused(new Uint8Array(most + 1))).toBe(
      `certificate_table: want at most ${most} bytes, got ${most + 1}`,
    );
  });

  it('more entries than any host delivers', () => {
    const entries = (count: number) =>
      goodTable(
        Array.from({ length: count }, (_, i) => [UNKNOWN.with(15, i), Uint8Array.of(i)] as const),
      );
    expect(parseCertificateTable(entries(64)).entries).toHaveLength(64);
    expect(refused(entries(65))).toBe('certificate_table: more than 64 entries');
  });
});

describe('GUIDs in the byte order of Microsoft’s structures', () => {
  const mixed = (guid: Uint8Array) =>
    Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (at) => guid[at] ?? 0);

  it.each([
    ['vcek', [mixed(vcek), FIRST]],
    ['ask', [mixed(ask), FIRST]],
  ] as const)('are refused by name: %s', (name, slot) => {
    const fault = faultOf(() => parseCertificateTable(goodTable([[ark, SECOND], [...slot]])));
    expect(fault).toMatchObject({
      at: 'certificate_table[1]',
      detail: `the GUID of ${name} in mixed-endian byte order, want that of RFC 4122`,
    });
  });
});

it('no table has no entries', () => {
  expect(entryOf(undefined, 'vcek')).toBeUndefined();
});
