import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MovedAddress } from '../../support/ssh/moved-address-child.ts';
import { OWN_NETWORK, whyNoOwnNetwork } from '../../support/ssh/own-network.ts';
import { SSHD } from '../../support/ssh/sshd.ts';

const CHILD = fileURLToPath(new URL('../../support/ssh/moved-address-child.ts', import.meta.url));
/** Until it is ended, in milliseconds: it takes a tenth of that, but on a loaded machine. */
const PATIENCE = 120_000;

const why = whyNoOwnNetwork();
if (why !== undefined) {
  process.stderr.write(
    `\n*** WARNING: no network of one's own here (${why}). A moved address of ssh is SKIPPED. ***\n\n`,
  );
}

describe.skipIf(SSHD === undefined || why !== undefined)(
  'an address of a network that is moved from the verified machine to another box',
  () => {
    let seen: MovedAddress;
    beforeAll(async () => {
      seen = await movedAddress();
    }, PATIENCE + 10_000);

    it('is another box’s, which lets the same user in', () => {
      expect(seen.credulous).toMatchObject({ exit: 0, out: 'this is other\n' });
    });

    it.each(['postern ssh', 'ssh-config', 'known-hosts'] as const)(
      'is the machine’s by %s, and then nobody’s',
      (way) => {
        const { node, before, after } = seen;
        expect(before[way], before[way].err).toMatchObject({ exit: 0, out: 'this is one\n' });
        expect(after[way]).toMatchObject({ exit: 255, out: '' });
        expect(after[way].err).toContain(`is not ${node}, which was verified`);
      },
    );

    it('has nobody authenticated there who wanted the machine', () => {
      expect(seen.letIn).toBe(false);
    });
  },
);

/** What it begins is a group of processes, none of which is left; their networks go with them. */
async function movedAddress(): Promise<MovedAddress> {
  const [program = '', ...argv] = OWN_NETWORK;
  const node = [process.execPath, '--conditions=postern-src', CHILD, SSHD ?? ''];
  const child = spawn(program, [...argv, ...node], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // None of them is there.
    }
  };
  const late = setTimeout(end, PATIENCE);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  try {
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`it ended (${code}): ${err}`);
    return JSON.parse(out) as MovedAddress;
  } finally {
    clearTimeout(late);
    end();
  }
}
