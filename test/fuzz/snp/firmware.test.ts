import fc from 'fast-check';
import { expect } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import { launchDigest } from '../../../src/evidence/snp/measure/launch-digest.ts';
import { extendWithRange, NO_PAGES } from '../../../src/evidence/snp/measure/page.ts';
import { VMMS } from '../../../src/evidence/snp/measure/vmsa.ts';
import { entriesOf, firmwareOf, metadataOf, SECTIONS } from '../../evidence/snp/measure/build.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { leastCost } from '../cost.ts';

/** Numbers that mean something as a size, an address or a count. */
const number = fc.oneof(
  fc.constantFrom(0, 1, 0xfff, 0x1000, 0x2000, 0x80_0000, 0x400_0000, 0x7fff_f000, 0x8000_0000),
  fc.constantFrom(0xffff_0000, 0xffff_f000, 0xffff_ffff),
  fc.nat({ max: 0xffff_ffff }),
);
const type = fc.constantFrom(0, 1, 1, 1, 2, 3, 4, 4, 0x10, 0x11, 0xffff_ffff);
const section = fc.oneof(
  fc.constantFrom(...SECTIONS),
  fc.tuple(number, number, type),
  // What is allowed in itself, and adds up.
  fc.tuple(
    fc.nat({ max: 0x1000 }).map((page) => page * 0x1000),
    fc.nat({ max: 0x5000 }).map((pages) => pages * 0x1000),
    fc.constantFrom(1, 4),
  ),
);

const said = fc.record({
  sections: fc.array(section, { maxLength: 60 }),
  count: fc.option(number, { nil: undefined }),
  length: fc.option(number, { nil: undefined }),
  metadataAt: fc.option(fc.constantFrom(0, 1, 15, 16, 0x800, 0x1fff, 0x2000, 0xffff_ffff)),
  reset: number,
  hashes: fc.tuple(number, number),
  tableLength: fc.option(fc.nat({ max: 0xffff }), { nil: undefined }),
});

/** Lengths right but for what the record says otherwise. */
const composed = said.map(({ sections, count, length, metadataAt, reset, hashes, tableLength }) => {
  const metadata = metadataOf(sections, {
    ...(count !== undefined && { count }),
    ...(length !== undefined && { length }),
  });
  return firmwareOf({
    metadata: metadata.subarray(0, 0x700),
    entries: entriesOf({ metadataAt: metadataAt ?? 0x800, reset, hashes }),
    ...(tableLength !== undefined && { tableLength }),
  });
});

const firmware = fc.oneof(
  composed,
  damaged(firmwareOf()),
  composed.chain((image) => damaged(image)),
);
const kernel = {
  kernel: NO_PAGES.slice(0, 32),
  initrd: NO_PAGES.slice(0, 32),
  cmdline: NO_PAGES.slice(0, 32),
};
const input = fc.record({
  firmware,
  vmm: fc.constantFrom(...VMMS),
  vcpus: fc.constantFrom(1, 2, 512),
  kernel: fc.constantFrom(undefined, kernel),
});

/** 16,384 pages, the most that an image may ask for, and room for a machine that is busy. */
const MOST = 8 * leastCost(2, () => () => extendWithRange(NO_PAGES, 'zero', 0, 0x400_0000));

fuzz(
  'a firmware image is measured or refused, whatever it asks for',
  input,
  ({ kernel: hashes, ...launch }) => {
    const measure = () =>
      orRefused(() =>
        launchDigest({ ...launch, vcpu: 'EPYC-v4', ...(hashes && { kernel: hashes }) }),
      );
    const start = performance.now();
    const digest = measure();
    if (digest) expect(digest).toHaveLength(48);
    // Looked at again: other people's load only ever adds.
    if (performance.now() - start > MOST) expect(leastCost(5, () => measure)).toBeLessThan(MOST);
  },
);

/** A caller's own mistake (`usage`) can be that this firmware has no room for kernel hashes. */
function orRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(['malformed', 'unsupported', 'usage']).toContain(error.code);
    expect(error.at).not.toBe('');
    return undefined;
  }
}
