import { fromUtf8, utf8 } from '../bytes/text.ts';
import { concatBytes } from '../bytes/writer.ts';
import { derSequence, TAG } from '../encoding/der.ts';
import { malformed } from '../fault.ts';

export const NAME_CONSTRAINTS = '2.5.29.30';

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
/** Address and mask of nothing but zeros: every IPv4, every IPv6 address. */
const EVERY_ADDRESS = [new Uint8Array(8), new Uint8Array(32)];

/**
 * NameConstraints (RFC 5280 section 4.2.1.10): DNS names below one domain and itself, and no IP
 * address at all. A kind of name that is not mentioned would be free.
 */
export function nameConstraints(domain: string): Uint8Array {
  const permitted = subtree(DNS_NAME, utf8(domain));
  const excluded = EVERY_ADDRESS.map((all) => subtree(IP_ADDRESS, all));
  return element(TAG.sequence, element(PERMITTED, permitted), element(EXCLUDED, ...excluded));
}

/**
 * The domains that an authority may speak of.
 *
 * @throws Fault `malformed` at `path`, also for one that may name IP addresses, and for one that
 *   excludes hosts: nobody here holds a host against that.
 */
export function permittedDomains(value: Uint8Array, path: string): readonly string[] {
  const r = derSequence(value, path);
  const domains: string[] = [];
  const permitted = r.inside(PERMITTED, 'permittedSubtrees');
  while (!permitted.done) {
    const base = permitted.sequence('subtree');
    const { tag, content } = base.element('base');
    base.end();
    if (tag !== DNS_NAME) throw malformed(path, 'permits names that are not of DNS');
    domains.push(fromUtf8(content, path));
  }
  const excluded = r.inside(EXCLUDED, 'excludedSubtrees');
  const sizes = new Set<number>();
  while (!excluded.done) {
    const base = excluded.sequence('subtree');
    const { tag, content } = base.element('base');
    base.end();
    if (tag === DNS_NAME) throw malformed(path, 'excludes names of DNS');
    if (tag === IP_ADDRESS && content.every((byte) => byte === 0)) sizes.add(content.length);
  }
  r.end();
  const isClosed = EVERY_ADDRESS.every(({ length }) => sizes.has(length));
  if (!isClosed) throw malformed(path, 'leaves IP addresses free: want all of them excluded');
  if (domains.length === 0) throw malformed(path, 'permits no domain');
  return domains;
}

/** Whether a host, or all hosts below a domain, are within a permitted domain. */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

function subtree(tag: number, base: Uint8Array): Uint8Array {
  return element(TAG.sequence, element(tag, base));
}

/** Nothing here is longer than 64 KiB. */
function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...content);
  const { length } = body;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...header), body);
}
