import { XmlC14NMode, XmlDocument, type XmlNode } from 'libxml2-wasm';
import { isElement, type XmlElement } from './rim-xml.ts';

const MODE = { mode: XmlC14NMode.XML_C14N_1_1 };

/** An element by where it stands: which child element of the root, which of that one, … */
export type Place = readonly number[];

/** Whether libxml2 takes it for a well-formed document. */
export function libxml2Accepts(xml: Uint8Array): boolean {
  try {
    XmlDocument.fromBuffer(xml).dispose();
    return true;
  } catch {
    return false;
  }
}

/** Canonical XML 1.1 by libxml2, of the document without one of its elements. */
export function libxml2Document(xml: Uint8Array, without?: Place): string {
  return opened(xml, (document) => {
    if (without) at(document, without).remove();
    return document.canonicalizeToString(MODE);
  });
}

/** The same of one element alone. */
export function libxml2Element(xml: Uint8Array, place: Place): string {
  return opened(xml, (document) => at(document, place).canonicalizeToString(MODE));
}

function opened(xml: Uint8Array, read: (document: XmlDocument) => string): string {
  const document = XmlDocument.fromBuffer(xml);
  try {
    return read(document);
  } finally {
    document.dispose();
  }
}

function at(document: XmlDocument, place: Place): XmlNode {
  const node = document.get(`/*${place.map((i) => `/*[${i + 1}]`).join('')}`);
  if (node === null) throw new RangeError(`no element ${place.join('.')}`);
  return node;
}

/** Our own tree by the same places: from the root to the element itself. */
export function walk(root: XmlElement, place: Place): readonly XmlElement[] {
  const path = [root];
  for (const i of place) {
    const next = path.at(-1)?.children.filter(isElement)[i];
    if (next === undefined) throw new RangeError(`no element ${place.join('.')}`);
    path.push(next);
  }
  return path;
}
