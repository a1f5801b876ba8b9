import { fromUtf8 } from '../bytes/text.ts';
import { derSequence } from '../encoding/der.ts';
import { malformed } from '../fault.ts';

export const SUBJECT_ALT_NAME = '2.5.29.17';

const DNS_NAME = 0x82;
const MOST_NAMES = 256;
/** A host, without patterns: who may have a wildcard has every name below it. */
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * The hosts of a SubjectAltName (RFC 5280 section 4.2.1.6), by DNS names alone.
 *
 * @throws Fault `malformed` at `path`, also for a name of another kind and for a wildcard.
 */
export function hostNames(value: Uint8Array, path: string): readonly string[] {
  const r = derSequence(value, path);
  const names: string[] = [];
  while (!r.done) {
    const { tag, content } = r.element('name');
    if (tag !== DNS_NAME) throw malformed(path, 'names something that is no host of DNS');
    const name = fromUtf8(content, path);
    if (!HOST.test(name)) throw malformed(path, `${JSON.stringify(name)} is no host`);
    if (names.length === MOST_NAMES) throw malformed(path, `more than ${MOST_NAMES} names`);
    names.push(name);
  }
  return names;
}
