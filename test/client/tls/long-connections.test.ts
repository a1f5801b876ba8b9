import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionNonce } from '../../../src/appraisal/binding/session-nonce.ts';
import {
  type AttestedTls,
  type AttestedTlsOptions,
  openAttestedTls,
} from '../../../src/client/tls/attested-tls.ts';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { refusal, StandInGateway } from '../../support/client/gateway.ts';
import { codeOfRejection } from '../../support/client/outcome.ts';
import { endOf, said, type TlsBed, tlsBed } from '../../support/client/tls-bed.ts';
import {
  servingTls,
  type TlsBox,
  type TlsKey,
  tlsBox,
  tlsKey,
} from '../../support/client/tls-box.ts';

let bed: TlsBed;
let other: TlsKey;
let gateway: StandInGateway;
const open: TlsBox[] = [];

beforeAll(async () => {
  bed = await tlsBed();
  other = await tlsKey();
}, 120_000);

beforeEach(async () => {
  gateway = new StandInGateway();
  await gateway.admit(bed.machine);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function box(genuine = true): Promise<TlsBox> {
  const made = await tlsBox(bed.key, genuine ? { machine: bed.machine } : {});
  open.push(made);
  return made;
}

function opened(more: Partial<AttestedTlsOptions> = {}): Promise<AttestedTls> {
  const { fetch } = gateway;
  return openAttestedTls({ ...bed.tls, fetch, now: () => gateway.now, ...more });
}

describe('a connection is shown to end in the machine', () => {
  it('by evidence over what both ends derive from its handshake', async () => {
    const tls = await opened();
    const socket = await tls.connect((await box()).address);
    await tls.proveSession(socket);
    expect(await said(socket, 'hello')).toBe('hello');
    const purposes = gateway.asked
      .filter(({ path }) => path.endsWith('/evidence'))
      .map(({ body }) => JSON.parse(new TextDecoder().decode(body)).purpose);
    expect([...new Set(purposes)]).toEqual(['client', 'tls-session']);
    socket.destroy();
  });

  it('before anything is sent, where all have to be', async () => {
    const socket = await (await opened({ proveSession: true })).connect((await box()).address);
    expect(await said(socket, 'hello')).toBe('hello');
    socket.destroy();
  });

  it('or is refused: who has stolen the key has not begun it in the machine', async () => {
    const thief = await box(false);
    const all = await opened({ proveSession: true });
    expect(await codeOfRejection(all.connect(thief.address))).toBe('session.unproven');
    expect(thief.received()).toBe(0);
    const tls = await opened();
    const socket = await tls.connect(thief.address);
    const end = endOf(socket);
    expect(await codeOfRejection(tls.proveSession(socket))).toBe('session.unproven');
    expect(await end).toMatchObject({ code: 'session.unproven', stage: 'session' });
  });

  it('by evidence about no other connection', async () => {
    const { address } = await box();
    const tls = await opened();
    const [mine, theirs] = [await tls.connect(address), await tls.connect(address)];
    const asked: string[] = [];
    gateway.answering = async ({ path, body }, honest) => {
      if (path.endsWith('/evidence')) asked.push(new TextDecoder().decode(body));
      return honest();
    };
    await tls.proveSession(theirs);
    // Evidence about the other connection, in answer to the same nonce.
    gateway.answering = async ({ path, body }, honest) => {
      if (!path.endsWith('/evidence')) return honest();
      const { nonce } = JSON.parse(new TextDecoder().decode(body));
      const { session } = JSON.parse(asked[0] ?? '');
      const exporter = fromHex(session, 'session');
      const challenge = sessionNonce('tls-session', exporter, fromHex(nonce, 'nonce'));
      return new Response(bed.machine.attest(challenge, 'tls-session') as BodyInit);
    };
    const end = endOf(mine);
    await expect(tls.proveSession(mine)).rejects.toThrow(/session.unproven.*freshness.challenge/);
    expect(await end).toMatchObject({ code: 'session.unproven' });
    theirs.destroy();
  });

  it('is not asked about somebody’s own', async () => {
    const [one, two] = [await opened(), await opened()];
    const socket = await one.connect((await box()).address);
    expect(await codeOfRejection(two.proveSession(socket))).toBe('session.usage');
    socket.destroy();
  });
});

describe('a connection is closed when its machine', () => {
  const soon = { watchEvery: 5 };

  it('is proposed no more: revoked, or its admission over', async () => {
    const tls = await opened(soon);
    const socket = await tls.connect((await box()).address);
    expect(await said(socket, 'hello')).toBe('hello');
    const end = endOf(socket);
    gateway.withdraw(bed.machine);
    // What was proposed before is gone by for half a minute.
    gateway.now += 31_000;
    expect(await end).toMatchObject({ code: 'session.ended', stage: 'session' });
  });

  it('can’t be verified anew when its time is over', async () => {
    const tls = await opened(soon);
    const socket = await tls.connect((await box()).address);
    const end = endOf(socket);
    gateway.answering = async () => refusal(502, 'unreachable');
    gateway.now += 31_000;
    await looks(3);
    expect(socket.destroyed).toBe(false);
    gateway.now += 10 * 60_000;
    expect(await end).toMatchObject({ code: 'session.ended' });
  });

  it('serves with other keys', async () => {
    const changing = await tlsBed();
    await gateway.admit(changing.machine);
    const { policy, anchors } = changing.tls;
    const tls = await opened({ ...soon, policy, ...(anchors && { anchors }) });
    const { address } = await box();
    expect(await codeOfRejection(tls.connect(address))).toBe('connect.key');
    const own = await tlsBox(changing.key);
    open.push(own);
    const socket = await tls.connect(own.address);
    const end = endOf(socket);
    changing.machine.serving = [servingTls(other)];
    changing.machine.rotate();
    await gateway.admit(changing.machine);
    gateway.now += 11 * 60_000;
    expect(await end).toMatchObject({ code: 'session.ended' });
  });

  it('and stays open while it is verified anew', async () => {
    const tls = await opened(soon);
    const socket = await tls.connect((await box()).address);
    gateway.now += 11 * 60_000;
    await looks(2);
    expect(await said(socket, 'hello')).toBe('hello');
    expect(gateway.paths().filter((path) => path.endsWith('/evidence')).length).toBe(2);
    socket.destroy();
  });

  /** So many more questions reach the gateway. */
  async function looks(count: number): Promise<void> {
    const before = gateway.asked.length;
    while (gateway.asked.length < before + count) await new Promise((done) => setTimeout(done, 5));
  }
});
