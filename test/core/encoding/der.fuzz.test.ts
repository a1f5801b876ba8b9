import fc from 'fast-check';
import { expect } from 'vitest';
import { type DerElement, DerReader } from '../../../src/core/encoding/der.ts';
import { tlv } from '../../support/forge.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';

type Tree = { tag: number; content: Uint8Array } | { tag: number; children: Tree[] };

const primitive = fc.record({
  tag: fc.constantFrom(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x17, 0x80, 0x86),
  content: fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 12 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 300 }) },
  ),
});

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    primitive,
    fc.record({
      tag: fc.constantFrom(0x30, 0x31, 0xa0, 0xa3),
      children: fc.array(tie('tree'), { maxLength: 5 }),
    }),
  ),
}));

function encode(node: Tree): Uint8Array {
  return 'content' in node
    ? tlv(node.tag, node.content)
    : tlv(node.tag, ...node.children.map(encode));
}

function decode(reader: DerReader): Tree {
  const { tag, content } = reader.element('element');
  if ((tag & 0x20) === 0) return { tag, content };
  const children: Tree[] = [];
  const inner = new DerReader(content, 'inner');
  while (!inner.done) children.push(decode(inner));
  return { tag, children };
}

function elementsOf(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  const reader = new DerReader(bytes, 'fuzz');
  while (!reader.done) elements.push(reader.element('element'));
  return elements;
}

fuzz('every tree comes back from its encoding', tree, (node) => {
  const reader = new DerReader(encode(node), 'fuzz');
  const found = decode(reader);
  reader.end();
  expect(found).toEqual(node);
});

const samples = fc.sample(tree, { seed: 1, numRuns: 50 }).map(encode);

fuzz('what is accepted has one encoding only', damaged(...samples), (bytes) => {
  const elements = orRefused(() => elementsOf(bytes)) ?? [];
  for (const { tag, content, raw } of elements) expect(tlv(tag, content)).toEqual(raw);
});

const typed = fc.tuple(
  fc.constantFrom('integer', 'smallInteger', 'enumerated', 'boolean', 'bitString', 'oid'),
  damaged(...samples, Uint8Array.of(2, 1, 5), Uint8Array.of(6, 3, 0x55, 0x1d, 0x13)),
);

fuzz('typed reads refuse or answer', typed, ([kind, bytes]) => {
  const answer = orRefused(() => new DerReader(bytes, 'fuzz')[kind]('field'));
  if (kind === 'smallInteger' && answer !== undefined) {
    expect(answer).toBeGreaterThanOrEqual(0);
    expect(answer).toBeLessThan(2 ** 31);
  }
  if (kind === 'oid' && answer !== undefined) expect(answer).toMatch(/^[012]\.\d+(\.\d+)*$/);
});
