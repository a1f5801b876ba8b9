import type { Result } from '../measure.ts';
import { compare, type Heat, type Side } from '../trial.ts';
import { AT_ONCE, type BenchGateway, POOL } from './bench-gateway.ts';
import type { GrowingFleet } from './growing-fleet.ts';
import { LoopWatch } from './loop-watch.ts';
import { appraising, verifyRequests } from './requests.ts';
import { serve } from './served.ts';

/** Looks in a row that make up one measurement. */
const LOOKS = 64;
/** Machines that come: their numbers are those of no others. */
const NEW = Array.from({ length: 64 }, (_, i) => 1000 + i);
/** Of them, at the same time: a gateway has half of these verified, and the other half wait. */
const NEW_AT_ONCE = 2 * AT_ONCE;

/** What is measured of a fleet of one size. */
export type FleetRow = (
  name: string,
  fleet: GrowingFleet,
  nodes: number,
  heat: Heat,
) => Promise<Result>;

/** Re-attestations of those that are due: challenge, call, verification, decision, all in the ledger. */
export const rounds: FleetRow = async (name, fleet, nodes, heat) => {
  await fleet.growTo(nodes);
  const watch = new LoopWatch();
  const result = await compare(
    watch.around(looking(name, fleet.gateway)),
    appraising(fleet.evidence),
    heat,
  );
  return { ...result, also: { due: fleet.called, ...watch.seen() } };
};

/** `POST /v1/verify` at a gateway that has so many nodes. */
export const verifications: FleetRow = async (name, fleet, nodes, heat) => {
  await fleet.growTo(nodes);
  return verifyRequests(name, fleet.gateway, fleet.evidence, heat);
};

/** Machines that come to so many nodes, each admitted with a leaf that is durable before it is told. */
export const admissionsOver: FleetRow = async (name, fleet, nodes, heat) => {
  await fleet.growTo(nodes);
  const { gateway, newcomers, evidence } = fleet;
  const served = await serve(gateway);
  try {
    const coming = { url: served.url, numbers: NEW, atOnce: NEW_AT_ONCE };
    const watch = new LoopWatch();
    const arrivals = watch.around(newcomers.admissions(name, coming));
    const result = await compare(arrivals, appraising(evidence), heat);
    await newcomers.leave();
    return { ...result, also: { atOnce: NEW_AT_ONCE, ...watch.seen() } };
  } finally {
    await served.close();
  }
};

function looking(name: string, { service, store, now }: BenchGateway): Side {
  return {
    name,
    prepare: async () => async () => {
      let looked = 0;
      while (looked < LOOKS) {
        await store.lookAtAll(POOL, now());
        looked += await service.fleet.round();
      }
      return looked;
    },
  };
}
