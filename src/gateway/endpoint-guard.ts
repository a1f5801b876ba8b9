import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { isPrivateHost } from '../endorsements/private-host.ts';

/** Whether nodes may have endpoints in the gateway's own network, which it would call for them. */
export type Endpoints = 'public' | 'private-too';

/**
 * What is nobody's private network and leads there nevertheless, or to many: addresses of this
 * machine by another spelling, shared and reserved ones, those that a translator makes others of.
 */
const NOT_PUBLIC = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['100.64.0.0', 10],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv6');
}

/**
 * Where an endpoint is, its operator says: one that leads into the gateway's own network is not
 * followed. A name is looked at where it is looked up, see {@link lookupFor}.
 */
export function leadsInside(url: URL, endpoints: Endpoints): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return endpoints === 'public' && isIP(host) !== 0 && isInside(host);
}

/** For requests to endpoints; undefined where any address will do. */
export function lookupFor(endpoints: Endpoints): { readonly lookup?: LookupFunction } {
  return endpoints === 'public' ? { lookup: publicLookup } : {};
}

/** The address that is connected to is the one that was looked at. */
const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return done(error, []);
    if (found.some(({ address }) => isInside(address)))
      return done(new Error('private address'), []);
    const [first] = found;
    if (options.all === true || first === undefined) return done(null, found);
    return done(null, first.address, first.family);
  });
};

function isInside(address: string): boolean {
  const isSix = isIP(address) === 6;
  return (
    isPrivateHost(isSix ? `[${address}]` : address) ||
    NOT_PUBLIC.check(address, isSix ? 'ipv6' : 'ipv4')
  );
}
