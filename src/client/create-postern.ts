import { PosternError } from './errors.ts';
import { limitOf, openMachines } from './open-machines.ts';
import type { PosternOptions } from './options.ts';
import type { Postern, Target } from './postern.ts';
import { SealedFetch } from './sealed-fetch.ts';

/** Of a request by default, in bytes: a gateway takes as much, padded and sealed. */
export const LARGEST_REQUEST = 64 * 1024 * 1024;

/**
 * A client of the machines behind a gateway: it verifies them itself, by a policy and a ledger that
 * its caller trusts, before it seals anything for them.
 *
 * Where a pool is named, a machine of it is verified before this returns.
 *
 * @throws PosternError for options that would leave something unverified, and for all that keeps the
 *   first machine from being verified.
 */
export async function createPostern(options: PosternOptions): Promise<Postern> {
  const { pool } = options;
  const { machines, deps, credential, view } = await openMachines(options);
  const sealed = new SealedFetch({
    gateway: deps.gateway,
    machines,
    pool,
    credential,
    largestRequest: limitOf('seal', options, 'largestRequest', LARGEST_REQUEST),
    resume: options.resume ?? true,
    onReceipt: options.onReceipt ?? (() => undefined),
    now: deps.now,
    randomBytes: deps.randomBytes,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  const verify = async (target: Target | undefined) => {
    const wanted = target ?? (pool === undefined ? undefined : { pool });
    if (wanted === undefined)
      throw new PosternError('candidates.target', 'which pool, or which model?');
    return (await machines.pick(wanted, await credential())).view;
  };
  if (pool !== undefined) await verify({ pool });
  return { fetch: (input, init) => sealed.fetch(input, init), verify, verification: view };
}
