import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { inspectHcl } from '../../../src/evidence/vtpm/inspect.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hcl } from '../../support/hcl.ts';
import { azure, runtimeJson } from '../../support/tpm.ts';

describe('an HCL report by itself', () => {
  it('shows the envelope and what its JSON says', () => {
    const claims = inspectHcl(azure().hcl);
    expect(claims).toMatchObject({
      hclVersion: 2,
      hclHardware: 'snp',
      akPublicKey: { exponent: '010001' },
      vmConfiguration: { 'secure-boot': true },
    });
    expect(claims).not.toHaveProperty('problems');
  });

  it.each([
    ['no JSON', utf8('hello'), 'runtime: '],
    ['no text', Uint8Array.of(0xff), 'runtime: '],
    ['a key twice', runtimeJson({ keys: [{ kid: 'k' }, { kid: 'k' }] }), 'runtime.keys[1].kid: '],
  ])('shows the envelope and what is wrong when there is %s', (_, json, problem) => {
    const claims = inspectHcl(hcl({ json }));
    expect(claims).toMatchObject({
      hclHardware: 'tdx',
      problems: [expect.stringContaining(problem)],
    });
    expect(claims).not.toHaveProperty('otherKeys');
  });

  it('is refused when it is none', () => {
    expect(faultOf(() => inspectHcl(utf8('HCLB')))).toMatchObject({ at: 'hcl.signature' });
  });
});
