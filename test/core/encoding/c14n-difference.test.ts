import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDocument, canonicalElement } from '../../../src/core/encoding/c14n.ts';
import { parseXml, type XmlElement } from '../../../src/core/encoding/xml.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { NVIDIA_VECTORS, vector } from '../../support/nvidia-vectors.ts';
import {
  libxml2Accepts,
  libxml2Document,
  libxml2Element,
  type Place,
  walk,
} from '../../support/rim-libxml2.ts';
import { isElement, xmlDocument } from '../../support/rim-xml.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function placesIn(element: XmlElement, here: Place = []): readonly Place[] {
  const below = element.children.filter(isElement);
  return [here, ...below.flatMap((child, i) => placesIn(child, [...here, i]))];
}

/** The document whole, and elements of it left out and alone. */
function expectSame(xml: Uint8Array, places: readonly Place[] = []): void {
  const root = parseXml(xml, 'test');
  expect(text(canonicalDocument(root))).toBe(libxml2Document(xml));
  for (const place of places) {
    const path = walk(root, place);
    const [element] = path.slice(-1);
    if (element === undefined) throw new RangeError('no element');
    expect(text(canonicalElement(element, path.slice(0, -1)))).toBe(libxml2Element(xml, place));
    if (place.length === 0) continue;
    expect(text(canonicalDocument(root, element))).toBe(libxml2Document(xml, place));
  }
}

/** One element of each document, since libxml2 asks us back about every node of it. */
fuzz('canonical forms are those of libxml2', fc.tuple(xmlDocument, fc.nat()), ([xml, which]) => {
  const root = parseXml(xml, 'test');
  const places = placesIn(root);
  const place = places[which % places.length];
  expectSame(xml, place && [place]);
  const once = canonicalDocument(root);
  expect(text(canonicalDocument(parseXml(once, 'test')))).toBe(text(once));
});

const samples = fc.sample(xmlDocument, { seed: 4, numRuns: 200 });

fuzz('what is accepted, libxml2 accepts and reads alike', damaged(...samples), (xml) => {
  const root = orRefused(() => parseXml(xml, 'test'));
  if (root === undefined) return;
  expect(libxml2Accepts(xml)).toBe(true);
  expect(text(canonicalDocument(root))).toBe(libxml2Document(xml));
});

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine manifests, as libxml2 has them', () => {
  it.each([
    'real/h100-550/rims/driver.xml',
    'real/h100-550/rims/vbios.xml',
    'real/ls10-switch/rims/bios.xml',
    'rims/driver-gh100-550-144-03/rim.xml',
    'rims/debug-chain/rim.xml',
  ])('%s', (file) => {
    const xml = vector(file);
    // The signature is the last of four children, SignedInfo its first.
    expectSame(xml, [[], [3], [3, 0]]);
    expect(text(canonicalDocument(parseXml(xml, 'test')))).toContain('<ds:Signature ');
  });
});
