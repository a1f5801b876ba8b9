import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes/text.ts';
import { writeAttestCall } from '../../src/protocol/attest-call.ts';
import { SSHD } from '../support/ssh/sshd.ts';
import { BOX, type WholeSshBed, wholeSshBed } from '../support/ssh/whole-bed.ts';

/** On a loaded machine. */
const LONG = 120_000;

describe.skipIf(SSHD === undefined)('ssh to a machine whose host keys are its agent’s', () => {
  let bed: WholeSshBed;
  beforeAll(async () => {
    bed = await wholeSshBed(SSHD ?? '');
  }, 240_000);
  afterAll(() => bed?.close());
  beforeEach(() => {
    bed.relay.target = bed.sshd.port;
  });

  const command = ['echo "this is $BOX"'];
  const node = async () => {
    const [one] = await bed.whole.world.nodes();
    return one?.id ?? '';
  };

  it(
    'runs a command, on a connection that the machine answers for itself',
    async () => {
      const ran = await bed.ssh(['--prove-session', BOX], command);
      expect(ran, ran.err).toMatchObject({ exit: 0, out: 'this is one\n' });
      expect(ran.err).toContain(`${await node()} answers for this very connection`);
    },
    LONG,
  );

  it(
    'is refused where its address leads to another box, and says why',
    async () => {
      bed.relay.target = bed.other.port;
      const ran = await bed.ssh(['--prove-session', BOX], command);
      expect(ran).toMatchObject({ exit: 255, out: '' });
      expect(ran.err).toContain(
        `the machine at ${bed.relay.address} is not ${await node()}, which was verified`,
      );
      expect(bed.other.said()).not.toContain('Accepted');
    },
    LONG,
  );

  it(
    'is refused where somebody names another box’s address for it',
    async () => {
      const { address } = bed.other;
      const named = await bed.ssh(['--address', address, BOX], command);
      expect(named).toMatchObject({ exit: 255, out: '' });
      bed.whole.relay.meddle = async (asked, forward) => {
        const answered = await forward();
        if (!asked.path.startsWith('/v1/candidates')) return answered;
        const text = Buffer.concat(await Array.fromAsync(answered.body)).toString('utf8');
        const body = utf8(text.replaceAll(bed.relay.address, address));
        const { 'content-length': _, ...headers } = answered.headers;
        return {
          ...answered,
          headers,
          body: (async function* () {
            yield body;
          })(),
        };
      };
      const lied = await bed.ssh([BOX], command);
      bed.whole.relay.meddle = (_asked, forward) => forward();
      expect(lied).toMatchObject({ exit: 255, out: '' });
      for (const { err } of [named, lied]) {
        expect(err).toContain(`the machine at ${address} is not ${await node()}`);
      }
      expect(bed.other.said()).not.toContain('Accepted');
    },
    LONG,
  );

  it('has no evidence of a connection that its key did not begin, and says that it is not there', async () => {
    const { world } = bed.whole;
    const [nonce, session] = [new Uint8Array(32), new Uint8Array(32)];
    const answer = await fetch(`${world.url}/v1/nodes/${await node()}/evidence`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${world.clientKey}`,
      },
      body: writeAttestCall({ nonce, purpose: 'ssh-session', session }) as BodyInit,
    });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      type: 'urn:postern:problem:missing',
      at: 'session',
      detail: 'the machine has no such connection',
    });
  });
});
