import type { XmlNode } from '../xml-node.ts';
import type { NvidiaFaults } from './fault.ts';
import {
  find,
  NOT_COMPARED,
  removeAttribute,
  removeChildren,
  resources,
  setAttribute,
  vbios,
} from './rim-edits.ts';

const format = { fails: ['nvidia.rim.vbios.format'], unresolved: NOT_COMPARED } as const;

/** Signed as it is: only the one who reads it can refuse it. */
function manifest(describes: string, edit: (root: XmlNode) => void) {
  return { describes, ...format, apply: vbios({ edit }) } as const;
}

/** An edit of the row of index 1, which is active. */
function row(describes: string, edit: (resource: XmlNode, root: XmlNode) => void) {
  return manifest(describes, (root) => {
    const [, second] = resources(root);
    if (second) edit(second, root);
  });
}

function attribute(describes: string, name: string, value: string) {
  return row(describes, (resource) => setAttribute(resource, name, value));
}

function written(describes: string, afterWriting: (xml: string) => string) {
  return { describes, ...format, apply: vbios({ afterWriting }) } as const;
}

export const RIM_FORMAT_FAULTS = {
  rim_empty: written('a manifest of no bytes', () => ''),
  rim_cut: written('a manifest that ends too early', (xml) => xml.slice(0, 2000)),
  rim_tail: written('text behind the manifest', (xml) => `${xml}end`),
  rim_two_roots: written('two manifests, one behind the other', (xml) => `${xml}${xml}`),
  rim_html: written('a page about an error', () => '<html><body>404</body></html>'),
  rim_json: written('the answer of the service in which the manifest is', () => '{"rim":""}'),
  rim_comment: written('a comment, which splits what is read and is not signed', (xml) =>
    xml.replace('<ns0:Payload', '<!-- --><ns0:Payload'),
  ),
  rim_processing_instruction: written('a processing instruction', (xml) =>
    xml.replace('<ns0:Payload', '<?x y?><ns0:Payload'),
  ),
  rim_doctype: written('a document type', (xml) => `<!DOCTYPE SoftwareIdentity>${xml}`),
  rim_entity: written(
    'an entity that says what a value is',
    (xml) =>
      `<!DOCTYPE SoftwareIdentity [<!ENTITY v "True">]>${xml.replace('active="True"', 'active="&v;"')}`,
  ),
  rim_cdata: written('a CDATA section in a signature', (xml) =>
    xml.replace(/<ds:SignatureValue>([^<]*)</, '<ds:SignatureValue><![CDATA[$1]]><'),
  ),
  rim_attribute_twice: written('an attribute twice', (xml) =>
    xml.replace('active="True"', 'active="True" active="False"'),
  ),
  rim_prefix_undeclared: written('a prefix that nobody declared', (xml) =>
    xml.replace(' xmlns:ns1=', ' xmlns:ns9='),
  ),
  rim_without_meta: manifest('no Meta: of what product is it?', (root) =>
    removeChildren(root, 'ns0:Meta'),
  ),
  rim_two_metas: manifest('two of Meta, of two versions', (root) => {
    const other = structuredClone(find(root, 'ns0:Meta'));
    setAttribute(other, 'colloquialVersion', '96.00.00.00.00');
    root.children.push(other);
  }),
  rim_without_payload: manifest('no payload', (root) => removeChildren(root, 'ns0:Payload')),
  rim_payload_empty: manifest('a payload that lists nothing', (root) => {
    find(root, 'ns0:Payload').children = [];
  }),
  rim_two_payloads: manifest('two payloads: which is compared?', (root) => {
    root.children.push(structuredClone(find(root, 'ns0:Payload')));
  }),
  rim_without_version: manifest('a Meta without version', (root) =>
    removeAttribute(find(root, 'ns0:Meta'), 'colloquialVersion'),
  ),
  rim_without_product: manifest('a Meta without product', (root) =>
    removeAttribute(find(root, 'ns0:Meta'), 'product'),
  ),
  rim_root_other_name: manifest('another kind of document', (root) => {
    root.name = 'Software';
  }),
  rim_root_other_namespace: manifest('a root of another namespace', (root) => {
    root.namespaces = root.namespaces.map(([prefix, uri]) =>
      prefix === '' ? [prefix, `${uri}#`] : [prefix, uri],
    );
  }),
  rim_payload_other_namespace: manifest('a payload of another namespace', (root) => {
    find(root, 'ns0:Payload').namespaces = [['ns0', 'urn:other']];
  }),
  rim_index_twice: attribute('an index twice: with two values, which holds?', 'index', '0'),
  rim_index_missing: row('a row without index', (resource) => removeAttribute(resource, 'index')),
  rim_index_negative: attribute('a negative index', 'index', '-1'),
  rim_index_not_minimal: attribute('an index with a zero in front', 'index', '01'),
  rim_index_hex: attribute('an index in hex', 'index', '0x1'),
  rim_index_256: attribute('an index above all blocks that there can be', 'index', '256'),
  rim_active_other_case: attribute('“true”, which is not “True”', 'active', 'true'),
  rim_active_missing: row('a row that does not say whether it is active', (resource) =>
    removeAttribute(resource, 'active'),
  ),
  rim_alternatives_missing: row('a row that does not count its alternatives', (resource) =>
    removeAttribute(resource, 'alternatives'),
  ),
  rim_alternatives_more: attribute('two alternatives said, one there', 'alternatives', '2'),
  rim_alternatives_less: row('one alternative said, two there', (resource) =>
    setAttribute(resource, 'ns2:Hash1', '00'.repeat(48)),
  ),
  rim_alternatives_none: row('no alternative at all', (resource) => {
    setAttribute(resource, 'alternatives', '0');
    removeAttribute(resource, 'ns2:Hash0');
  }),
  rim_hash_gap: row('alternatives that are numbered 0 and 2', (resource) => {
    setAttribute(resource, 'alternatives', '2');
    setAttribute(resource, 'ns2:Hash2', '00'.repeat(48));
  }),
  rim_hash_missing: row('a row without a value', (resource) =>
    removeAttribute(resource, 'ns2:Hash0'),
  ),
  rim_hash_no_namespace: row('a value in no namespace', (resource) => {
    removeAttribute(resource, 'ns2:Hash0');
    setAttribute(resource, 'Hash0', '00'.repeat(48));
  }),
  rim_hash_other_namespace: row('a value in the namespace of another hash', (resource) => {
    resource.namespaces = [['ns2', 'http://www.w3.org/2001/04/xmlenc#sha256']];
  }),
  rim_hash_short: attribute('a value of 47 bytes', 'ns2:Hash0', '00'.repeat(47)),
  rim_hash_not_hex: attribute('a value that is no hex', 'ns2:Hash0', 'zz'.repeat(48)),
  rim_size_missing: row('a row without size', (resource) => removeAttribute(resource, 'size')),
  rim_size_32: attribute('a size that is not that of the value', 'size', '32'),
  rim_missing: {
    describes: 'no VBIOS manifest',
    unresolved: ['nvidia.rim.vbios.format', ...NOT_COMPARED],
    apply: ({ handed }) => {
      handed.rims = ['driver'];
    },
  },
  rim_driver_missing: {
    describes: 'no driver manifest, as of a driver that is too new',
    unresolved: ['nvidia.rim.driver.format', ...NOT_COMPARED],
    apply: ({ handed }) => {
      handed.rims = ['vbios'];
    },
  },
  rim_driver_format: {
    describes: 'a driver manifest with an index twice',
    fails: ['nvidia.rim.driver.format'],
    unresolved: NOT_COMPARED,
    apply: ({ rims }) => {
      rims.driver.edit = (root) => {
        const rows = find(root, 'ns0:Payload');
        rows.children.push(structuredClone(rows.children[1] ?? ''));
      };
    },
  },
  rim_none: {
    describes: 'no manifest at all: nothing to compare with',
    unresolved: ['nvidia.rim.driver.format', 'nvidia.rim.vbios.format'],
    apply: ({ handed }) => {
      handed.rims = [];
    },
  },
} as const satisfies NvidiaFaults;
