import { expect, it } from 'vitest';
import { FAULTS, Fault, malformed } from '../../src/core/fault.ts';

it('says where and what, together and apart', () => {
  const cause = new Error('below');
  const fault = new Fault('unreachable', 'endorsements.tcb_info', 'HTTP 503', { cause });
  expect(fault).toBeInstanceOf(Error);
  expect(fault).toMatchObject({
    name: 'Fault',
    code: 'unreachable',
    at: 'endorsements.tcb_info',
    detail: 'HTTP 503',
    message: 'endorsements.tcb_info: HTTP 503',
    cause,
  });
});

it('malformed() blames the input', () => {
  expect(malformed('quote', 'too short')).toMatchObject({ code: 'malformed', at: 'quote' });
});

it('keeps the exit codes that scripts rely on', () => {
  const exits = Object.entries(FAULTS).map(([code, { exit }]) => [code, exit]);
  expect(Object.fromEntries(exits)).toEqual({
    malformed: 1,
    unsupported: 1,
    conflict: 1,
    missing: 1,
    unauthenticated: 64,
    forbidden: 64,
    usage: 64,
    unreachable: 69,
    busy: 69,
    internal: 70,
  });
});

it('quotes a stranger’s text only so far', () => {
  const fault = malformed('x'.repeat(1e6), 'y'.repeat(1e6));
  expect(fault.at).toBe(`${'x'.repeat(2048)}…`);
  expect(fault.message.length).toBeLessThan(4200);
});
