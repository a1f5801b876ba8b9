import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Member, MINUTE, member } from '../../support/fleet-bed.ts';
import { flood } from '../../support/flood.ts';
import { attestAt, enrolAt, keyOnly } from '../../support/gateway-caller.ts';
import { expectLogLines } from '../../support/log-lines.ts';
import { type WholeGateway, wholeGateway } from '../../support/whole-gateway.ts';

let here: WholeGateway;
let honest: Member;
let id = '';

beforeAll(async () => {
  honest = await member('honest', { endorsements: 'carried' });
  const more = 'limits: { rates: { node: 10000, address: 10000 } }';
  here = await wholeGateway({ model: honest, more });
  id = await enrolAt(here, honest, 'honest');
}, 120_000);

afterAll(() => here.close());

it('three hundred enrolments that are made up fill nothing, and keep nobody waiting in vain', async () => {
  const { bogus, honest: served } = await flood(here, 300, [{ id, member: honest }]);
  expect(new Set(served)).toEqual(new Set([200]));
  const { 401: unknown = 0, 403: others = 0, 400: refused = 0, 429: tooMany = 0 } = bogus;
  expect(unknown + others + refused + tooMany).toBe(300);
  expect(unknown).toBeGreaterThanOrEqual(150);
  expect([here.rows('nodes'), here.rows('challenge_keys')]).toEqual([1, 1]);
  // An enrolment, and of each attestation what was signed and the challenge that it answered.
  expect(here.rows('spent')).toBe(1 + 3 * served.length);
  expectLogLines(here.said);
}, 120_000);

it('a node that shows what is no good over and over has to wait, and fills no archive', async () => {
  const thief = keyOnly();
  const theirs = await enrolAt(here, thief, 'thief');
  const before = here.rows('decisions');
  const robber: Member = { ...honest, ...thief };
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) statuses.push((await attestAt(here, robber, theirs)).status);
  expect(statuses).toEqual([...Array(5).fill(403), ...Array(7).fill(429)]);
  expect(here.rows('decisions')).toBe(before + 5);
  here.clock.ahead += MINUTE;
  expect((await attestAt(here, robber, theirs)).status).toBe(403);
  expect((await attestAt(here, honest, id)).status).toBe(200);
});
