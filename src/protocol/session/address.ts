/*
 * An enclave's agent has its addresses side by side. A node is enrolled with the one at which it
 * answers challenges, e.g. `https://203.0.113.7:8500/v1/attest`.
 */

/** Where an agent takes sealed requests: `…/v1/sealed`. @param endpoint of its node. */
export function sealedAddress(endpoint: string): URL {
  return new URL('sealed', endpoint);
}

/** Where an agent has its evidence for whoever asks: `…/v1/epoch`. @param endpoint of its node. */
export function epochAddress(endpoint: string): URL {
  return new URL('epoch', endpoint);
}

/** The path at a gateway by which requests reach a node. */
export function relayPath(pool: string, node: string): string {
  return `/ohttp/${pool}/${node}`;
}

/** The path by which the answer of a session is continued at a chunk of it, the first being 0. */
export function resumePath(pool: string, node: string, session: string, chunk: number): string {
  return `${relayPath(pool, node)}/${session}?chunk=${chunk}`;
}
