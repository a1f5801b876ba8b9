import { type BundleMachine, createBundleMachine } from '../../simulator/bundle/simulate.ts';

/** A simulated confidential machine: which pool it serves in, and what it is built of. */
export interface MachinePlan {
  readonly name: string;
  readonly pool: string;
  readonly cpu: 'tdx' | 'snp';
  readonly gpus: number;
}

/** The same, and its hardware. */
export interface MachineMade extends MachinePlan {
  readonly machine: BundleMachine;
}

/** Two of one kind, so that one can be put out, and one of another. */
export const DEMO_MACHINES: readonly MachinePlan[] = [
  { name: 'tdx-one', pool: 'tdx', cpu: 'tdx', gpus: 1 },
  { name: 'tdx-two', pool: 'tdx', cpu: 'tdx', gpus: 1 },
  { name: 'snp-one', pool: 'snp', cpu: 'snp', gpus: 0 },
];

/**
 * All machines are of one simulated world, each with hardware of its own. The first takes seconds:
 * the world's RSA keys are made with it.
 *
 * @param at when their evidence is in date, in milliseconds since the epoch.
 */
export async function makeMachine(plan: MachinePlan, at: number): Promise<MachineMade> {
  const { name, cpu, gpus } = plan;
  const machine = await createBundleMachine({
    at,
    cpu,
    gpus,
    switches: 0,
    mode: 'spt',
    machine: name,
    revocation: 'published',
  });
  return { ...plan, machine };
}
