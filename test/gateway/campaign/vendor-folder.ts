import { writeVendors } from '../../../src/cli/demo/vendors.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import { KINDS, type Machine } from './population.ts';

/**
 * What vendors say, in a gateway's folder: Intel's collateral, AMD's list, and NVIDIA's word on
 * the devices of all machines but those about which it is to stay open.
 */
export async function fillVendorFolder(root: string, machines: readonly Machine[]): Promise<void> {
  const open = new Set(
    machines
      .filter(({ fate }) => fate === 'open' || fate === 'overridden')
      .map(({ machine }) => machine),
  );
  // Of processors one of a kind: the others bring their own certificates along.
  const firsts = KINDS.map((kind) => machines.find((one) => one.kind === kind));
  const told = machines.filter((one) => one.kind === 'gpu' || firsts.includes(one));
  await writeVendors(root, {
    machines: told.map(({ machine }) => machine),
    at: SIMULATED_NOW,
    answersFor: (machine) => !open.has(machine),
  });
}
