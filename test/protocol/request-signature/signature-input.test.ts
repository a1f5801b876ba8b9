import { describe, expect, it } from 'vitest';
import {
  parseSignatureInput,
  writeSignatureInput,
} from '../../../src/protocol/request-signature/signature-input.ts';
import { faultOf } from '../../support/fault-of.ts';
import { ed25519Key, parametersOf, sr25519Key } from '../../support/signed-request.ts';

const parameters = parametersOf(ed25519Key(1));
const good = writeSignatureInput(parameters);

it('reads what it writes', () => {
  const others = [
    parameters,
    parametersOf(sr25519Key(1)),
    parametersOf(ed25519Key(2), { nonce: new Uint8Array(64).fill(0xfb) }),
    parametersOf(ed25519Key(2), { created: 1, expires: 2 }),
    parametersOf(ed25519Key(2), { created: 999_999_999_999_998, expires: 999_999_999_999_999 }),
  ];
  for (const one of others) expect(parseSignatureInput(writeSignatureInput(one))).toEqual(one);
});

const nonce = 'nonce="AAECAwQFBgcICQoLDA0ODw"';
const created = `created=${parameters.created}`;
const expires = `expires=${parameters.expires}`;

describe('refuses', () => {
  it.each([
    ['nothing', 'label', ''],
    ['another label', 'label', good.replace('postern=', 'sig1=')],
    ['a label in capitals', 'label', good.replace('postern=', 'Postern=')],
    ['white space in front', 'label', ` ${good}`],
    ['another signature in front', 'label', `sig1=("@method");created=1, ${good}`],
    ['no components', 'components', good.replace(/\(.*?\)/, '()')],
    ['a component too few', 'components', good.replace('"@query" ', '')],
    ['no content-digest', 'components', good.replace(' "content-digest"', '')],
    ['a component too many', 'components', good.replace('-digest")', '-digest" "date")')],
    [
      'components in another order',
      'components',
      good.replace('"@path" "@query"', '"@query" "@path"'),
    ],
    ['a component twice', 'components', good.replace('"@path"', '"@path" "@path"')],
    ['a component of a response’s request', 'components', good.replace('"@path"', '"@path";req')],
    ['a component by name', 'components', good.replace('"@query"', '"@query-param";name="a"')],
    ['a component in capitals', 'components', good.replace('"content-digest"', '"Content-Digest"')],
    ['two spaces between components', 'components', good.replace('" "', '"  "')],
    ['a tab between components', 'components', good.replace('" "', '"\t"')],
    ['spaces inside the brackets', 'components', good.replace('(', '( ')],
    ['a space before a parameter', 'created', good.replace(';created', '; created')],
    ['no created', 'created', good.replace(`;${created}`, '')],
    [
      'created behind expires',
      'created',
      good.replace(`${created};${expires}`, `${expires};${created}`),
    ],
    ['created twice', 'expires', good.replace(created, `${created};${created}`)],
    ['created with a fraction', 'created', good.replace(created, `${created}.0`)],
    ['created with a sign', 'created', good.replace('created=', 'created=+')],
    ['created before the epoch', 'created', good.replace('created=', 'created=-')],
    ['created with a zero in front', 'created', good.replace('created=', 'created=0')],
    ['created = 0', 'created', good.replace(created, 'created=0')],
    ['created as text', 'created', good.replace(created, `created="${parameters.created}"`)],
    ['created of 16 digits', 'created', good.replace(created, 'created=1000000000000000')],
    ['no expires', 'expires', good.replace(`;${expires}`, '')],
    ['expires = created', 'expires', good.replace(expires, `expires=${parameters.created}`)],
    [
      'expires before created',
      'expires',
      good.replace(expires, `expires=${parameters.created - 1}`),
    ],
    [
      'expires after 301 s',
      'expires',
      good.replace(expires, `expires=${parameters.created + 301}`),
    ],
    ['no nonce', 'nonce', good.replace(`;${nonce}`, '')],
    ['a nonce of 15 bytes', 'nonce', good.replace(nonce, 'nonce="AAECAwQFBgcICQoLDA0O"')],
    ['a nonce of 65 bytes', 'nonce', good.replace(nonce, `nonce="${'A'.repeat(87)}"`)],
    ['a nonce of no whole bytes', 'nonce', good.replace(nonce, `nonce="${'A'.repeat(25)}"`)],
    ['a nonce with bits left over', 'nonce', good.replace('ODw"', 'ODx"')],
    ['a nonce with padding', 'nonce', good.replace('ODw"', 'ODw=="')],
    ['a nonce of the other alphabet', 'nonce', good.replace('AAEC', 'AA+C')],
    ['a nonce in bytes', 'nonce', good.replace(nonce, 'nonce=:AAECAwQFBgcICQoLDA0ODw==:')],
    ['no keyid', 'keyid', good.replace(/;keyid="[^"]*"/, '')],
    ['a keyid by name', 'keyid', good.replace(/keyid="[^"]*"/, 'keyid="test-key-ed25519"')],
    ['a keyid in capitals', 'keyid', good.replace(/keyid="[^"]*"/, (text) => text.toUpperCase())],
    [
      'a keyid with a capital',
      'keyid',
      good.replace(/[a-f](?=[^"]*";alg)/, (digit) => digit.toUpperCase()),
    ],
    ['a keyid with a digit more', 'keyid', good.replace('keyid="', 'keyid="0')],
    ['an escaped keyid', 'keyid', good.replace('keyid="', 'keyid="\\"')],
    ['no alg', 'alg', good.replace(';alg="ed25519"', '')],
    ['another algorithm', 'alg', good.replace('ed25519', 'hmac-sha256')],
    ['an algorithm in capitals', 'alg', good.replace('ed25519', 'Ed25519')],
    ['no tag', 'tag', good.replace(';tag="postern"', '')],
    ['another tag', 'tag', good.replace('tag="postern"', 'tag="web-bot-auth"')],
    ['a token for a tag', 'tag', good.replace('tag="postern"', 'tag=postern')],
    [
      'the tag in front of the algorithm',
      'alg',
      good.replace(/(;alg="[^"]*")(;tag="[^"]*")/, '$2$1'),
    ],
  ])('%s', (_name, part, value) => {
    expect(value).not.toBe(good);
    expect(faultOf(() => parseSignatureInput(value))).toMatchObject({
      code: 'malformed',
      at: `signature-input.${part}`,
    });
  });

  it.each([
    ['white space behind', `${good} `],
    ['a line feed behind', `${good}\n`],
    ['a parameter more', `${good};foo=1`],
    ['the tag twice', `${good};tag="postern"`],
    ['another signature behind', `${good}, sig1=("@method");created=1`],
    ['itself again', `${good}, ${good}`],
  ])('%s', (_name, value) => {
    expect(faultOf(() => parseSignatureInput(value))).toMatchObject({
      code: 'malformed',
      at: 'signature-input',
    });
  });
});

it('says what stands where another thing should', () => {
  const fault = faultOf(() => parseSignatureInput(good.replace('"@path"', '"@target-uri"')));
  expect(fault.detail).toBe(
    'want ("@method" "@authority" "@path" "@query" "content-digest") at character 8, got "(\\"@method\\" \\"@authority\\" \\"@target-uri\\" \\"@"',
  );
});
