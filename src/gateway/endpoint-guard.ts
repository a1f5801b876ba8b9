import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPrivateHost } from '../endorsements/private-host.ts';

/** Whether nodes may have endpoints in the gateway's own network, which it would call for them. */
export type Endpoints = 'public' | 'private-too';

/**
 * Where an endpoint is, its operator says: one that leads into the gateway's own network is not
 * followed. A name is looked at where it is looked up, see {@link lookupFor}.
 */
export function leadsInside(url: URL, endpoints: Endpoints): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return endpoints === 'public' && isIP(host) !== 0 && isPrivateHost(url.hostname);
}

/** For requests to endpoints; undefined where any address will do. */
export function lookupFor(endpoints: Endpoints): { readonly lookup?: LookupFunction } {
  return endpoints === 'public' ? { lookup: publicLookup } : {};
}

/** The address that is connected to is the one that was looked at. */
const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return done(error, []);
    const isInside = found.some(({ address, family }) =>
      isPrivateHost(family === 6 ? `[${address}]` : address),
    );
    if (isInside) return done(new Error('private address'), []);
    const [first] = found;
    if (options.all === true || first === undefined) return done(null, found);
    return done(null, first.address, first.family);
  });
};
