import { expect, it } from 'vitest';
import { signRequest } from '../../../src/protocol/request-signature/sign.ts';
import { ed25519Key, parametersOf, RFC_REQUEST } from '../../support/signed-request.ts';

const key = ed25519Key(1);
const good = parametersOf(key);

it.each([
  ['no URL', { url: 'gate.example/a' }, {}, 'request.url'],
  ['another scheme', { url: 'ws://gate.example/a' }, {}, 'request.url'],
  ['a method in small letters', { method: 'post' }, {}, 'request.method'],
  ['a query that is none', { url: 'https://gate.example/a?[b]' }, {}, 'request.query'],
  ['a short nonce', {}, { nonce: new Uint8Array(15) }, 'signature-input.nonce'],
  ['milliseconds', {}, { created: 1.5 }, 'signature-input.created'],
  ['too long a validity', {}, { expires: good.created + 301 }, 'signature-input.expires'],
  ['a key by name', {}, { keyId: 'me' }, 'signature-input.keyid'],
])('does not sign %s', async (_name, request, parameters, at) => {
  const sign = () => {
    throw new Error('was asked to sign');
  };
  const signed = signRequest({ ...RFC_REQUEST, ...request }, { ...good, ...parameters }, sign);
  await expect(signed).rejects.toMatchObject({ code: 'malformed', at });
});

it('does not send on what is no signature', async () => {
  const signed = signRequest(RFC_REQUEST, good, () => new Uint8Array(65));
  await expect(signed).rejects.toMatchObject({ code: 'malformed', at: 'signature' });
});
