import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { parseWatchState, writeWatchState } from '../../../src/ledger/watch/watch-state.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { asView } from '../../support/view.ts';

const STATE = {
  origin: 'log.example/“watched”',
  size: 7,
  root: new Uint8Array(32).fill(0xab),
  note: utf8('log.example\n7\n…\n'),
  grownAt: 1_790_000_000_123,
};

const text = new TextDecoder().decode(writeWatchState(STATE));

const edited = (edit: (value: Record<string, unknown>) => void): Uint8Array => {
  const value = JSON.parse(text);
  edit(value);
  return utf8(`${JSON.stringify(value, Object.keys(value).sort())}\n`);
};

it('a state is one line of canonical JSON', () => {
  expect(text).toMatch(
    /^\{"grownAt":1790000000123,"note":"[^"]+","origin":".+","root":"(ab){32}","size":7,"v":1\}\n$/,
  );
  expect(parseWatchState(asView(utf8(text)))).toEqual(STATE);
});

const later = (size: number) => ({ size, root: STATE.root, note: utf8(`${size}\n`) });

it('one with pending states is of version 2, and comes back', () => {
  const state = { ...STATE, pending: [later(8), later(11)] };
  const bytes = writeWatchState(state);
  expect(new TextDecoder().decode(bytes)).toMatch(/"size":7,"v":2\}\n$/);
  expect(parseWatchState(bytes)).toEqual(state);
  expect(writeWatchState({ ...STATE, pending: [] })).toEqual(utf8(text));
});

it.each([
  { what: 'of the size that was believed', pending: [later(7)] },
  { what: 'in another order', pending: [later(11), later(8)] },
  { what: 'twice', pending: [later(8), later(8)] },
  { what: 'too many', pending: Array.from({ length: 9 }, (_, i) => later(8 + i)) },
])('pending states $what are refused', ({ pending }) => {
  const bytes = writeWatchState({ ...STATE, pending });
  expect(faultOf(() => parseWatchState(bytes))).toMatchObject({
    code: 'malformed',
    at: 'state.pending',
  });
});

it.each([
  { what: 'nothing', bytes: new Uint8Array(), at: 'state' },
  { what: 'no object', bytes: utf8('[]\n'), at: 'state' },
  { what: 'a cut line', bytes: utf8(text.slice(0, -3)), at: 'state' },
  { what: 'text behind it', bytes: utf8(`${text}x`), at: 'state' },
  { what: 'no newline', bytes: utf8(text.trimEnd()), at: 'state' },
  { what: 'spaces', bytes: utf8(text.replace(',', ', ')), at: 'state' },
  { what: 'a member that is not known', bytes: edited((s) => (s['x'] = 1)), at: 'state' },
  { what: 'a member twice', bytes: utf8(text.replace('{', '{"v":1,')), at: 'state' },
  { what: 'another version', bytes: edited((s) => (s['v'] = 3)), at: 'state.v' },
  {
    what: 'version 2 and nothing pending',
    bytes: edited((s) => (s['v'] = 2)),
    at: 'state.pending',
  },
  {
    what: 'something pending in version 1',
    bytes: edited((s) => (s['pending'] = [])),
    at: 'state',
  },
  { what: 'no version', bytes: edited((s) => delete s['v']), at: 'state.v' },
  { what: 'no origin', bytes: edited((s) => delete s['origin']), at: 'state.origin' },
  { what: 'a size below nothing', bytes: edited((s) => (s['size'] = -1)), at: 'state.size' },
  { what: 'half a leaf', bytes: edited((s) => (s['size'] = 1.5)), at: 'state.size' },
  { what: 'a size as text', bytes: edited((s) => (s['size'] = '7')), at: 'state.size' },
  {
    what: 'a root of 31 bytes',
    bytes: edited((s) => (s['root'] = 'ab'.repeat(31))),
    at: 'state.root',
  },
  { what: 'a root in capitals', bytes: edited((s) => (s['root'] = 'AB'.repeat(32))), at: 'state' },
  { what: 'a note that is no base64', bytes: edited((s) => (s['note'] = '!')), at: 'state.note' },
  { what: 'no time', bytes: edited((s) => delete s['grownAt']), at: 'state.grownAt' },
])('$what is no state', ({ bytes, at }) => {
  expect(faultOf(() => parseWatchState(bytes))).toMatchObject({ code: 'malformed', at });
});

fuzz('a state that is read is written in the same bytes', damaged(utf8(text)), (bytes) => {
  const state = orRefused(() => parseWatchState(bytes));
  if (state === undefined) return;
  expect(writeWatchState(state)).toEqual(bytes);
});
