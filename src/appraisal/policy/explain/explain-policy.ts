import type { Policy } from '../schema/policy.ts';
import { deviceLines } from './devices.ts';
import { hexFor, listed, type Section, type ShowHex, type Values } from './explanation.ts';
import { setLines, stateText } from './machines.ts';
import { notChecked } from './not-checked.ts';
import { snpLines, tdxLines } from './processor.ts';
import { admissionLines, assertionLines, freshnessLines, logLines } from './software.ts';

/**
 * The whole policy in plain sentences, for somebody who decides whether it is the right one and
 * reads no YAML. Every member of it is in some line; the sections without any line are left out.
 *
 * @param policy as `readPolicy` gives it.
 * @param values whether measurements and ids are shown in full.
 */
export function explainPolicy(policy: Policy, values: Values = 'short'): readonly Section[] {
  const { metadata, spec } = policy;
  const { cpu } = spec.evidence;
  const hex = hexFor(values);
  const sections: readonly Section[] = [
    { heading: 'The policy', lines: policyLines(metadata, spec.role, hex) },
    { heading: 'Who gets in', lines: [whoLine(policy), ...admissionLines(spec, hex)] },
    {
      heading: 'Machines (reference sets; a machine is one of them as a whole)',
      lines: cpu.referenceSets.flatMap((set) => setLines(set, hex)),
    },
    {
      heading: 'Processor and firmware',
      lines: cpu.type === 'intel-tdx' ? tdxLines(cpu, hex) : snpLines(cpu),
    },
    { heading: 'Devices', lines: deviceLines(spec.evidence, spec.composite, hex) },
    { heading: 'Logs', lines: logLines(spec.logHygiene) },
    { heading: 'Assertions', lines: assertionLines(spec.assertions) },
    { heading: 'How long an answer holds', lines: freshnessLines(spec.freshness) },
    { heading: 'Exceptions', lines: exceptionLines(policy) },
    { heading: 'Not checked', lines: notChecked(policy) },
    { heading: 'Refused, whatever else is right', lines: refusedLines(policy) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function policyLines(
  { name, revision, previous, lifecycle, owners, description, labels }: Policy['metadata'],
  role: string,
  hex: ShowHex,
): readonly string[] {
  const said = Object.entries(labels ?? {}).map(([label, value]) => `${label} ${value}`);
  return [
    `${name}, revision ${revision}: ${stateText(lifecycle)}.`,
    ...(previous === undefined ? [] : [`It follows sha256:${hex(previous.slice(7))}.`]),
    ...(description === undefined ? [] : [description]),
    `Its owners are ${listed(owners, 'and')}; the machines have the role ${role}.`,
    ...(said.length > 0 ? [`The operator says, and nobody proves: ${said.join(', ')}.`] : []),
  ];
}

function whoLine({ spec: { evidence } }: Policy): string {
  const { type, referenceSets } = evidence.cpu;
  const kind = type === 'intel-tdx' ? 'Intel TDX' : 'AMD SEV-SNP';
  const open = referenceSets.filter(
    ({ lifecycle: { state } }) => state !== 'revoked' && state !== 'draft',
  );
  if (open.length === 0) return `${kind} machines, and none of them: no reference set admits any.`;
  const sets = open.length === 1 ? 'the one reference set' : `one of ${open.length} reference sets`;
  return `${kind} machines that are ${sets} that admits, register by register.`;
}

/** What is put up with for a time: somebody must come back to it. */
function exceptionLines({ metadata, spec }: Policy): readonly string[] {
  const { cpu } = spec.evidence;
  const ends = [
    { what: 'the policy itself', lifecycle: metadata.lifecycle },
    ...cpu.referenceSets.map(({ id, lifecycle }) => ({ what: id, lifecycle })),
  ];
  const sunsets = ends.flatMap(({ what, lifecycle }) =>
    lifecycle.state === 'deprecated' ? [`${what} until ${lifecycle.sunset}, its sunset.`] : [],
  );
  if (cpu.type !== 'intel-tdx') return sunsets;
  const weak = cpu.tcb.accept.filter((status) => status !== 'UpToDate');
  return [
    ...(weak.length > 0
      ? [`Platforms that Intel calls ${listed(weak, 'or')}, without an end.`]
      : []),
    ...cpu.tcb.advisories.map(({ id, until, reason }) => `${id} until ${until}: ${reason}.`),
    ...sunsets,
  ];
}

function refusedLines({ spec }: Policy): readonly string[] {
  const { cpu, gpu } = spec.evidence;
  const revoked = cpu.referenceSets.filter(({ lifecycle }) => lifecycle.state === 'revoked');
  return [
    'Evidence that is not the vendor’s: a signature, a chain, a revoked certificate, whatever the policy says.',
    cpu.type === 'intel-tdx'
      ? 'A TD that can be debugged, and a platform whose TCB is Revoked or has an advisory without an exception in date.'
      : 'A guest that can be debugged or has a migration agent, and a product line that is not named.',
    ...(gpu
      ? [
          'A GPU in developer tools mode, as far as its measurements and the guest’s own check tell.',
        ]
      : []),
    'Registers of two reference sets mixed, and devices of which nothing is said here.',
    ...revoked.map(({ id }) => `What is ${id}, though it were another set as well.`),
  ];
}
