import { verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { PosternOptions } from '../../../src/client/options.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { bundleAnchors } from '../bundle.ts';
import { type PolicyEdit, policyFor } from '../policy.ts';
import { GATEWAY, POOL, StandInGateway } from './gateway.ts';
import { LOG_KEY } from './ledger.ts';
import { type MachineChanges, type Serve, StandInMachine } from './machine.ts';
import { openAiServer } from './openai-server.ts';

/** A machine that is let in, a gateway before it, and how a client of both is made. */
export interface ClientBed {
  readonly gateway: StandInGateway;
  readonly machine: StandInMachine;
  /** YAML or JSON, which the machine meets. */
  readonly policy: Uint8Array;
  readonly options: PosternOptions;
}

export const NODE = 'aa'.repeat(16);

export async function clientBed(
  changes: MachineChanges & { readonly serve?: Serve; readonly policy?: PolicyEdit } = {},
): Promise<ClientBed> {
  const machine = await StandInMachine.create(NODE, changes.serve ?? openAiServer, changes);
  const gateway = new StandInGateway();
  await gateway.admit(machine);
  const policy = policyOf(machine, changes.policy);
  return {
    gateway,
    machine,
    policy,
    options: {
      gateway: GATEWAY,
      policy: { file: policy },
      ledger: { verifierKey: LOG_KEY },
      pool: POOL,
      anchors: bundleAnchors(machine.hardware.roots),
      fetch: gateway.fetch,
      now: () => gateway.now,
    },
  };
}

/** What this machine meets, and no other: it pins the platform that it runs on. */
export function policyOf(machine: StandInMachine, edit: PolicyEdit = () => undefined): Uint8Array {
  const nonce = new Uint8Array(32).fill(9);
  const { hardware } = machine;
  const verified = verifyBundle({
    bundle: machine.attest(nonce, 'client'),
    at: hardware.at,
    anchors: bundleAnchors(hardware.roots),
    expected: { nonce },
  });
  const { cpu } = verified.pieces;
  const platform = cpu && 'pck' in cpu ? cpu.pck?.platformInstanceId : undefined;
  const policy = policyFor(verified, (draft) => {
    if (platform) draft.spec.deployment = { platformInstanceIds: [toHex(platform)] };
    edit(draft);
  });
  return readPolicy(utf8(JSON.stringify(policy))).canonical;
}
