import { connect as plainConnect } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PosternError } from '../../../src/client/errors.ts';
import { type AttestedTlsOptions, openAttestedTls } from '../../../src/client/tls/attested-tls.ts';
import { connectAttested } from '../../../src/client/tls/index.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { NODE } from '../../support/client/bed.ts';
import { StandInGateway } from '../../support/client/gateway.ts';
import { StandInMachine } from '../../support/client/machine.ts';
import { openAiServer } from '../../support/client/openai-server.ts';
import { codeOfRejection } from '../../support/client/outcome.ts';
import { type Switchboard, switchboard } from '../../support/client/switchboard.ts';
import { said, type TlsBed, tlsBed } from '../../support/client/tls-bed.ts';
import {
  type BoxOptions,
  servingTls,
  TLS_HOST,
  type TlsBox,
  type TlsKey,
  tlsBox,
  tlsKey,
} from '../../support/client/tls-box.ts';
import { certify, party } from '../../support/pki.ts';

let bed: TlsBed;
let stranger: TlsKey;
let gateway: StandInGateway;
const open: { close: () => Promise<void> }[] = [];

beforeAll(async () => {
  bed = await tlsBed();
  stranger = await tlsKey();
}, 120_000);

beforeEach(async () => {
  gateway = new StandInGateway();
  await gateway.admit(bed.machine);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

function options(more: Partial<AttestedTlsOptions> = {}): AttestedTlsOptions {
  return { ...bed.tls, fetch: gateway.fetch, now: () => gateway.now, ...more };
}

async function box(key: TlsKey, more: BoxOptions = {}): Promise<TlsBox> {
  const made = await tlsBox(key, more);
  open.push(made);
  return made;
}

async function board(to: TlsBox): Promise<Switchboard> {
  const made = await switchboard(to.port);
  open.push(made);
  return made;
}

describe('a connection to a verified machine', () => {
  it('is one of TLS 1.3 to the key that its evidence names', async () => {
    const { address } = await box(bed.key);
    const socket = await connectAttested({ ...options(), ...address });
    expect(await said(socket, 'hello')).toBe('hello');
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(socket.authorized).toBe(false);
    socket.destroy();
  });

  it('goes where its operator says, unless the caller does', async () => {
    const { port } = await box(bed.key);
    bed.machine.services = { tls: `127.0.0.1:${port}` };
    const socket = await connectAttested(options());
    expect(await said(socket, 'hello')).toBe('hello');
    socket.destroy();
    bed.machine.services = {};
    expect(await codeOfRejection(connectAttested(options()))).toBe('connect.usage');
  });

  it('tells the server whom it is asked for, and asks no certificate about it', async () => {
    const { address, sockets } = await box(bed.key);
    const at = { ...address, servername: 'whatever.example' };
    const socket = await connectAttested({ ...options(), ...at });
    await said(socket, 'hello');
    expect(sockets[0]?.servername).toBe('whatever.example');
    socket.destroy();
  });

  it.each<[string, BoxOptions]>([
    ['a renewed certificate', { serial: '4321' }],
    ['one that is over', { notAfter: new Date('2021-01-01T00:00:00Z') }],
    ['another name in it', { subject: [{ CN: ['somebody.example'] }] }],
  ])('takes %s of the same key', async (_, wishes) => {
    const { address } = await box(bed.key, wishes);
    const socket = await connectAttested({ ...options(), ...address });
    expect(await said(socket, 'hello')).toBe('hello');
    socket.destroy();
  });

  it('takes another address of the same key', async () => {
    const tls = await openAttestedTls(options());
    const one = await box(bed.key);
    const other = await box(bed.key, { host: '127.0.0.2' });
    for (const { address } of [one, other]) {
      const socket = await tls.connect(address);
      expect(await said(socket, 'hello')).toBe('hello');
      socket.destroy();
    }
  });

  it('needs no verification while one holds', async () => {
    const { address } = await box(bed.key);
    const tls = await openAttestedTls(options());
    for (const socket of [await tls.connect(address), await tls.connect(address)]) socket.destroy();
    expect(gateway.paths().filter((path) => path.endsWith('/evidence'))).toHaveLength(1);
    gateway.now += 11 * 60_000;
    (await tls.connect(address)).destroy();
    expect(gateway.paths().filter((path) => path.endsWith('/evidence'))).toHaveLength(2);
  });

  it('of a pool is to whichever of its machines has the key', async () => {
    const key = await tlsKey();
    const second = await StandInMachine.create('bb'.repeat(16), openAiServer, {
      serving: [servingTls(key)],
    });
    await gateway.admit(second);
    const { node: _, ...pool } = options();
    const tls = await openAttestedTls(pool);
    for (const each of [bed.key, key, bed.key]) {
      const { address } = await box(each);
      const socket = await tls.connect(address);
      expect(await said(socket, 'hello')).toBe('hello');
      socket.destroy();
    }
    const { address } = await box(stranger);
    expect(await codeOfRejection(tls.connect(address))).toBe('connect.key');
  });
});

describe('nothing is sent to', () => {
  async function refused(
    at: TlsBox,
    more: Partial<AttestedTlsOptions> = {},
  ): Promise<PosternError> {
    const failure = await connectAttested({ ...options(more), ...at.address }).catch((e) => e);
    expect(failure).toBeInstanceOf(PosternError);
    // Whatever would have come is there once the server has seen the end.
    await Promise.all(
      at.sockets.map((one) => one.closed || new Promise((done) => one.once('close', done))),
    );
    expect(at.received()).toBe(0);
    return failure;
  }

  it('a box with another key, whatever names and dates it has', async () => {
    const failure = await refused(await box(stranger));
    expect(failure).toMatchObject({ code: 'connect.key', stage: 'connect', node: NODE });
    expect(failure.message).toMatch(
      /answers with key [0-9a-f]{64}, want [0-9a-f]{64} of machine-aaaa/,
    );
  });

  it('a box that everybody’s certificate authority vouches for', async () => {
    const authority = await party('Authority');
    const fraud = await box(stranger, { issuer: authority, subject: [{ CN: [TLS_HOST] }] });
    const ca = toPem(await certify(authority, authority, { kind: 'ca' }), 'CERTIFICATE');
    const trusting = plainConnect({ ...fraud.address, ca, checkServerIdentity: () => undefined });
    await new Promise((resolve) => trusting.once('secureConnect', resolve));
    expect(trusting.authorized).toBe(true);
    trusting.destroy();
    expect(await refused(fraud)).toMatchObject({ code: 'connect.key' });
  });

  it('a box that speaks TLS 1.2', async () => {
    const old = await box(bed.key, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    expect(await refused(old)).toMatchObject({ code: 'connect.handshake' });
  });

  it('a machine that lists its key, and does not show that it has it', async () => {
    const { serving } = bed.machine;
    bed.machine.serving = [];
    try {
      expect(await refused(await box(bed.key))).toMatchObject({ code: 'connect.key' });
    } finally {
      bed.machine.serving = serving;
    }
  });

  it('a machine that the policy does not take', async () => {
    const policy = JSON.parse(new TextDecoder().decode(bed.policy));
    policy.spec.deployment = { platformInstanceIds: ['ab'.repeat(16)] };
    const file = new TextEncoder().encode(JSON.stringify(policy));
    expect(await refused(await box(bed.key), { policy: { file } })).toMatchObject({
      stage: 'appraisal',
    });
  });

  it('an address where nobody is', async () => {
    const gone = await tlsBox(bed.key);
    await gone.close();
    expect(await refused(gone)).toMatchObject({ code: 'connect.unreachable' });
  });
});

describe('a redirect after genuine attestation', () => {
  it('is refused at the next connection, with no session to take up', async () => {
    const genuine = await box(bed.key);
    const fraud = await box(stranger);
    const between = await board(genuine);
    const tls = await openAttestedTls(options());
    const at = { host: '127.0.0.1', port: between.port };
    const socket = await tls.connect(at);
    // Tickets come with the first bytes of the server.
    expect(await said(socket, 'hello')).toBe('hello');
    socket.destroy();
    between.to = fraud.port;
    expect(await codeOfRejection(tls.connect(at))).toBe('connect.key');
    expect(fraud.received()).toBe(0);
    between.to = genuine.port;
    const again = await tls.connect(at);
    expect(again.isSessionReused()).toBe(false);
    again.destroy();
  });
});

it('a machine that made new keys is verified anew, once', async () => {
  const changing = await tlsBed();
  await gateway.admit(changing.machine);
  const tls = await openAttestedTls({ ...options(), ...policyAndRoots(changing) });
  const before = await box(changing.key);
  (await tls.connect(before.address)).destroy();
  const key = await tlsKey();
  changing.machine.serving = [servingTls(key)];
  changing.machine.rotate();
  await gateway.admit(changing.machine);
  gateway.now += 31_000;
  const socket = await tls.connect((await box(key)).address);
  expect(await said(socket, 'hello')).toBe('hello');
  socket.destroy();
  expect(gateway.paths().filter((path) => path.endsWith('/evidence'))).toHaveLength(2);
  // The key of before is nobody's by now.
  expect(await codeOfRejection(tls.connect(before.address))).toBe('connect.key');
});

it('a foreign key costs no verification while the last one is young', async () => {
  const tls = await openAttestedTls(options());
  const foreign = await box(stranger);
  const looks = async () => {
    for (let i = 0; i < 4; i++) {
      expect(await codeOfRejection(tls.connect(foreign.address))).toBe('connect.key');
    }
    return gateway.paths().filter((path) => path.endsWith('/evidence')).length;
  };
  expect(await looks()).toBe(1);
  gateway.now += 31_000;
  expect(await looks()).toBe(2);
});

function policyAndRoots({ tls: { policy, anchors } }: TlsBed) {
  return { policy, ...(anchors && { anchors }) };
}

it('gives up when its caller does', async () => {
  const { address } = await box(bed.key);
  const tls = await openAttestedTls(options());
  await tls.verify();
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(tls.connect({ ...address, signal })).rejects.toThrow('enough');
});
