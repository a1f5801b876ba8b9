import { Document, isScalar, Scalar, visit } from 'yaml';

/** Digests and the like: quoted, or some of them would read as numbers. */
const HEX = /^[0-9a-f]{8,}$/;

/** A policy, or a part of one, as a person would write it. */
export function policyYaml(value: unknown, comment?: string): string {
  const document = new Document(value, { version: '1.2', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (isScalar(node) && typeof node.value === 'string' && HEX.test(node.value)) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  if (comment !== undefined) document.commentBefore = comment;
  return document.toString({ lineWidth: 0 });
}
