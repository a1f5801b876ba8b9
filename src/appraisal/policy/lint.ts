import type { Problem } from '../../core/document/problem.ts';
import { knownFacts } from './cel/known-facts.ts';
import { unknownMembers } from './cel/unknown-members.ts';
import { lintReach } from './lint-reach.ts';
import { lintTimes } from './lint-times.ts';
import type { Policy } from './schema/policy.ts';

type Report = (path: string, problem: string) => void;

const CPU = 'spec.evidence.cpu';

/**
 * What a policy is free to do, and what its author should know about it.
 *
 * @param at milliseconds since the epoch; without it nothing is said of what is over by then.
 */
export function lintPolicy(policy: Policy, at = LONG_AGO): readonly Problem[] {
  const advice: Problem[] = [];
  const report: Report = (path, problem) => {
    advice.push({ path, problem });
  };
  lintSets(policy, report);
  lintReach(policy.spec.evidence.cpu, report);
  lintTimes(policy, at, report);
  lintHardware(policy.spec, report);
  lintBindings(policy.spec, report);
  lintDevices(policy.spec, report);
  lintAssertions(policy.spec, report);
  return advice;
}

const LONG_AGO = Number.NEGATIVE_INFINITY;

function lintSets({ metadata, spec }: Policy, report: Report): void {
  const sets = spec.evidence.cpu.referenceSets;
  if (
    !sets.some(({ lifecycle }) => lifecycle.state === 'active' || lifecycle.state === 'deprecated')
  ) {
    report(`${CPU}.referenceSets`, 'no set admits anything: each is a draft or revoked');
  }
  if (metadata.lifecycle.state === 'draft') {
    report('metadata.lifecycle', 'a draft is evaluated and admits nobody');
  }
  for (const [i, { provenance, lifecycle }] of sets.entries()) {
    const path = `${CPU}.referenceSets[${i}].provenance`;
    if (lifecycle.state !== 'active') continue;
    if (provenance === undefined) report(path, 'is missing: where do these values come from?');
    else if (provenance.kind === 'observed') {
      report(path, 'the values were observed on a machine: nobody has said that they are right');
    }
  }
}

function lintHardware(
  { evidence: { cpu }, deployment, logHygiene }: Policy['spec'],
  report: Report,
): void {
  if ('skip' in deployment) {
    report('spec.deployment', 'is skipped: anybody’s genuine machine that runs this software fits');
  }
  if (cpu.type === 'intel-tdx') {
    const risky = cpu.tcb.accept.filter((status) => status.startsWith('OutOfDate'));
    if (risky.length > 0) {
      report(
        `${CPU}.tcb.accept`,
        `${risky.join(', ')}: platforms with known weaknesses get in, as far as the advisories are excepted`,
      );
    }
    for (const [i, { mrTd }] of cpu.referenceSets.entries()) {
      if (typeof mrTd === 'string') continue;
      report(
        `${CPU}.referenceSets[${i}].mrTd`,
        'is skipped: firmware that nobody knows can extend the RTMRs to any values it likes',
      );
    }
    if (cpu.attributes.septVeDisable !== 'require') {
      report(
        `${CPU}.attributes.septVeDisable`,
        'without it the host can send #VE exceptions for the guest’s own pages (Azure’s paravisor has it clear)',
      );
    }
    if ('skip' in logHygiene.commandLine) {
      report(
        'spec.logHygiene.commandLine',
        'is skipped: a kernel console may be the host’s to read',
      );
    }
  } else {
    if (cpu.vmpl.some((vmpl) => vmpl > 0)) {
      report(
        `${CPU}.vmpl`,
        'below VMPL 0 something else in the guest can have asked for the report',
      );
    }
    if (!cpu.tcbAppliesTo.includes('reported')) {
      report(
        `${CPU}.tcbAppliesTo`,
        'leaves out reported, the TCB whose key signs the report: the others are the firmware’s own word',
      );
    }
    if (typeof cpu.crl === 'object')
      report(`${CPU}.crl`, 'is skipped: a revoked ASK goes unnoticed');
    if (cpu.provisionalFirmware === 'allow') {
      report(
        `${CPU}.provisionalFirmware`,
        'firmware that is not committed can be rolled back by the machine’s owner',
      );
    }
  }
}

function lintBindings({ bindings, workload }: Policy['spec'], report: Report): void {
  if ('skip' in bindings) {
    report(
      'spec.bindings',
      'is skipped: the evidence vouches for no key, and anybody can relay it',
    );
    return;
  }
  if (typeof bindings.challenge === 'object') {
    report('spec.bindings.challenge', 'is skipped: a recording will do');
  }
  if ('skip' in bindings.purposes) {
    report(
      'spec.bindings.purposes',
      'is skipped: evidence that one party asked for can be shown to another',
    );
  }
  if ('skip' in workload.agentConfigSha256 && bindings.recipes.includes('postern-v1')) {
    report(
      'spec.workload.agentConfigSha256',
      'is skipped: an agent may pass prompts on to wherever it was told',
    );
  }
}

function lintDevices(
  { evidence: { gpu, nvswitch }, composite }: Policy['spec'],
  report: Report,
): void {
  if (gpu && typeof gpu.ocsp === 'object')
    report('spec.evidence.gpu.ocsp', 'is skipped: a revoked GPU goes unnoticed');
  if (nvswitch && typeof nvswitch.ocsp === 'object') {
    report('spec.evidence.nvswitch.ocsp', 'is skipped: a revoked switch goes unnoticed');
  }
  if (gpu?.modes.includes('spt') && composite.gpu && countOf(composite.gpu.count) > 1) {
    report('spec.evidence.gpu.modes', 'spt is of one GPU: between several, NVLink is in the clear');
  }
  if (gpu?.modes.includes('ppcie') && !nvswitch) {
    report(
      'spec.evidence.gpu.modes',
      'ppcie encrypts no NVLink: the switches must be attested as well (spec.evidence.nvswitch)',
    );
  }
  if (gpu && typeof composite.gpu?.sameChallengeAs === 'object') {
    report('spec.composite.gpu.sameChallengeAs', 'is skipped: the GPUs may be anybody’s');
  }
}

function lintAssertions({ evidence, assertions }: Policy['spec'], report: Report): void {
  const facts = knownFacts(evidence.cpu.type);
  for (const [i, { cel }] of assertions.entries()) {
    for (const problem of unknownMembers(cel, facts)) report(`spec.assertions[${i}].cel`, problem);
  }
}

function countOf(count: NonNullable<Policy['spec']['composite']['gpu']>['count']): number {
  return 'exactly' in count ? count.exactly : count.max;
}
