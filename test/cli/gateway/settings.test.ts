import { expect, it } from 'vitest';
import { resolveConfig } from '../../../src/cli/gateway/config.ts';
import {
  fleetTimes,
  httpLimits,
  requestLimit,
  verificationThreads,
} from '../../../src/cli/gateway/settings.ts';
import { LIMITS } from '../../../src/gateway/http/limits.ts';
import { WHOLE } from './configs.ts';

const config = resolveConfig(WHOLE, '/gate');

it('has the times that the fleet asks for', () => {
  expect(fleetTimes(config)).toEqual({
    challengeTtl: 60_000,
    clockSkew: 5000,
    challengeKeyLife: 12 * 3_600_000,
    claim: 125_000,
    retry: 10_000,
    retryMost: 3_600_000,
    admissionMost: 300_000,
    overrideMost: 3_600_000,
  });
});

it('has the limits that the HTTP app asks for, and leaves the others', () => {
  const { body, connection, verification, stream, closeWithin, ...others } = httpLimits(config);
  const sealed = 66 * 1024 ** 2;
  expect(body).toEqual({ ...LIMITS.body, bundle: 8 * 1024 ** 2, all: 64 * 1024 ** 2, sealed });
  expect(closeWithin).toBe(30_000);
  expect(connection).toEqual({ ...LIMITS.connection, count: 10 });
  expect(verification).toEqual({ ...LIMITS.verification, running: 2, waiting: 0 });
  expect(stream).toEqual({ ...LIMITS.stream, count: 5 });
  expect(LIMITS).toMatchObject(others);
});

it('has rates of each kind of caller, apart', () => {
  const limit = requestLimit({ rates: { address: 1, node: 2, credential: 3 } });
  const ask = (by: 'address' | 'node' | 'credential', name: string, now: number) =>
    limit({ by, name, operation: 'none' }, now);
  expect([ask('address', 'a', 0), ask('address', 'a', 0), ask('address', 'b', 0)]).toEqual([
    undefined,
    60_000,
    undefined,
  ]);
  expect([1, 2, 3].map(() => ask('node', 'a', 0))).toEqual([undefined, undefined, 30_000]);
  expect([1, 2, 3, 4].map(() => ask('credential', 'a', 0)).at(-1)).toBe(20_000);
  expect(ask('address', 'a', 60_000)).toBeUndefined();
});

it.each([
  ['one less than there are cores', 'auto', 8, 4, 3],
  ['at least one', 'auto', 8, 1, 1],
  ['no more than verify at once', 'auto', 8, 64, 8],
  ['as many as are said', 12, 8, 4, 12],
  ['none where none is said', 0, 8, 4, 0],
] as const)('has threads: %s', (_name, threads, verifications, cores, want) => {
  expect(verificationThreads({ threads, verifications }, cores)).toBe(want);
});
