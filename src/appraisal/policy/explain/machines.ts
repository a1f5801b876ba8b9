import { type ReferenceSet, registersOf } from '../said-values.ts';
import type { EventLogValue } from '../schema/tdx.ts';
import type { Lifecycle, Provenance } from '../schema/values.ts';
import { type ShowHex, unlessSkipped } from './explanation.ts';

type Register = string | number | EventLogValue;

/** Registers that are all the same zeros in most policies tell more in one word than in 96. */
const ZEROS = /^0+$/;

/** A reference set: its state, where its values come from, and what each register must be. */
export function setLines(set: ReferenceSet, hex: ShowHex): readonly string[] {
  return [
    `${set.id}: ${stateText(set.lifecycle)}`,
    `  ${provenanceText(set.provenance)}`,
    ...registerLines(set, hex).map((line) => `  ${line}`),
    ...recordedLines(set).map((line) => `  ${line}`),
  ];
}

/** @returns what a lifecycle means for machines, e.g. `admits from 2026-01-01T00:00:00Z`. */
export function stateText(lifecycle: Lifecycle): string {
  switch (lifecycle.state) {
    case 'draft':
      return 'a draft, which is evaluated and admits nobody';
    case 'active':
      return `admits${fromText(lifecycle.notBefore)}`;
    case 'deprecated': {
      const why = lifecycle.reason === undefined ? '' : `: ${lifecycle.reason}`;
      return `admits${fromText(lifecycle.notBefore)} until ${lifecycle.sunset} (deprecated${why})`;
    }
    case 'revoked':
      return `refused, revoked at ${lifecycle.revokedAt}: ${lifecycle.reason}`;
  }
}

function fromText(notBefore: string | undefined): string {
  return notBefore === undefined ? '' : ` from ${notBefore}`;
}

function provenanceText(provenance: Provenance | undefined): string {
  if (provenance === undefined) return 'nobody says where its values come from';
  const { kind, tool, source, inputs } = provenance;
  const how = {
    calculated: 'calculated from the parts of the image',
    'vendor-signed': 'signed by a vendor',
    observed: 'observed on a machine: nobody has said that they are right',
  }[kind];
  const given = Object.entries(inputs ?? {}).map(([name, what]) => `${name} ${what}`);
  return [
    `values ${how}`,
    ...(tool === undefined ? [] : [`by ${tool}`]),
    ...(source === undefined ? [] : [`source: ${source}`]),
    ...(given.length > 0 ? [`of ${given.join(', ')}`] : []),
  ].join('; ');
}

const NAMES: Readonly<Record<string, string>> = {
  mrTd: 'MRTD',
  rtmr0: 'RTMR0',
  rtmr1: 'RTMR1',
  rtmr2: 'RTMR2',
  rtmr3: 'RTMR3',
  mrConfigId: 'MRCONFIGID',
  mrOwner: 'MROWNER',
  mrOwnerConfig: 'MROWNERCONFIG',
  mrServiceTd: 'MRSERVICETD',
  measurement: 'MEASUREMENT',
  hostData: 'HOST_DATA',
  familyId: 'FAMILY_ID',
  imageId: 'IMAGE_ID',
  idKeyDigest: 'ID_KEY_DIGEST',
  authorKeyDigest: 'AUTHOR_KEY_DIGEST',
  minGuestSvn: 'GUEST_SVN',
};

/** A register by the name that its vendor has for it. */
export function registerName(member: string): string {
  return Object.hasOwn(NAMES, member) ? (NAMES[member] ?? member) : member;
}

function registerLines(set: ReferenceSet, hex: ShowHex): readonly string[] {
  const fixed: string[] = [];
  const zeros: string[] = [];
  const stories: string[] = [];
  const registers = registersOf(set);
  for (const [member, name] of Object.entries(NAMES)) {
    const value = registers[member];
    if (value === undefined) continue;
    unlessSkipped<Register>(value, (rule) => {
      if (typeof rule === 'number') fixed.push(`${name} at least ${rule}`);
      else if (typeof rule === 'object') stories.push(storyText(name, rule, hex));
      else if (ZEROS.test(rule)) zeros.push(name);
      else fixed.push(`${name} ${hex(rule)}`);
      return '';
    });
  }
  return [
    ...(fixed.length > 0 ? [fixed.join(', ')] : []),
    ...(zeros.length > 0 ? [`all zeros: ${zeros.join(', ')}`] : []),
    ...stories,
  ];
}

function storyText(name: string, { eventLog, otherEvents }: EventLogValue, hex: ShowHex): string {
  const events = eventLog.map(
    ({ event, digests, occurs }) =>
      `${event} ${occurs.replaceAll('-', ' ')} (${digests.map(hex).join(' or ')})`,
  );
  const others = otherEvents === 'allow' ? 'any other events as well' : 'and no other event';
  return `${name} by the events of its log: ${events.join(', ')}, ${others}`;
}

/** They decide nothing: that they are there is enough. */
function recordedLines(set: ReferenceSet): readonly string[] {
  const recorded = 'recordedEvents' in set ? (set.recordedEvents ?? {}) : {};
  const counts = Object.entries(recorded).map(
    ([member, events]) => `${registerName(member)} ${events?.length ?? 0}`,
  );
  return counts.length === 0 ? [] : [`recorded events, which decide nothing: ${counts.join(', ')}`];
}
