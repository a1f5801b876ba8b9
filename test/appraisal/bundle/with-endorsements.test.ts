import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { withEndorsements } from '../../../src/appraisal/bundle/with-endorsements.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import {
  type BundleMachineOptions,
  createBundleMachine,
} from '../../../src/simulator/bundle/simulate.ts';
import { verifiedBundle } from '../../support/bundle.ts';

const MACHINES: readonly (BundleMachineOptions & { readonly name: string })[] = [
  { name: 'a TDX machine', cpu: 'tdx' },
  { name: 'an SNP machine', cpu: 'snp' },
  { name: 'an SNP machine with GPUs and switches', cpu: 'snp', gpus: 2, switches: 4 },
  { name: 'a TDX machine with a GPU', cpu: 'tdx', gpus: 1 },
];

describe.each(MACHINES)('what vendors say of $name', ({ name, ...options }) => {
  const made = createBundleMachine({
    revocation: 'published',
    endorsements: 'none',
    machine: name,
    ...options,
  });

  it('is put beside it, and does then what it does by itself; nothing else changes', async () => {
    const { bundle: make, ...machine } = await made;
    const bundle = make();
    const { published } = machine;
    const simulated = { ...machine, bundle, questions: {} };
    const alone = verifiedBundle(simulated);
    expect(alone.verdict).toBe('indeterminate');
    const beside = withEndorsements(bundle, published);
    const apart = verifiedBundle(simulated, bundle, { endorsements: published });
    const together = verifiedBundle(simulated, beside);
    expect(together.verdict).toBe('accept');
    expect(together.checks).toEqual(apart.checks);
    const [before, after] = [parseBundle(bundle), parseBundle(beside)];
    expect({ ...after, endorsements: undefined }).toEqual({ ...before, endorsements: undefined });
    // Byte for byte, but for the member: hashes of the file's parts stay what they were.
    const [own, text] = [fromUtf8(bundle, 'own'), fromUtf8(beside, 'beside')];
    const at = text.lastIndexOf(',"endorsements":');
    expect(own).not.toContain('"endorsements"');
    expect(at).toBeGreaterThan(0);
    expect(text.slice(0, at)).toBe(own.slice(0, at));
    expect(own.slice(at).trim()).toBe('}');
  });

  it('takes the place of what it carried of the same kind, and is the same when put twice', async () => {
    const { bundle: make, published } = await made;
    const once = withEndorsements(make(), published);
    expect(withEndorsements(once, published)).toEqual(once);
  });
});

it('nothing is nothing: the very bytes stay', () => {
  const bytes = utf8('{ "v": 1 }');
  expect(withEndorsements(bytes, {})).toBe(bytes);
  expect(() => withEndorsements(utf8('x'), { crl: new Uint8Array(1) })).toThrow();
});
