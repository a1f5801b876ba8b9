import { isIPv4, isIPv6 } from 'node:net';

/**
 * What a client's address is counted by: all of an IPv4 address, the first 64 bits of an IPv6
 * address, since everybody there has 2^64 of them.
 *
 * @param address as a socket has it, or a proxy, of which some put down the port as well; another
 *   text counts as it stands.
 */
export function addressKey(address: string): string {
  const [plain = ''] = withoutPort(address).split('%'); // the zone of a link-local one
  const mapped = /^::ffff:([0-9.]+)$/i.exec(plain)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (isIPv4(plain)) return plain;
  return isIPv6(plain) ? `${prefix64(plain)}::/64` : address;
}

/** Each connection has a port of its own: with it, every one would count as another caller. */
function withoutPort(address: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\]|([0-9.]+))(?::\d{1,5})?$/.exec(address) ?? [];
  return bracketed ?? dotted ?? address;
}

function prefix64(address: string): string {
  const [head = '', tail] = address.split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...new Array<string>(zeros).fill('0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** An IPv4 address at the end stands for two groups, and never among the first four. */
function groups(text: string): string[] {
  return text === ''
    ? []
    : text.split(':').flatMap((part) => (part.includes('.') ? ['0', '0'] : [part]));
}
