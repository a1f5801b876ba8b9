import { afterAll, afterEach, expect, it } from 'vitest';
import { killGateways } from '../gateway/campaign/gateway-process.ts';
import { readOutcome } from '../support/client/outcome.ts';
import { begun, END, wantTruthful } from '../support/long-stream.ts';
import {
  chat,
  IN_PROCESSES,
  type SessionsWorld,
  saidIn,
  sessionsWorld,
} from '../support/sessions-world.ts';

let world: SessionsWorld | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

afterAll(killGateways);

it('a gateway that dies while it relays: said as incomplete, and the next one serves', async () => {
  world = await sessionsWorld({ pace: 25, runners: { gateway: IN_PROCESSES.gateway } });
  const postern = await world.client();
  const { ended } = await begun(postern);
  await world.world.restartGateway();
  const outcome = await ended;
  wantTruthful(outcome);
  expect(outcome.code).toBe('incomplete.cut');
  const next = await readOutcome(chat(postern, 'short'));
  expect([next.code, next.status, saidIn(next.text)]).toEqual([
    undefined,
    200,
    expect.stringMatching(END),
  ]);
});

const STREAMS = 20;
const ROTATIONS = 4;
/** Whatever happens, it ends. */
const PATIENCE = 10 * 60_000;

it('keys that are replaced under twenty streams: each is whole, or says that it is not', async () => {
  const one = await sessionsWorld({
    pace: 10,
    agent: { keys: { life: '12s', overlap: '6s', inFlight: '6s' } },
  });
  world = one;
  const keysets = new Set<string>();
  const codes = new Map<string, number>();
  const end = Date.now() + PATIENCE;
  const isOver = () => keysets.size > 2 * ROTATIONS || Date.now() > end;
  const stream = async (number: number) => {
    const postern = await one.client();
    for (let i = 0; !isOver(); i++) {
      const words = Array.from({ length: 30 }, (_, at) => `s${number}-${i}-${at}`);
      const outcome = await readOutcome(chat(postern, words.join(' ')));
      wantTruthful(outcome, words.at(-1));
      const key = outcome.code ?? 'whole';
      codes.set(key, (codes.get(key) ?? 0) + 1);
      for (const { keys } of postern.verification().nodes) if (keys) keysets.add(keys.keyset);
    }
  };
  await Promise.all(Array.from({ length: STREAMS }, (_, number) => stream(number)));
  expect(keysets.size).toBeGreaterThan(2 * ROTATIONS);
  const { whole = 0, 'ledger.rotated': rotated = 0, ...broken } = Object.fromEntries(codes);
  expect(whole).toBeGreaterThan(STREAMS);
  // Keys of seconds may change faster than a busy machine is looked at.
  expect(rotated).toBeLessThan(whole / 20);
  // Streams of a fraction of a second end well within what keys live on.
  expect(broken).toEqual({});
});
