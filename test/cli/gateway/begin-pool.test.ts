import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { beginPool, type PoolHome } from '../../../src/cli/gateway/begin-pool.ts';
import type { PoolStart } from '../../../src/cli/gateway/pool-policy.ts';
import type { Io } from '../../../src/cli/io.ts';
import { Fault } from '../../../src/core/fault.ts';
import type { PoolPolicy } from '../../../src/gateway/fleet/store.ts';
import { poolPolicyOf } from '../../support/fleet.ts';
import { member, policyFile } from '../../support/fleet-bed.ts';

const file = policyFile(await member('one'), 'base');
const start: PoolStart = {
  pool: { name: 'tdx', identity: 'required' },
  file,
  revocations: [],
  read: readPolicy(file),
  signedBy: [],
};
const decides = poolPolicyOf('tdx', 1);

/** A fleet in which activating comes to these answers, one after the other. */
function homeOf(...answers: readonly (PoolPolicy | Fault)[]) {
  const asked: Uint8Array[] = [];
  const home: PoolHome = {
    store: { poolPolicy: async () => (asked.length === 0 ? undefined : decides) },
    service: {
      activatePolicy: async (_pool, _by, handed) => {
        const answer = answers[asked.length];
        asked.push(handed);
        if (answer === undefined || answer instanceof Fault) throw answer;
        return answer;
      },
    },
  };
  return { home, asked };
}

async function begun(home: PoolHome): Promise<string> {
  let said = '';
  const err = (text: string) => {
    said += text;
  };
  await beginPool({ err } as unknown as Io, home, start);
  return said;
}

const raced = new Fault('conflict', 'pools[tdx]', 'has sha256:… by now, not none');

describe('a gateway that starts', () => {
  it('lets the policy of its file decide, and says so', async () => {
    const { home, asked } = homeOf(decides);
    expect(await begun(home)).toContain('pool tdx: base revision 1 decides');
    expect(asked).toEqual([file]);
  });

  it('looks again where another one that starts was before it, and says nothing', async () => {
    const { home, asked } = homeOf(raced, decides);
    expect(await begun(home)).toBe('');
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['an older revision', new Fault('conflict', 'policy.metadata.revision', 'is no later one')],
    ['another pool', new Fault('conflict', 'pools[snp]', 'has another')],
  ])('does not start over what is no such race: %s', async (_name, fault) => {
    const { home, asked } = homeOf(fault, decides);
    await expect(begun(home)).rejects.toBe(fault);
    expect(asked).toHaveLength(1);
  });

  it('gives up where somebody is always before it', async () => {
    const { home, asked } = homeOf(...Array.from({ length: 9 }, () => raced));
    await expect(begun(home)).rejects.toBe(raced);
    expect(asked.length).toBeLessThan(9);
  });
});
