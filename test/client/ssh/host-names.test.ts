import { describe, expect, it } from 'vitest';
import { isHostName } from '../../../src/client/ssh/config-text.ts';
import { hostNames } from '../../../src/client/ssh/host-names.ts';

const ID = 'ab'.repeat(16);
const named = (...names: readonly string[]) =>
  names.map((name, i) => ({ node: `${i}`.repeat(32), name }));
const called = (names: readonly string[], pool = 'db', short = false) =>
  hostNames(named(...names), pool, short).map((one) => one.names);

describe('what machines are called in ssh_config', () => {
  it('is their name behind the pool’s, and by itself where short names are wanted', () => {
    expect(called(['one', 'box-2'])).toEqual([['db.one'], ['db.box-2']]);
    expect(called(['one'], 'db', true)).toEqual([['one', 'db.one']]);
    expect(called(['one'], 'db.eu')).toEqual([['db.eu.one']]);
  });

  it.each([
    ['corp.example.com'],
    ['one.'],
    ['.one'],
    [ID],
    [ID.toUpperCase()],
    ['a b'],
    ['*'],
    [''],
  ])('is their id for one that is named %j', (name) => {
    for (const short of [false, true]) {
      expect(called([name], 'db', short)).toEqual([[`db.${'0'.repeat(32)}`]]);
    }
  });

  it('is their id where two share a name, however they write it', () => {
    expect(called(['one', 'One', 'two'], 'db', true)).toEqual([
      [`db.${'0'.repeat(32)}`],
      [`db.${'1'.repeat(32)}`],
      ['two', 'db.two'],
    ]);
  });

  it.each([['a.'], ['a..b'], ['a.-b'], ['a.b.c.d.e.f.g.h']])(
    'is their id alone where no host’s name begins with %j',
    (pool) => {
      expect(called(['one'], pool)).toEqual([['0'.repeat(32)]]);
      expect(called(['one'], pool, true)).toEqual([['one', '0'.repeat(32)]]);
    },
  );

  it('is always the name of a host, and of one machine', () => {
    const names = ['one', 'ONE', 'x.y', ID, 'two', '', 'db.two', '0'.repeat(32)];
    for (const pool of ['db', 'a.', 'x_-', '0', 'two']) {
      const all = called(names, pool, true).flat();
      expect(all.every(isHostName)).toBe(true);
      expect(new Set(all).size).toBe(all.length);
    }
  });
});
