import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { departures, firstDeparture } from '../../../../src/evidence/tdx/event-log/departure.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { ccel, entry, measured } from './build.ts';

const one = entry({ mr: 1, data: utf8('one') });
const two = entry({ mr: 2, data: utf8('two') });
const three = entry({ mr: 1, data: utf8('three') });
const log = (...entries: readonly Uint8Array[]) => readEventLog(ccel(...entries));
const expected = log(one, two, three);

it('finds none in the same log', () => {
  expect(firstDeparture(expected, expected)).toBeUndefined();
});

it('finds none where only the order among registers differs', () => {
  expect(firstDeparture(log(two, one, three), expected)).toBeUndefined();
});

it('finds none where only what no digest covers differs', () => {
  const digest = new Uint8Array(48).fill(1);
  const said = (text: string) => log(measured(1, 0x80000003, digest, utf8(text)));
  expect(firstDeparture(said('here'), said('there'))).toBeUndefined();
});

describe('finds', () => {
  const changed = entry({ mr: 1, data: utf8('\x1b[31mother') });

  it('an event that changed, and shows both', () => {
    const departure = firstDeparture(log(one, two, changed), expected);
    expect(departure).toMatchObject({ register: 0, position: 1, kind: 'changed' });
    expect(departure?.expected?.index).toBe(2);
    expect(departure?.got?.index).toBe(2);
    expect(departure?.want).toMatch(/^[0-9a-f]{96} EV_ACTION "three" \(digest covers data\)$/);
    expect(departure?.have).toMatch(
      /^[0-9a-f]{96} EV_ACTION "\\x1b\[31mother" \(digest covers data\)$/,
    );
  });

  it('an event that is missing at the end', () => {
    const departure = firstDeparture(log(one, two), expected);
    expect(departure).toMatchObject({
      register: 0,
      position: 1,
      kind: 'missing',
      have: 'no further event',
    });
    expect(departure).not.toHaveProperty('got');
  });

  it('an event too many', () => {
    const departure = firstDeparture(log(one, two, three, two), expected);
    expect(departure).toMatchObject({
      register: 1,
      position: 1,
      kind: 'extra',
      want: 'no further event',
    });
    expect(departure).not.toHaveProperty('expected');
  });

  it('an event put in between, as a change there', () => {
    expect(firstDeparture(log(one, changed, two, three), expected)).toMatchObject({
      register: 0,
      position: 1,
      kind: 'changed',
    });
  });

  it('that no digest covers what a changed event says', () => {
    const claim = measured(1, 0xd, new Uint8Array(48), utf8('MokList'));
    expect(firstDeparture(log(claim, two, three), expected)?.have).toContain(
      'EV_IPL "MokList" (digest covers nothing)',
    );
  });

  it('the earliest of several, though a later register has it', () => {
    const damagedLog = log(one, entry({ mr: 2, data: utf8('x') }), changed);
    expect(departures(damagedLog, expected).map(({ register }) => register)).toEqual([0, 1]);
    expect(firstDeparture(damagedLog, expected)).toMatchObject({ register: 1, position: 0 });
  });
});
