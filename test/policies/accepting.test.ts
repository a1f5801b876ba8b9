import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BundleVerification } from '../../src/appraisal/bundle/verifier.ts';
import { readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import type { GpuRules } from '../../src/appraisal/policy/schema/nvidia.ts';
import type { Policy } from '../../src/appraisal/policy/schema/policy.ts';
import type { SnpReferenceSet, SnpRules } from '../../src/appraisal/policy/schema/snp.ts';
import type { TdxRules } from '../../src/appraisal/policy/schema/tdx.ts';
import { fromHex } from '../../src/core/bytes/hex.ts';
import type { SnpPlan } from '../../src/simulator/snp/plan.ts';
import type { TdxPlan } from '../../src/simulator/tdx/plan.ts';
import {
  challenged,
  codesOf,
  decidedBy,
  draftFor,
  type Editable,
  wholeMachine,
} from '../support/policy.ts';

/*
 * A policy that nobody can meet would refuse as well as a good one. So for each shipped policy
 * there is a simulated machine that it lets in: made with the policy's values where the simulator
 * can have them, and where it can't, as with registers that are hashes of its own software, the
 * policy's values replaced by the machine's.
 */
function shipped(name: string): Editable<Policy> {
  const file = join(import.meta.dirname, '../../policies', `${name}.yaml`);
  const { policy } = readPolicy(new Uint8Array(readFileSync(file)));
  return structuredClone(policy) as Editable<Policy>;
}

const own = (whole: BundleVerification) => draftFor(whole, () => undefined);
const bytes = (value: unknown) => fromHex(value as string, 'policy');

/** The image of a reference set on a simulated processor. */
function imageOf({ measurement, hostData, familyId, imageId, idKeyDigest }: SnpReferenceSet) {
  return ({ report }: SnpPlan) => {
    Object.assign(report, {
      ...(typeof measurement === 'string' && { measurement: bytes(measurement) }),
      ...(typeof hostData === 'string' && { hostData: bytes(hostData) }),
      familyId: bytes(familyId),
      imageId: bytes(imageId),
      idKeyDigest: bytes(idKeyDigest),
      guestSvn: 2,
      policy: report.policy | 31n,
    });
  };
}

/** Registers of the simulator's own software in place of the newest set's. */
function withRegisters(policy: Editable<Policy>, whole: BundleVerification): void {
  const cpu = policy.spec.evidence.cpu as Editable<TdxRules>;
  const [machine] = (own(whole).spec.evidence.cpu as TdxRules).referenceSets;
  const set = cpu.referenceSets.at(-1);
  if (set === undefined || machine === undefined) throw new Error('no reference set');
  const { mrTd, rtmr0, rtmr1, rtmr2 } = structuredClone(machine) as Editable<typeof machine>;
  Object.assign(set, { mrTd, rtmr0, rtmr1, rtmr2 });
}

describe('a machine that is let in by', () => {
  it('snp-ssh-host, as it stands', async () => {
    const policy = shipped('snp-ssh-host');
    const [set] = (policy.spec.evidence.cpu as SnpRules).referenceSets;
    const whole = challenged(
      await wholeMachine({
        cpu: 'snp',
        gpus: 0,
        switches: 0,
        edit: (plan) => {
          plan.purpose = 'ssh-session';
        },
        hardware: { snp: imageOf(set as SnpReferenceSet) },
      }),
    );
    const result = decidedBy(policy, whole);
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
    expect(result.policy.referenceSet).toBe('container-host/milan');
  });

  it('snp-validator-services, its chip among those that are known', async () => {
    const policy = shipped('snp-validator-services');
    const [set] = (policy.spec.evidence.cpu as SnpRules).referenceSets;
    const whole = challenged(
      await wholeMachine({
        cpu: 'snp',
        gpus: 0,
        switches: 0,
        hardware: { snp: imageOf(set as SnpReferenceSet) },
      }),
    );
    expect(codesOf(decidedBy(policy, whole))).toEqual(['fail:policy.deployment.identity']);
    policy.spec.deployment = structuredClone(own(whole).spec.deployment) as never;
    const result = decidedBy(policy, whole);
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
  });

  it('tdx-8xh200-4nvswitch, with its software and its machine named', async () => {
    const policy = shipped('tdx-8xh200-4nvswitch');
    const whole = challenged(await wholeMachine({ gpus: 8, switches: 4 }));
    withRegisters(policy, whole);
    const { pieces } = whole;
    const log = pieces.cpu && 'quote' in pieces.cpu ? pieces.cpu.eventLog : undefined;
    const compose = log?.log.events.find(({ name }) => name === 'compose-hash');
    const [set] = (policy.spec.evidence.cpu as Editable<TdxRules>).referenceSets;
    if (set && 'eventLog' in (set.rtmr3 as object)) {
      const [rule] = (set.rtmr3 as Editable<{ eventLog: { digests: string[] }[] }>).eventLog;
      rule?.digests.splice(0, 1, Buffer.from(compose?.digest ?? []).toString('hex'));
    }
    policy.spec.deployment = structuredClone(own(whole).spec.deployment) as never;
    policy.spec.workload = structuredClone(own(whole).spec.workload) as never;
    (policy.spec.evidence.gpu as Editable<GpuRules>).models = structuredClone(
      own(whole).spec.evidence.gpu?.models ?? [],
    ) as never;
    (policy.spec.evidence.gpu as Editable<GpuRules>).releases = structuredClone(
      own(whole).spec.evidence.gpu?.releases ?? [],
    ) as never;
    (policy.spec.evidence.nvswitch as { bios: unknown }).bios =
      own(whole).spec.evidence.nvswitch?.bios;
    const result = decidedBy(policy, whole);
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
  });

  it('tdx-blackwell, with its software and its weights named', async () => {
    const policy = shipped('tdx-blackwell');
    const set = (policy.spec.evidence.cpu as TdxRules).referenceSets.at(-1);
    const whole = challenged(
      await wholeMachine({
        gpus: 8,
        switches: 0,
        mode: 'mpt',
        hardware: {
          tdx: ({ quote }: TdxPlan) => {
            const module = quote.body.teeTcbSvn.with(0, 11);
            Object.assign(quote, { header: { ...quote.header, version: 5 }, bodyKind: 'td15' });
            Object.assign(quote.body, {
              mrOwnerConfig: bytes(set?.mrOwnerConfig),
              teeTcbSvn: module,
              teeTcbSvn2: module,
            });
          },
        },
      }),
    );
    withRegisters(policy, whole);
    policy.spec.workload = structuredClone(own(whole).spec.workload) as never;
    policy.spec.logHygiene.commandLine = { skip: 'the simulated firmware does not log its text' };
    const result = decidedBy(policy, whole);
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
    expect(result.policy.referenceSet).toBe('node-image-2026.05');
  });
});
