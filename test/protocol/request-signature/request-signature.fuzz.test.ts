import fc from 'fast-check';
import { expect } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64Url } from '../../../src/core/encoding/base64url.ts';
import { Fault } from '../../../src/core/fault.ts';
import { wantContentDigest } from '../../../src/protocol/request-signature/content-digest.ts';
import {
  parseSignatureInput,
  writeSignatureInput,
} from '../../../src/protocol/request-signature/signature-input.ts';
import {
  parseSignature,
  writeSignature,
} from '../../../src/protocol/request-signature/signature-value.ts';
import { parseTarget } from '../../../src/protocol/request-signature/target.ts';
import {
  type ReceivedRequest,
  verifyRequest,
} from '../../../src/protocol/request-signature/verify.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { CREATED, RFC_KEY, RFC_REQUEST, received } from '../../support/signed-request.ts';

const AT = CREATED * 1000;
const request = await received();
const headerOf = (name: string) => request.headers[name]?.[0] ?? '';
/** As Node hands over what a header holds: a character a byte. */
const latin1 = new TextDecoder('latin1');

/** Pieces of the grammar, that fit in one place or none. */
const piece = fc.constantFrom(
  ...[
    'postern=',
    'sig1=',
    '("@method" "@authority" "@path" "@query" "content-digest")',
    '("@path")',
  ],
  ...[
    ';created=1618884473',
    ';expires=1618884773',
    ';expires=1618884474',
    ';created=1',
    ';tag="postern"',
  ],
  ...[
    ';nonce="AAECAwQFBgcICQoLDA0ODw"',
    ';nonce="AAECAwQFBgcICQoLDA0ODx"',
    `;keyid="${RFC_KEY.publicKey}"`,
  ],
  ...[';alg="ed25519"', ';alg="sr25519"', ';alg="none"', ' ', ';', ',', '"', '\t', '0', '='],
);

const inputText = fc.oneof(
  damaged(utf8(headerOf('signature-input'))).map((bytes) => latin1.decode(bytes)),
  fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join('')),
  fc
    .record({
      created: fc.integer({ min: 1, max: 2e9 }),
      span: fc.integer({ min: 1, max: 300 }),
      nonce: fc.uint8Array({ minLength: 16, maxLength: 64 }),
    })
    .map(({ created, span, nonce }) =>
      headerOf('signature-input')
        .replace(/created=\d+;expires=\d+/, `created=${created};expires=${created + span}`)
        .replace(/nonce="[^"]*"/, `nonce="${toBase64Url(nonce)}"`),
    ),
);

fuzz('signature-input is read in its one spelling', inputText, (text) => {
  const parsed = orRefused(() => parseSignatureInput(text));
  if (parsed !== undefined) expect(writeSignatureInput(parsed)).toBe(text);
});

const signatureText = damaged(utf8(headerOf('signature'))).map((bytes) => latin1.decode(bytes));

fuzz('signature is read in its one spelling', signatureText, (text) => {
  const parsed = orRefused(() => parseSignature(text));
  if (parsed !== undefined) expect(writeSignature(parsed)).toBe(text);
});

const target = fc.oneof(
  fc.string().map((text) => `/${text}`),
  fc.webPath({ size: 'small' }),
  damaged(utf8('/v1/nodes/0/a?pool=b&after=%20')).map((bytes) => latin1.decode(bytes)),
);

fuzz('a target comes out as it went in, and means the same to the platform', target, (text) => {
  const parsed = orRefused(() => parseTarget(text));
  if (parsed === undefined) return;
  const { path, query } = parsed;
  expect([path + query, path + (query === '?' ? '' : query)]).toContain(text);
  const url = new URL(`https://gate.example${text}`);
  expect(url.pathname).toBe(path);
  // A quotation mark in a query is the one thing that the platform writes otherwise.
  expect(url.search).toBe(query === '?' ? '' : query.replaceAll("'", '%27'));
});

/** One part of a good request is damaged, each in its turn. */
const arriving: fc.Arbitrary<ReceivedRequest> = fc.oneof(
  ...['signature-input', 'signature', 'content-digest'].map((name) =>
    damaged(utf8(headerOf(name))).map((bytes) => ({
      ...request,
      headers: { ...request.headers, [name]: [latin1.decode(bytes)] },
    })),
  ),
  damaged(utf8(request.method)).map((bytes) => ({ ...request, method: latin1.decode(bytes) })),
  damaged(utf8(request.target)).map((bytes) => ({ ...request, target: latin1.decode(bytes) })),
  damaged(RFC_REQUEST.body).map((body) => ({ ...request, body })),
  fc.integer({ min: 1, max: 511 }).map((flip) => {
    const at = Math.floor(flip / 8);
    const bytes = parseSignature(headerOf('signature'));
    const signature = bytes.with(at, (bytes[at] ?? 0) ^ (1 << (flip % 8)));
    return { ...request, headers: { ...request.headers, signature: [writeSignature(signature)] } };
  }),
);

fuzz('a damaged request is refused, and said where', arriving, (changed) => {
  try {
    verifyRequest(changed, 'example.com', AT);
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    expect(['malformed', 'unauthenticated']).toContain((error as Fault).code);
    expect((error as Fault).at).toMatch(/^(signature|content-digest|request\.)/);
    return;
  }
  // What was done to it undid itself.
  expect(changed).toEqual(request);
});

const digestText = damaged(utf8(headerOf('content-digest'))).map((bytes) => latin1.decode(bytes));

fuzz('content-digest is taken in its one spelling', digestText, (text) => {
  const taken = orRefused(() => {
    wantContentDigest(text, RFC_REQUEST.body);
    return text;
  });
  if (taken !== undefined) expect(taken).toBe(headerOf('content-digest'));
});
