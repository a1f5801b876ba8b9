import { expect, it } from 'vitest';
import { FAULTS, Fault, type FaultCode, isPassing, malformed } from '../../src/core/fault.ts';

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
    'too-soon': 69,
    internal: 70,
  });
});

it('knows what may pass by itself', () => {
  const passing = Object.keys(FAULTS).filter((code) =>
    isPassing(new Fault(code as FaultCode, 'at', 'detail')),
  );
  expect(passing).toEqual(['unreachable', 'busy', 'too-soon']);
  expect(isPassing(new Error('unreachable'))).toBe(false);
});

it('quotes a stranger’s text only so far', () => {
  const fault = malformed('x'.repeat(1e6), 'y'.repeat(1e6));
  expect(fault.at).toBe(`${'x'.repeat(2048)}…`);
  expect(fault.message.length).toBeLessThan(4200);
});
