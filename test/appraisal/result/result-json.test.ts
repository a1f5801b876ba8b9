import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/appraisal/policy/signing/canonical-document.ts';
import { resultDigest, treeJson } from '../../../src/appraisal/result/result-json.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import type { JsonValue } from '../../../src/core/encoding/json.ts';
import type { Claims, Verification } from '../../../src/evidence/verification.ts';
import { fuzz } from '../../support/fuzz.ts';

function saying(claims: Claims): Verification {
  return {
    verdict: 'accept',
    authentic: true,
    evidence: 'tdx',
    anchors: 'vendor',
    revocation: 'checked',
    at: '2026-06-01T00:00:00Z',
    checks: [{ id: 'tdx.quote.format', path: 'quote', outcome: 'pass' }],
    claims,
  };
}

const canonical = (value: object) => digestOf(utf8(canonicalJson(value as JsonValue)));

describe('the digest of a result is that of its canonical JSON', () => {
  it.each<{ name: string; claims: Claims }>([
    { name: 'no claim', claims: {} },
    { name: 'names out of order', claims: { b: 1, a: { d: [], c: {} } } },
    { name: 'names that look like indexes', claims: { '10': 1, '9': 2, a: 3, '1a': 4 } },
    { name: 'indexes deep inside', claims: { a: [{ z: { '10': 1, '9': 2 } }] } },
    { name: 'a name that objects have', claims: Object.fromEntries([['__proto__', { a: 1 }]]) },
    { name: 'names in the order of their UTF-16', claims: { '\u{10000}': 1, '\uffff': 2, é: 3 } },
    { name: 'text that wants escapes', claims: { a: '"\\\b\f\n\r\t\u0001\u007f\u2028é' } },
    { name: 'numbers', claims: { a: -0, b: 1e21, c: 0.1, d: null, e: false } },
  ])('$name', ({ claims }) => {
    const result = saying(claims);
    expect(resultDigest(result)).toBe(canonical(treeJson(result)));
  });

  it('parts and endorsements are part of it', () => {
    const endorsements = [{ kind: 'rim' as const, sha256: '00'.repeat(32) }];
    const parts = [saying({ b: 1 }), { ...saying({}), parts: [saying({ c: 1 })] }];
    const result = { ...saying({ a: 1 }), endorsements, parts };
    expect(resultDigest(result)).toBe(canonical({ ...treeJson(result), endorsements }));
    expect(resultDigest({ ...result, endorsements: [] })).toBe(canonical(treeJson(result)));
  });

  it('half a surrogate pair, which I-JSON has not, stands as in the output', () => {
    const result = saying({ a: 'x\ud800', '\udfff': 'y' });
    const members = treeJson(result) as Record<string, JsonValue>;
    const text = canonicalJson({ ...members, claims: { a: 'CUT' } });
    expect(resultDigest(result)).toBe(
      digestOf(utf8(text.replace('"CUT"', '"x\\ud800","\\udfff":"y"'))),
    );
  });
});

fuzz(
  'whatever is claimed, the digest is that of the canonical JSON',
  fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('0', '10', '__proto__')), fc.jsonValue()),
  (claims) => {
    const result = saying(claims as Claims);
    expect(resultDigest(result)).toBe(canonical(treeJson(result)));
  },
);
