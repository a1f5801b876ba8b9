import type { NvidiaCheckId } from '../../../evidence/nvidia/checks.ts';
import type { RimPlan } from '../rim.ts';
import type { XmlNode } from '../xml-node.ts';
import type { Edit } from './edits.ts';

/** Of a manifest that can't be relied upon, nothing is compared. */
export const NOT_COMPARED = [
  'nvidia.measurements.index',
  'nvidia.measurements.match',
] as const satisfies readonly NvidiaCheckId[];

/** Changes the VBIOS manifest; of the two it is the shorter. */
export const vbios =
  (change: Partial<RimPlan>): Edit =>
  ({ rims }) => {
    Object.assign(rims.vbios, change);
  };

/** The first element of a name, at whatever depth. */
export function find(node: XmlNode, name: string): XmlNode {
  const found = search(node, name);
  if (found === undefined) throw new RangeError(`no element ${name}`);
  return found;
}

function search(node: XmlNode, name: string): XmlNode | undefined {
  if (node.name === name) return node;
  for (const child of node.children) {
    const found = typeof child === 'string' ? undefined : search(child, name);
    if (found) return found;
  }
  return undefined;
}

export function setAttribute(node: XmlNode, name: string, value: string): void {
  const at = node.attributes.findIndex(([known]) => known === name);
  node.attributes =
    at < 0 ? [...node.attributes, [name, value]] : node.attributes.with(at, [name, value]);
}

export function removeAttribute(node: XmlNode, name: string): void {
  node.attributes = node.attributes.filter(([known]) => known !== name);
}

export function removeChildren(node: XmlNode, name: string): void {
  node.children = node.children.filter((child) => typeof child === 'string' || child.name !== name);
}

/** The rows of the payload. */
export function resources(root: XmlNode): XmlNode[] {
  return find(root, 'ns0:Payload').children.filter((child) => typeof child !== 'string');
}
