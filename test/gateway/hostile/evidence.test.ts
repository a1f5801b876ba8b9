import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { JSON_TYPE } from '../../../src/protocol/media-types.ts';
import { type Member, MINUTE, member } from '../../support/fleet-bed.ts';
import {
  attestAt,
  bearer,
  type Came,
  call,
  challengeOf,
  enrolAt,
  enrolmentBody,
  enrolmentChallenge,
  type KeyOnly,
  keyOnly,
  show,
} from '../../support/gateway-caller.ts';
import { type WholeGateway, wholeGateway } from '../../support/whole-gateway.ts';

let here: WholeGateway;
let other: WholeGateway;
let honest: Member;
let victim: Member;
let thief: Member;
let honestId = '';
let victimId = '';
let thiefId = '';

beforeAll(async () => {
  [honest, victim, thief] = await Promise.all([
    member('honest', { endorsements: 'carried' }),
    member('victim', { endorsements: 'carried' }),
    member('thief', { endorsements: 'carried' }),
  ]);
  const more = 'limits: { rates: { address: 10000, node: 10000, credential: 10000 } }';
  here = await wholeGateway({ model: honest, more });
  other = await wholeGateway({ model: honest, origin: 'https://other.example', more });
  honestId = await enrolAt(here, honest, 'honest');
  victimId = await enrolAt(here, victim, 'victim');
  thiefId = await enrolAt(here, thief, 'thief');
  for (const [id, one] of [
    [honestId, honest],
    [victimId, victim],
  ] as const) {
    expect((await attestAt(here, one, id)).status).toBe(200);
  }
}, 120_000);

afterAll(async () => {
  await here.close();
  await other.close();
});

const standing = async (id: string) =>
  (await call(here, { path: `/v1/nodes/${id}`, headers: bearer(here.keys.admin) })).json()
    .standing as { state: string };

async function expectRefused(came: Came, code: string | undefined, status = 403): Promise<void> {
  expect([came.status, came.text]).toEqual([status, expect.any(String)]);
  if (code !== undefined) expect(came.text).toContain(code);
  expect(came.text).not.toMatch(/eyJ|token/);
}

describe('a challenge is for one node, one purpose and one gateway', () => {
  const bundleFor = (one: Member, nonce: Uint8Array) =>
    one.machine.bundle({ nonce, purpose: `admission:${here.origin}` });

  it.each([
    ['one that an enrolment was given', async () => (await enrolmentChallenge(here, thief)).nonce],
    ['one of another node', async () => (await challengeOf(here, victim, victimId)).nonce],
    [
      'one of another gateway',
      async () => {
        const id = await enrolAt(
          other,
          thief,
          `thief${toHex(crypto.getRandomValues(new Uint8Array(4)))}`,
        );
        const { nonce } = await challengeOf(other, thief, id);
        await call(other, {
          method: 'DELETE',
          path: `/v1/nodes/${id}?reason=because%20of%20the%20test`,
          headers: bearer(other.keys.admin),
        });
        return nonce;
      },
    ],
    ['one that was made up', async () => crypto.getRandomValues(new Uint8Array(32))],
    [
      'one with its time moved',
      async () => {
        const { nonce } = await challengeOf(here, thief, thiefId);
        return nonce.with(15, (nonce[15] ?? 0) ^ 1);
      },
    ],
    [
      'one with its seal cut short by a bit',
      async () => {
        const { nonce } = await challengeOf(here, thief, thiefId);
        return nonce.with(31, (nonce[31] ?? 0) ^ 1);
      },
    ],
  ])('attests with no other: %s', async (_what, nonceOf) => {
    const nonce = await nonceOf();
    const came = await show(here, thief, { node: thiefId, nonce, bundle: bundleFor(thief, nonce) });
    expect([came.status, came.json().at]).toEqual([400, 'nonce']);
    expect(await standing(thiefId)).toMatchObject({ state: 'enrolled' });
  });

  it.each([
    ['of an attestation', async () => (await challengeOf(here, thief, thiefId)).nonce],
    ['of another key', async () => (await enrolmentChallenge(here, victim)).nonce],
    ['of another gateway', async () => (await enrolmentChallenge(other, thief)).nonce],
    [
      'that was spent',
      async (one: KeyOnly) => {
        const { nonce } = await enrolmentChallenge(here, one);
        const name = `spends-${toHex(nonce.subarray(0, 4))}`;
        const body = enrolmentBody(one, { origin: here.origin, nonce, name });
        const headers = { ...bearer(here.keys.node), 'content-type': JSON_TYPE };
        const first = await call(here, { method: 'POST', path: '/v1/nodes', headers, body });
        expect(first.status).toBe(201);
        return nonce;
      },
    ],
  ] as const)('enrols with none %s', async (what, nonceOf) => {
    const one = what === 'that was spent' ? keyOnly() : thief;
    const nonce = await nonceOf(one);
    const body = enrolmentBody(one, { origin: here.origin, nonce, name: 'again' });
    const headers = { ...bearer(here.keys.node), 'content-type': JSON_TYPE };
    const came = await call(here, { method: 'POST', path: '/v1/nodes', headers, body });
    expect([400, 409]).toContain(came.status);
    expect(came.json().at).toBe(what === 'that was spent' ? 'spent' : 'nonce');
  });

  it('nor for an enrolment that was signed for another gateway', async () => {
    const one = keyOnly();
    const { nonce } = await enrolmentChallenge(here, one);
    const body = enrolmentBody(one, { origin: other.origin, nonce, name: 'elsewhere' });
    const headers = { ...bearer(here.keys.node), 'content-type': JSON_TYPE };
    const came = await call(here, { method: 'POST', path: '/v1/nodes', headers, body });
    expect([came.status, came.json().at]).toEqual([400, 'signature']);
    expect(came.json().detail).toContain('at https://');
  });

  it('once: the same answer again, and eight at once, come to one decision', async () => {
    const { nonce, purpose } = await challengeOf(here, honest, honestId);
    const bundle = honest.machine.bundle({ nonce, purpose });
    const before = here.rows('decisions');
    const all = await Promise.all(
      Array.from({ length: 8 }, () => show(here, honest, { node: honestId, nonce, bundle })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(400)]);
    const again = await show(here, honest, { node: honestId, nonce, bundle });
    expect([again.status, again.json().at]).toEqual([400, 'nonce']);
    expect(here.rows('decisions')).toBe(before + 1);
  });

  it('and for a while', async () => {
    const { nonce, purpose } = await challengeOf(here, honest, honestId);
    const bundle = honest.machine.bundle({ nonce, purpose });
    here.clock.ahead += 2 * MINUTE + 1;
    const late = await show(here, honest, { node: honestId, nonce, bundle });
    expect([late.status, late.json().at]).toEqual([400, 'nonce']);
    expect((await attestAt(here, honest, honestId)).status).toBe(200);
  });
});

