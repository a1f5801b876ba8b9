import { createHash, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { lengthPrefixed } from '../../../src/core/bytes/length-prefixed.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';

import { jsonOf } from '../fake-io.ts';
import { type Asked, GATE, json, NODE, NODE_KEY, nodes, problem } from './fake-gateway.ts';

const NONCE = '5a'.repeat(32);
const ENROL = ['enrol', 'rack-7', '--key', 'node.pem', '--pool', 'serving', '--cpu', 'tdx'];
const answers = {
  'POST /v1/challenges': () =>
    json({ nonce: NONCE, purpose: `enrolment:${GATE}`, expiresAt: '2026-06-01T00:02:00Z' }),
  'POST /v1/nodes': () => json(NODE, 201),
};
const bodyOf = (one: Asked | undefined) => JSON.parse(Buffer.from(one?.body ?? []).toString());

describe('nodes enrol', () => {
  it('signs all that is enrolled, for this gateway and this challenge, with the machine’s key', async () => {
    const asked: Asked[] = [];
    const argv = [
      ...ENROL,
      '--gpus',
      '8',
      '--switches',
      '4',
      '--endpoint',
      'https://10.0.0.7',
      '--json',
    ];
    const ran = await nodes(argv, answers, { asked });
    expect([ran.exit, ran.err]).toEqual([0, '']);
    expect(jsonOf(ran)).toEqual(NODE);
    const [first, second] = asked;
    const key = { algorithm: 'ed25519', publicKey: NODE_KEY.publicKey };
    expect(bodyOf(first)).toEqual({ key });
    const { signature, ...sent } = bodyOf(second);
    expect(sent).toEqual({
      name: 'rack-7',
      key,
      pool: 'serving',
      endpoint: 'https://10.0.0.7',
      inventory: { cpu: 'tdx', gpus: 8, switches: 4 },
      nonce: NONCE,
    });
    const document = `{"endpoint":"https://10.0.0.7","inventory":{"cpu":"tdx","gpus":8,"switches":4},"key":{"algorithm":"ed25519","publicKey":"${NODE_KEY.publicKey}"},"name":"rack-7","pool":"serving"}`;
    const digest = createHash('sha384').update(document).digest();
    const parts = [utf8('postern/enrolment/v1'), utf8(GATE), fromHex(NONCE, 'nonce'), digest];
    const message = lengthPrefixed(...parts);
    expect(verify(null, message, NODE_KEY.object, fromHex(signature, 'signature'))).toBe(true);
  });

  it('has no devices and no endpoint that nobody names', async () => {
    const asked: Asked[] = [];
    await nodes(ENROL, answers, { asked });
    const { inventory, ...sent } = bodyOf(asked[1]);
    expect(inventory).toEqual({ cpu: 'tdx', gpus: 0, switches: 0 });
    expect(sent).not.toHaveProperty('endpoint');
  });

  it('says what is taken already', async () => {
    const taken = () => problem('conflict', { at: 'nodes.name', detail: 'another has it' });
    const { exit, err } = await nodes(ENROL, { ...answers, 'POST /v1/nodes': taken });
    expect([exit, err]).toEqual([1, 'postern: nodes.name: another has it\n']);
  });

  it.each([
    [['enrol', 'a'], '--cpu is missing'],
    [['enrol', 'a', '--cpu', 'sgx'], '--cpu: want tdx or snp, got "sgx"'],
    [['enrol', 'a', '--cpu', 'tdx'], '--pool is missing'],
    [['enrol', 'a', '--cpu', 'tdx', '--pool', 'p'], '--key is missing'],
    [
      ['enrol', 'a', '--cpu', 'tdx', '--pool', 'p', '--key', 'api.key'],
      '--key api.key: want an Ed25519 or P-256 private key, PKCS#8 in PEM, not encrypted',
    ],
  ])('asks for nothing without all that it needs: %j', async (argv, detail) => {
    expect(await nodes(argv, {})).toEqual({ exit: 64, out: '', err: `postern: ${detail}\n` });
  });
});
