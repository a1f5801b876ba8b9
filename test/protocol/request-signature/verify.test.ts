import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import {
  type ReceivedRequest,
  verifyRequest,
} from '../../../src/protocol/request-signature/verify.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  CREATED,
  ed25519Key,
  RFC_REQUEST,
  received,
  sr25519Key,
} from '../../support/signed-request.ts';
import { asView } from '../../support/view.ts';

const AT = CREATED * 1000;
const keys = { ed25519: ed25519Key(1), sr25519: sr25519Key(1) };
const other = { ed25519: ed25519Key(2), sr25519: sr25519Key(2) };

function without(request: ReceivedRequest, name: string): ReceivedRequest {
  const { [name]: _gone, ...headers } = request.headers;
  return { ...request, headers };
}

function withHeader(request: ReceivedRequest, name: string, ...values: string[]): ReceivedRequest {
  return { ...request, headers: { ...request.headers, [name]: values } };
}

describe.each(['ed25519', 'sr25519'] as const)('%s', (algorithm) => {
  const key = keys[algorithm];

  it('accepts what the key signed', async () => {
    const request = await received(RFC_REQUEST, key);
    const signer = { keyId: key.publicKey, algorithm };
    expect(verifyRequest(request, 'example.com', AT)).toMatchObject(signer);
    const viewed = { ...request, body: asView(request.body) };
    expect(verifyRequest(viewed, 'example.com', AT)).toMatchObject(signer);
  });

  it.each([
    ['another method', { method: 'PUT' }],
    ['another path', { target: '/fop?param=Value&Pet=dog' }],
    ['another query', { target: '/foo?param=Value&Pet=cat' }],
    ['no query', { target: '/foo' }],
    ['the same path in other characters', { target: '/%66oo?param=Value&Pet=dog' }],
  ])('refuses %s', async (_name, changes) => {
    const request = { ...(await received(RFC_REQUEST, key)), ...changes };
    expect(faultOf(() => verifyRequest(request, 'example.com', AT))).toMatchObject({
      code: 'unauthenticated',
      at: 'signature',
    });
  });

  it('refuses what was signed for another gateway, whatever host says', async () => {
    const request = withHeader(await received(RFC_REQUEST, key), 'host', 'gate.example');
    expect(faultOf(() => verifyRequest(request, 'gate.example', AT))).toMatchObject({
      code: 'unauthenticated',
      at: 'signature',
      detail: 'is not one of the key in keyid over this request to gate.example',
    });
  });

  it('refuses the signature of another key, of another request, and under another’s name', async () => {
    const request = await received(RFC_REQUEST, key);
    const byOther = await received(RFC_REQUEST, other[algorithm]);
    const later = await received(RFC_REQUEST, key, { created: CREATED + 1 });
    for (const { headers } of [byOther, later]) {
      const [signature = ''] = headers['signature'] ?? [];
      const [input = ''] = headers['signature-input'] ?? [];
      for (const mixed of [
        withHeader(request, 'signature', signature),
        withHeader(request, 'signature-input', input),
      ]) {
        const fault = faultOf(() => verifyRequest(mixed, 'example.com', AT));
        expect(fault).toMatchObject({ code: 'unauthenticated', at: 'signature' });
      }
    }
  });
});

it('refuses a signature of one algorithm that says to be of the other', async () => {
  for (const [key, from, to] of [
    [keys.ed25519, 'ed25519', 'sr25519'],
    [keys.sr25519, 'sr25519', 'ed25519'],
  ] as const) {
    const request = await received(RFC_REQUEST, key);
    const [input = ''] = request.headers['signature-input'] ?? [];
    const changed = withHeader(request, 'signature-input', input.replace(from, to));
    expect(faultOf(() => verifyRequest(changed, 'example.com', AT))).toMatchObject({
      code: 'unauthenticated',
      at: 'signature',
    });
  }
});

it.each([
  ['ed25519', '01'.padEnd(64, '0')],
  ['sr25519', ''.padEnd(64, '0')],
] as const)('refuses a key that fits every message: %s %s', async (algorithm, keyId) => {
  const request = await received(RFC_REQUEST, keys[algorithm], { keyId });
  const zero = `postern=:${btoa('\x01'.padEnd(64, '\0'))}:`;
  const forged = withHeader(request, 'signature', zero);
  for (const one of [request, forged]) {
    expect(faultOf(() => verifyRequest(one, 'example.com', AT))).toMatchObject({
      code: 'unauthenticated',
      at: 'signature',
    });
  }
});

it.each(['signature-input', 'signature', 'content-digest'])('wants %s once', async (name) => {
  const request = await received();
  const [value = ''] = request.headers[name] ?? [];
  for (const changed of [
    without(request, name),
    withHeader(request, name),
    withHeader(request, name, value, value),
    withHeader(request, name, value, 'other=:AA==:'),
  ]) {
    expect(faultOf(() => verifyRequest(changed, 'example.com', AT))).toMatchObject({
      code: 'malformed',
      at: name,
    });
  }
});

it('refuses content that is not that of the digest, and a digest that was not signed', async () => {
  const request = await received();
  const body = utf8('{"hello": "World"}');
  expect(faultOf(() => verifyRequest({ ...request, body }, 'example.com', AT))).toMatchObject({
    code: 'malformed',
    at: 'content-digest',
  });
  const [digest = ''] = (await received({ ...RFC_REQUEST, body })).headers['content-digest'] ?? [];
  const both = { ...withHeader(request, 'content-digest', digest), body };
  expect(faultOf(() => verifyRequest(both, 'example.com', AT))).toMatchObject({
    code: 'unauthenticated',
    at: 'signature',
  });
});

it('refuses what is of another time', async () => {
  const request = await received();
  const verify = (seconds: number) => verifyRequest(request, 'example.com', AT + seconds * 1000);
  for (const seconds of [-60, 360]) expect(verify(seconds).algorithm).toBe('ed25519');
  expect(faultOf(() => verify(-61)).at).toBe('signature-input.created');
  expect(faultOf(() => verify(361)).at).toBe('signature-input.expires');
});
