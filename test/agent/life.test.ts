import { describe, expect, it } from 'vitest';
import { parseKeyset } from '../../src/appraisal/binding/keyset.ts';
import { writeKeyset } from '../../src/appraisal/binding/write-keyset.ts';
import { verifyUsage } from '../../src/protocol/session/usage.ts';
import {
  type AgentBedOptions,
  ask,
  innerRequest,
  keysOf,
  opened,
  ready,
  sealed,
  send,
  textOf,
  until,
} from '../support/agent-bed.ts';

const stream = (model = 'simulated') => ({
  body: { model, stream: true, messages: [{ role: 'user', content: 'a b c' }] },
});

describe('keys', () => {
  it('end when their time is over, though the clock stands still', async () => {
    const bed = await ready();
    const first = bed.agent.keyset();
    const old = sealed(bed, innerRequest(bed, stream()));
    for (let minute = 0; minute < 61; minute++) {
      bed.clock.advance(60_000);
      bed.clock.now -= 60_000;
      await new Promise(setImmediate);
    }
    await until(() => bed.agent.keyset() !== undefined && bed.agent.keyset() !== first);
    expect((await send(bed, old.bytes)).status).toBe(400);
  });

  it.each([
    ['accounts', { accounts: 16 }, (i: number) => `a${i}`],
    ['requests', { encapsulations: 16 }, () => 'a'],
  ] as const)(
    'follow each other only so far where somebody floods it with %s',
    async (_, keys, name) => {
      const bed = await ready({ written: { keys } });
      const made = () => bed.agent.metrics.of('keys');
      let i = 0;
      const flood = async (): Promise<number> => {
        const headers = { 'postern-account': name(i++) };
        return (await send(bed, sealed(bed, new Uint8Array(1)).bytes, { headers })).status;
      };
      // Until it is turned away, for as long as two sets of keys live; the keys stay the agent's choice.
      for (let minute = 0; minute < 140; minute += 2) {
        while ((await flood()) !== 503);
        bed.clock.advance(2 * 60_000);
        await until(() => bed.agent.keyset() !== undefined);
      }
      expect(made()).toBeGreaterThan(3);
      expect(made()).toBeLessThan(14);
      expect((await ask(bed, stream())).status).toBe(200);
    },
  );
});

describe('an agent that ends', () => {
  it('lets a session end, and takes no other', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, stream('fault:long-events')));
    const late = sealed(bed, innerRequest(bed, stream()));
    const came = send(bed, request.bytes);
    await until(() => bed.upstream.seen.length === 1);
    const closing = bed.agent.close();
    const refused = await send(bed, late.bytes).then(
      ({ status }) => status,
      () => 'no connection',
    );
    expect([503, 'no connection']).toContain(refused);
    expect(opened(request, await came).status).toBe(200);
    await closing;
    expect(bed.lines.at(-1)).toContain('agent closed');
  });

  it('cuts off what goes on behind its deadline', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, stream('fault:hangs-mid-stream')));
    const came = send(bed, request.bytes);
    await until(() => bed.agent.metrics.running === 1 && bed.upstream.seen.length === 1);
    const closing = bed.agent.close();
    bed.clock.advance(bed.config.limits.closeWithin);
    await closing;
    const { whole, trailers } = await came;
    expect([whole, trailers]).toEqual([false, {}]);
  });

  it('ends what is under way when the keys are erased', async () => {
    const bed = await ready();
    const request = sealed(bed, innerRequest(bed, stream('fault:hangs-mid-stream')));
    const came = send(bed, request.bytes);
    await until(() => bed.upstream.seen.length === 1);
    bed.clock.advance(51 * 60_000);
    await until(() => bed.lines.filter((line) => line.includes('keys in force')).length === 2);
    bed.clock.advance(20 * 60_000);
    expect((await came).whole).toBe(false);
    await until(() => bed.agent.metrics.of('sessions_aborted') === 1);
  });
});

describe('an agent before a server of any kind', () => {
  const plain = {
    written: {
      serves: 'plain',
      allow: { requests: ['GET /v1/files/*/content', 'POST /v1/files'] },
    },
  } satisfies AgentBedOptions;

  it('relays bytes that are no JSON', async () => {
    const bed = await ready(plain);
    const answer = await ask(bed, { method: 'GET', path: '/v1/files/file-simulated/content' });
    expect([answer.status, answer.content.length]).toEqual([200, 100_000]);
    expect(answer.content.every((byte) => byte === 7)).toBe(true);
    const total = answer.chunks.reduce((sum, one) => sum + one, 0);
    expect(total).toBeGreaterThan(100_000);
    const content = new Uint8Array(5000).fill(255);
    const sent = await ask(bed, { path: '/v1/files', edit: (m) => ({ ...m, content }) });
    expect(JSON.parse(textOf(sent)).id).toBe('file-simulated');
  });

  it.each([
    ['a model', { model: 'm1' }, 'm1'],
    ['a model, and a member that means something else there', { model: 'm1', stream: 1 }, 'm1'],
    ['a model that is no name', { model: 'модель' }, ''],
    ['no model', { stream: true }, ''],
  ])('names in its statement the model of JSON: %s', async (_name, body, model) => {
    const bed = await ready(plain);
    const { came } = await ask(bed, { path: '/v1/files', body });
    const { receiptKey } = keysOf(bed.agent.keyset());
    expect(verifyUsage(came.trailers['postern-usage'] ?? '', receiptKey)).toMatchObject({ model });
  });

  it('and nothing that was not allowed', async () => {
    const bed = await ready(plain);
    expect((await ask(bed, stream())).status).toBe(403);
  });
});

it('a keyset is read as it was written, with keys of other uses', () => {
  const contents = {
    deployment: 'd',
    validity: { from: 1_000_000, to: 2_000_000 },
    agentConfigSha256: new Uint8Array(32).fill(1),
    keys: [
      { use: 'tls', spkiSha256: new Uint8Array(32).fill(2), host: 'a.example' },
      { use: 'ssh-host', algorithm: 'ssh-ed25519', blobSha256: new Uint8Array(32).fill(3) },
      { use: 'receipt', publicKey: new Uint8Array(32).fill(4) },
    ],
  } as const;
  const { sha384, ...read } = parseKeyset(writeKeyset(contents));
  expect(sha384).toHaveLength(48);
  expect(read).toEqual(contents);
  expect(() => writeKeyset({ ...contents, deployment: 'a b' })).toThrow(/keyset.deployment/);
});
