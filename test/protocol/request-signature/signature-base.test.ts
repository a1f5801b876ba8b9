import { expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes/text.ts';
import { signatureBase } from '../../../src/protocol/request-signature/signature-base.ts';
import { faultOf } from '../../support/fault-of.ts';

const request = {
  method: 'PUT',
  authority: 'gate.example',
  path: '/a',
  query: '?',
  contentDigest: 'sha-256=:AA==:',
};

it('is a line for each component, and no line feed at the end', () => {
  expect(fromUtf8(signatureBase(request, '();tag="a"'), 'base')).toBe(
    '"@method": PUT\n"@authority": gate.example\n"@path": /a\n"@query": ?\n' +
      '"content-digest": sha-256=:AA==:\n"@signature-params": ();tag="a"',
  );
});

it.each([
  ['method', ''],
  ['method', 'get'],
  ['method', 'GET\n'],
  ['method', 'G ET'],
  ['method', 'A'.repeat(17)],
  ['authority', ''],
  ['authority', 'Gate.example'],
  ['authority', 'a\nb'],
  ['authority', 'a/b'],
])('refuses a %s like %j', (part, value) => {
  expect(faultOf(() => signatureBase({ ...request, [part]: value }, ''))).toMatchObject({
    code: 'malformed',
    at: `request.${part}`,
  });
});
