import { describe, expect, it } from 'vitest';
import { sha384 } from '#crypto';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { compareWithRtmrs } from '../../../../src/evidence/tdx/event-log/compare.ts';
import { readEventLog } from '../../../../src/evidence/tdx/event-log/read.ts';
import { replay } from '../../../../src/evidence/tdx/event-log/replay.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { ccel, dstack, dstackEvent, entry } from './build.ts';

const zero = new Uint8Array(48);
const [a, b] = [utf8('a'), utf8('b')];
const firmware = readEventLog(
  ccel(entry({ mr: 1, data: a }), entry({ mr: 2, data: b }), entry({ mr: 1, data: b })),
);
const runtime = readEventLog(dstack(dstackEvent()));

it('extends from zero, in the order of the log', () => {
  const first = sha384(concatBytes(zero, sha384(a)));
  expect(replay(firmware.events)).toEqual([
    sha384(concatBytes(first, sha384(b))),
    sha384(concatBytes(zero, sha384(b))),
    zero,
    zero,
  ]);
});

it('replays nothing for EV_NO_ACTION', () => {
  const log = readEventLog(ccel(entry({ mr: 1, type: 3 }), entry({ mr: 0xffffffff, type: 4 })));
  expect(replay(log.events)).toEqual([zero, zero, zero, zero]);
});

const outcomes = (log: typeof firmware, rtmrs: readonly Uint8Array[]) =>
  compareWithRtmrs(log, rtmrs).map(({ outcome }) => outcome);

describe('compares', () => {
  it('a log with the registers that it tells of', () => {
    const values = replay(firmware.events);
    const comparisons = compareWithRtmrs(firmware, values);
    expect(comparisons.map(({ register, events }) => [register, events])).toEqual([
      [0, 2],
      [1, 1],
      [2, 0],
      [3, 0],
    ]);
    expect(comparisons[0]).toEqual({
      register: 0,
      replayed: values[0],
      quoted: values[0],
      events: 2,
      outcome: 'equal',
    });
  });

  it.each([0, 1, 2])('RTMR%i of a CCEL log: one bit is a difference', (register) => {
    const rtmrs = replay(firmware.events).map((value) => Uint8Array.from(value));
    rtmrs[register]?.set([1 ^ (rtmrs[register]?.[0] ?? 0)]);
    const expected = ['equal', 'equal', 'equal', 'equal'].with(register, 'different');
    expect(outcomes(firmware, rtmrs)).toEqual(expected);
  });

  it('RTMR3 of a CCEL log: a difference accuses nobody, and is said', () => {
    const rtmrs = [...replay(firmware.events).slice(0, 3), new Uint8Array(48).fill(7)];
    const [, , , last] = compareWithRtmrs(firmware, rtmrs);
    expect(last).toMatchObject({
      outcome: 'not-covered',
      because: expect.stringContaining('RTMR3'),
    });
  });

  it('RTMR3 of a CCEL log that tells of it: equal is equal', () => {
    const log = readEventLog(ccel(entry({ mr: 4 })));
    expect(outcomes(log, replay(log.events))).toEqual(['equal', 'equal', 'equal', 'equal']);
  });

  it('RTMR3 of a dstack log: a difference is a difference', () => {
    expect(outcomes(runtime, [zero, zero, zero, zero])).toEqual([
      'equal',
      'equal',
      'equal',
      'different',
    ]);
  });
});

it.each([
  ['three registers', [zero, zero, zero]],
  ['a register of 32 bytes', [zero, zero, zero, new Uint8Array(32)]],
])('takes %s for a bug of the caller', (_, rtmrs) => {
  expect(faultOf(() => compareWithRtmrs(firmware, rtmrs)).code).toBe('internal');
});