describe('evidence is of one machine, drawn for here and now', () => {
  const shown = async (bundleOf: (nonce: Uint8Array, purpose: string) => Uint8Array) => {
    const { nonce, purpose } = await challengeOf(here, thief, thiefId);
    return show(here, thief, { node: thiefId, nonce, bundle: bundleOf(nonce, purpose) });
  };

  it.each([
    [
      'of another challenge',
      'bundle.nonce',
      (_nonce: Uint8Array, purpose: string) =>
        thief.machine.bundle({ nonce: new Uint8Array(32).fill(1), purpose }),
    ],
    [
      'for another gateway',
      'bundle.purpose',
      (nonce: Uint8Array) =>
        thief.machine.bundle({ nonce, purpose: 'admission:https://other.example' }),
    ],
    [
      'for enrolling',
      'bundle.purpose',
      (nonce: Uint8Array) => thief.machine.bundle({ nonce, purpose: `enrolment:${here.origin}` }),
    ],
    [
      'for a client',
      'bundle.purpose',
      (nonce: Uint8Array) => thief.machine.bundle({ nonce, purpose: 'client' }),
    ],
    [
      'of another node',
      'fleet.hardware.taken',
      (nonce: Uint8Array, purpose: string) => victim.machine.bundle({ nonce, purpose }),
    ],
    [
      'with another machine’s quote under its keys',
      'bundle.binding.report_data',
      (nonce: Uint8Array, purpose: string) =>
        withQuoteOf(thief.machine.bundle({ nonce, purpose }), victim.machine.bundle({ purpose })),
    ],
    [
      'with keys that the quote does not vouch for',
      'bundle.binding.report_data',
      (nonce: Uint8Array, purpose: string) => otherKeyset(thief.machine.bundle({ nonce, purpose })),
    ],
    [
      'with a bit of its quote turned',
      'tdx.quote.signature',
      (nonce: Uint8Array, purpose: string) => turned(thief.machine.bundle({ nonce, purpose })),
    ],
  ])('not %s', async (_what, code, bundleOf) => {
    // Failures of before must not have it wait for now.
    here.clock.ahead += 30 * MINUTE;
    const came = await shown(bundleOf);
    await expectRefused(came, code);
    expect(await standing(thiefId)).toMatchObject({ state: 'enrolled' });
  });

  it('shows in what others can act on', async () => {
    const came = await call(here, {
      path: '/v1/misbehaviour?limit=100',
      headers: bearer(here.keys.validator),
    });
    const whats = (came.json().items as string[]).map((statement) => {
      const [, payload = ''] = statement.split('.');
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        what: string;
        sub: string;
      };
    });
    expect(new Set(whats.map(({ what }) => what))).toEqual(
      new Set(['evidence.replayed', 'evidence.unbound', 'evidence.forged', 'hardware.shared']),
    );
    expect(new Set(whats.map(({ sub }) => sub))).toEqual(new Set([thiefId]));
  });

  it('an honest node is served after all of it, and its own standing was nobody else’s to change', async () => {
    here.clock.ahead += 30 * MINUTE;
    expect((await attestAt(here, honest, honestId)).status).toBe(200);
    expect((await attestAt(here, victim, victimId)).status).toBe(200);
  });
});

function withQuoteOf(one: Uint8Array, two: Uint8Array): Uint8Array {
  return Buffer.from(JSON.stringify({ ...parsed(one), cpu: parsed(two)['cpu'] }));
}

function otherKeyset(bundle: Uint8Array): Uint8Array {
  const document = parsed(bundle) as { binding: { keyset: string } };
  const keyset = Buffer.from(document.binding.keyset, 'base64').toString();
  const other = keyset.replace('postern-simulator', 'postern-simulatoR');
  document.binding.keyset = Buffer.from(other).toString('base64');
  return Buffer.from(JSON.stringify(document));
}

function parsed(bundle: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(bundle).toString());
}

/** One bit within the signed body of its quote. */
function turned(bundle: Uint8Array): Uint8Array {
  const document = parsed(bundle) as { cpu: { quote: string } };
  const quote = Buffer.from(document.cpu.quote, 'base64');
  quote.writeUInt8(quote.readUInt8(400) ^ 1, 400);
  document.cpu.quote = quote.toString('base64');
  return Buffer.from(JSON.stringify(document));
}
