import { describe, expect, it } from 'vitest';
import { PosternError } from '../../src/client/errors.ts';
import { admissionEnd } from '../../src/client/machine-watch.ts';
import type { VerifiedMachine } from '../../src/client/verifying.ts';
import { NODE } from '../support/client/bed.ts';
import { POOL } from '../support/client/gateway.ts';

const EVERY = 1000;

describe('a machine is watched', () => {
  const machine = { node: NODE, pool: POOL, until: 10 * EVERY } as VerifiedMachine;

  /** @returns when it ended, and as what, where each look fails with this code. */
  async function endUnder(code: PosternError['code']) {
    let now = 0;
    const pick = async () => {
      throw new PosternError(code, 'so it is');
    };
    const end = await admissionEnd(
      machine,
      () => true,
      {
        machines: { pick },
        credential: async () => undefined,
        now: () => now,
        pause: async (ms) => {
          now += ms;
        },
        every: EVERY,
      },
      new AbortController().signal,
    );
    return { at: now, code: end?.code };
  }

  it.each<[PosternError['code']]>([
    ['appraisal.indeterminate'],
    ['evidence.unreachable'],
    ['candidates.refused'],
  ])('until its time is over, where all that is said is %s', async (code) => {
    expect(await endUnder(code)).toEqual({ at: machine.until, code: 'session.ended' });
  });

  it.each<[PosternError['code']]>([['appraisal.reject'], ['candidates.none'], ['ledger.fork']])(
    'until %s',
    async (code) => {
      expect(await endUnder(code)).toEqual({ at: EVERY, code: 'session.ended' });
    },
  );
});
