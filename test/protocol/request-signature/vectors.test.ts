import { describe, expect, it } from 'vitest';
import { importEd25519, verifyEd25519 } from '#crypto';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { fromBase64 } from '../../../src/core/encoding/base64.ts';
import { contentDigest } from '../../../src/protocol/request-signature/content-digest.ts';
import { signRequest } from '../../../src/protocol/request-signature/sign.ts';
import {
  type ReceivedRequest,
  verifyRequest,
} from '../../../src/protocol/request-signature/verify.ts';
import { hex } from '../../support/hex.ts';
import { CREATED, parametersOf, RFC_KEY, RFC_REQUEST } from '../../support/signed-request.ts';

const AT = CREATED * 1000;

it('has the key of RFC 9421 appendix B.1.4', () => {
  expect(RFC_KEY.publicKey).toBe(
    '26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb',
  );
});

it('makes and takes the signature of RFC 9421 appendix B.2.6', () => {
  const base = utf8(`"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`);
  const signature = fromBase64(
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    'test',
  );
  expect(RFC_KEY.sign(base)).toEqual(signature);
  const key = importEd25519(hex(RFC_KEY.publicKey));
  expect(key && verifyEd25519(key, base, signature)).toBe(true);
});

it('makes the digest of RFC 9421 section 1.4, and that of nothing', () => {
  expect(contentDigest(RFC_REQUEST.body)).toBe(
    'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
  );
  expect(contentDigest(new Uint8Array())).toBe(
    'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
  );
});

/** Their bases were written by hand and signed by OpenSSL, not by the code here. */
const POST = {
  name: 'the request of RFC 9421 appendix B.2',
  request: RFC_REQUEST,
  authority: 'example.com',
  base: `"@method": POST
"@authority": example.com
"@path": /foo
"@query": ?param=Value&Pet=dog
"content-digest": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
"@signature-params": ("@method" "@authority" "@path" "@query" "content-digest");created=1618884473;expires=1618884773;nonce="AAECAwQFBgcICQoLDA0ODw";keyid="26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb";alg="ed25519";tag="postern"`,
  headers: {
    'content-digest': 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
    'signature-input':
      'postern=("@method" "@authority" "@path" "@query" "content-digest");created=1618884473;expires=1618884773;nonce="AAECAwQFBgcICQoLDA0ODw";keyid="26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb";alg="ed25519";tag="postern"',
    signature:
      'postern=:vETvFArzY4H91dJWUh+Zjerdd33n45FQ3r7Z3wQU69UmGroR3pcZDt0HKUNxEsyak1bCwe1MVAJscEeZDgzMAw==:',
  },
};
const GET = {
  name: 'one without content and without a query, to a port',
  request: { method: 'GET', url: 'https://gate.example:8443/v1/nodes', body: new Uint8Array() },
  authority: 'gate.example:8443',
  base: `"@method": GET
"@authority": gate.example:8443
"@path": /v1/nodes
"@query": ?
"content-digest": sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:
"@signature-params": ("@method" "@authority" "@path" "@query" "content-digest");created=1618884473;expires=1618884773;nonce="AAECAwQFBgcICQoLDA0ODw";keyid="26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb";alg="ed25519";tag="postern"`,
  headers: {
    'content-digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
    'signature-input':
      'postern=("@method" "@authority" "@path" "@query" "content-digest");created=1618884473;expires=1618884773;nonce="AAECAwQFBgcICQoLDA0ODw";keyid="26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb";alg="ed25519";tag="postern"',
    signature:
      'postern=:5LGO22sXhRrc1LmQs7gWWZeWrRcKL8LAPn0rFv1Ag3+l7WWrvjCA3aL6zxvF2TakghkoC5XH1j3vGcP04CWfDg==:',
  },
};

function arriving(headers: Readonly<Record<string, string>>, { url, ...rest }: typeof RFC_REQUEST) {
  const { pathname, search } = new URL(url);
  const lists = Object.entries(headers).map(([name, value]) => [name, [value]]);
  return { ...rest, target: pathname + search, headers: Object.fromEntries(lists) };
}

describe.each([POST, GET])('$name', ({ request, authority, base, headers }) => {
  it('has this base, and these headers', async () => {
    const bases: string[] = [];
    const signed = await signRequest(request, parametersOf(RFC_KEY), (bytes) => {
      bases.push(fromUtf8(bytes, 'base'));
      return RFC_KEY.sign(bytes);
    });
    expect(bases).toEqual([base]);
    expect(signed).toEqual(headers);
  });

  it('verifies', () => {
    const got: ReceivedRequest = arriving(headers, request);
    expect(verifyRequest(got, authority, AT)).toEqual({
      keyId: RFC_KEY.publicKey,
      algorithm: 'ed25519',
      nonce: hex('000102030405060708090a0b0c0d0e0f'),
      rememberUntil: (CREATED + 300 + 120) * 1000,
    });
  });
});

it('verifies a signature of a hotkey', () => {
  // Substrate's //Alice over the base of POST, with its key and algorithm, by another's code.
  const keyId = 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
  const input = POST.headers['signature-input']
    .replace(RFC_KEY.publicKey, keyId)
    .replace('alg="ed25519"', 'alg="sr25519"');
  const signature =
    'postern=:zm31EgqHPPnFoEm3YV7s48YwVYq9o6Oa264bX/+hEjxWscoC/PzBKjM/k85vOhqvwsU+xdJKmSVzu1PpseuEjA==:';
  const headers = { ...POST.headers, 'signature-input': input, signature };
  const got = arriving(headers, POST.request);
  expect(verifyRequest(got, 'example.com', AT)).toMatchObject({ keyId, algorithm: 'sr25519' });
});
