import { describe, expect, it } from 'vitest';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { Remembered } from '../../../src/evidence/snp/remembered.ts';
import { OTHER_RSA_4096, RSA_4096 } from '../../support/rsa-keys.ts';
import { snpEvidence } from '../../support/snp.ts';
import { snpWorld, vekCertificate } from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const { vek, ask, root } = good;

function memory(entries = 16): Remembered {
  return new Remembered(good.anchors, entries);
}

describe('a chain that is good', () => {
  it('is read once', () => {
    const remembered = memory();
    const first = remembered.chain(vek, [ask]);
    expect(remembered.chain(vek.slice(), [ask.slice()])).toBe(first);
  });

  it('is another one with other CAs beside it', () => {
    const remembered = memory();
    const first = remembered.chain(vek, [ask]);
    for (const blobs of [
      [ask, root],
      [root, ask],
      [ask, ask],
      [ask, root, root],
    ]) {
      const other = remembered.chain(vek, blobs);
      expect(other).not.toBe(first);
      expect(other.checks).toEqual(first.checks);
    }
    expect(remembered.chain(vek, [ask])).toBe(first);
  });

  it('gives way to newer ones', async () => {
    const remembered = memory(1);
    const first = remembered.chain(vek, [ask]);
    remembered.chain(await vekCertificate(world), [ask]);
    const again = remembered.chain(vek, [ask]);
    expect(again).not.toBe(first);
    expect(again.checks).toEqual(first.checks);
  });

  it('shares the CAs above it with all others', async () => {
    const remembered = memory();
    const first = remembered.chain(vek, [ask]);
    const other = remembered.chain(await vekCertificate(world), [ask]);
    expect(other.intermediate).toBe(first.intermediate);
  });
});

describe('not kept is', async () => {
  const rogue = await snpEvidence(await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 }));
  const malformed = await vekCertificate(world, 'vcek', { amd: { blSPL: undefined } });

  it.each<[string, Uint8Array | undefined, readonly Uint8Array[]]>([
    ['a leaf with a bit of its signature changed', vek.with(-1, (vek.at(-1) ?? 0) ^ 1), [ask]],
    ['a leaf whose extensions are malformed', malformed, [ask]],
    ['a leaf that is none', Uint8Array.of(1), [ask]],
    ['a chain of another root', rogue.vek, [rogue.ask]],
    ['a chain without its intermediate', vek, []],
    ['CAs alone', undefined, [ask]],
    ['a chain larger than any real one', vek, [ask, ...new Array<Uint8Array>(64).fill(ask)]],
  ])('%s', (_, leaf, blobs) => {
    const remembered = memory();
    const first = remembered.chain(leaf, blobs);
    expect(remembered.chain(leaf, blobs)).not.toBe(first);
    expect(remembered.chain(leaf, blobs).checks).toEqual(first.checks);
  });
});

it('what is remembered under some anchors is nothing to others', () => {
  expect(memory().chain(vek, [ask]).anchor).toBeDefined();
  expect(new Remembered(AMD_ROOTS, 16).chain(vek, [ask]).anchor).toBeUndefined();
});

it('what is remembered does not change with the caller’s buffers', () => {
  const remembered = memory();
  const own = { vek: vek.slice(), ask: ask.slice() };
  const first = remembered.chain(own.vek, [own.ask]);
  const before = first.vek?.certificate.subject.text;
  own.vek.fill(0);
  own.ask.fill(0);
  expect(first.vek?.certificate.subject.text).toBe(before);
  expect(first.vek?.certificate.der).toEqual(vek);
  expect(first.intermediate?.der).toEqual(ask);
  expect(remembered.chain(vek, [ask])).toBe(first);
});
