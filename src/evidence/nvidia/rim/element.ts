import type { XmlElement } from '../../../core/encoding/xml.ts';
import { malformed } from '../../../core/fault.ts';

/** @param namespace empty: an attribute without prefix. */
export function attributeOf(
  { attributes }: XmlElement,
  localName: string,
  namespace = '',
): string | undefined {
  return attributes.find(
    (attribute) => attribute.localName === localName && attribute.namespace === namespace,
  )?.value;
}

/** @throws Fault `malformed` at the attribute when it is not there, or empty. */
export function needed(
  element: XmlElement,
  localName: string,
  path: string,
  namespace = '',
): string {
  const value = attributeOf(element, localName, namespace);
  if (value !== undefined && value !== '') return value;
  throw malformed(`${path}.${localName}`, value === undefined ? 'is missing' : 'is empty');
}

/** Elements only; text between them must be white space. */
export function childrenOf({ children }: XmlElement, path: string): readonly XmlElement[] {
  return children.filter((child): child is XmlElement => {
    if (typeof child !== 'string') return true;
    if (/[^ \t\n\r]/.test(child)) throw malformed(path, 'text between elements');
    return false;
  });
}

/** The one child of a name: of two, which one would count? */
export function onlyChild(
  parent: XmlElement,
  namespace: string,
  localName: string,
  path: string,
): XmlElement {
  const [only, ...more] = childrenOf(parent, path).filter(
    (child) => child.localName === localName && child.namespace === namespace,
  );
  if (only && more.length === 0) return only;
  throw malformed(`${path}.${localName}`, `want one, got ${only ? more.length + 1 : 'none'}`);
}

/** Text of an element that has nothing else. */
export function textOf({ children, attributes }: XmlElement, path: string): string {
  if (attributes.length > 0) throw malformed(path, 'an attribute that is not allowed');
  return children
    .map((child) => {
      if (typeof child === 'string') return child;
      throw malformed(path, 'an element where text should be');
    })
    .join('');
}
