import { expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { endorsementsOf, endorsementsOfAll, type Relied } from '../../src/evidence/relied-on.ts';
import { asView } from '../support/view.ts';

const digest = (text: string) => toHex(sha256(utf8(text)));
const RELIED: readonly Relied[] = [
  { kind: 'vek', bytes: utf8('a') },
  { kind: 'rim', bytes: utf8('b') },
  { kind: 'rim', bytes: utf8('a') },
  { kind: 'rim', bytes: asView(utf8('b')) },
];
const LISTED = [
  { kind: 'rim', sha256: digest('b') },
  { kind: 'rim', sha256: digest('a') },
  { kind: 'vek', sha256: digest('a') },
].toSorted((a, b) => (`${a.kind} ${a.sha256}` < `${b.kind} ${b.sha256}` ? -1 : 1));

it('lists each once, by kind and digest, in whatever order they came', () => {
  expect(endorsementsOf(RELIED)).toEqual(LISTED);
  expect(endorsementsOf(RELIED.toReversed())).toEqual(LISTED);
});

it('of several answers lists the union', () => {
  const parts = RELIED.map((one) => ({ endorsements: endorsementsOf([one]) }));
  expect(endorsementsOfAll([...parts, {}, undefined])).toEqual(LISTED);
});
