import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import {
  contentDigest,
  wantContentDigest,
} from '../../../src/protocol/request-signature/content-digest.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

const body = utf8('{"hello": "world"}');
/** RFC 9421 section 1.4. */
const good = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:';
const sha512 =
  'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:';

it('takes the digest of the content', () => {
  expect(contentDigest(asView(body))).toBe(good);
  wantContentDigest(good, body);
  wantContentDigest(contentDigest(new Uint8Array()), new Uint8Array());
});

it.each([
  ['nothing', '', body],
  ['another algorithm', sha512, body],
  ['two algorithms', `${good}, ${sha512}`, body],
  ['the digest of other content', good, utf8('{"hello": "World"}')],
  ['that of content, for none', good, new Uint8Array()],
  ['that of none, for content', contentDigest(new Uint8Array()), body],
  ['white space', `${good} `, body],
  ['a parameter', `${good};a`, body],
  ['the algorithm in capitals', good.replace('sha', 'SHA'), body],
  ['no padding', good.replace('PE=:', 'PE:'), body],
  ['bits left over', good.replace('PE=', 'PF='), body],
  ['the alphabet of URLs', good.replace('X4', '-4'), body],
])('refuses %s', (_name, value, content) => {
  expect(faultOf(() => wantContentDigest(value, content))).toMatchObject({
    code: 'malformed',
    at: 'content-digest',
  });
});
