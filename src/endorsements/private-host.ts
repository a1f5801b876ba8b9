import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
// Loopback, RFC 1918, link-local (cloud metadata services live there), RFC 4193.
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addSubnet('169.254.0.0', 16, 'ipv4');
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Suffixes that public DNS does not hand out (RFC 6761, RFC 6762, RFC 8375, ICANN `.internal`). */
const PRIVATE_SUFFIX = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/;

/**
 * Whether a URL's host is this machine or its own network, where plain HTTP is in common use.
 *
 * @param hostname as `URL.hostname` gives it: lower case, IPv6 in brackets.
 */
export function isPrivateHost(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family !== 0) return PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4');
  // A name without a dot is resolved by the local network only, e.g. a container's name.
  return PRIVATE_SUFFIX.test(hostname) || !hostname.includes('.');
}
