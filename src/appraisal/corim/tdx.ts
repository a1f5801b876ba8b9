import type { TdxReferenceSet } from '../policy/schema/tdx.ts';
import type { Reference } from './comid.ts';
import type { Identifier } from './identifier.ts';
import { type MeasurementValue, readDigest } from './measurement.ts';
import { NOT_STATED, oneDigest, oneValue, StatedMembers } from './stated.ts';

const REGISTERS = [
  'mrTd',
  'rtmr0',
  'rtmr1',
  'rtmr2',
  'rtmr3',
  'mrConfigId',
  'mrOwner',
  'mrOwnerConfig',
  'mrServiceTd',
] as const;
export type TdxRegister = (typeof REGISTERS)[number];
export type StatedTdx = StatedMembers<TdxRegister, string>;

/**
 * How a CoRIM numbers runtime registers in integrity-registers. No specification says: 0 to 3 are
 * RTMR0 to RTMR3 for some, and for others 0 is MRTD and 1 to 4 are the RTMRs, as in event logs.
 */
export type TdxRegisterNumbers = 'rtmr' | 'event-log';

/** Intel's profile (draft-cds-rats-intel-corim-profile) and its `tee.mrtee`. */
const INTEL_PROFILE = '2.16.840.1.113741.1.16.1';
const TEE_MRTEE = -83;
const RAW_VALUE = 4;
const SIZE = 48;

/** The register of that name, however it is spelled: `RTMR[0]`, `rtmr0`, `MRTD`. */
function registerNamed(id: Identifier | undefined): TdxRegister | undefined {
  if (id?.kind !== 'text') return undefined;
  const plain = id.value.toLowerCase().replaceAll(/[[\]_ -]/g, '');
  return REGISTERS.find((name) => name.toLowerCase() === plain);
}

/**
 * What a reference states of a TD, or undefined when it is of nothing that can be told to be one.
 *
 * No published profile says how MRTD and RTMRs are stated, so only what can't be misread is taken:
 * registers by their names, as mkey or as id of an integrity register; registers by number where
 * the caller says how they are numbered; and in Intel's profile `tee.mrtee` for MRTD where RTMRs
 * are stated beside it, since the same field is MRENCLAVE of an enclave and MRSEAM of a module.
 */
export function statedTdx(
  reference: Reference,
  profiles: readonly Identifier[],
  numbers: TdxRegisterNumbers | undefined,
): StatedTdx | undefined {
  const stated: StatedTdx = new StatedMembers(reference);
  for (const { key, values } of reference.measurements) {
    const name = registerNamed(key);
    for (const value of values) {
      if (value.kind === 'integrity-registers') takeRegisters(stated, value, numbers);
      else if (name !== undefined && isValue(value)) {
        stated.state(name, value.at, oneValue(value, SIZE));
      }
    }
  }
  const intel = profiles.some(({ kind, value }) => kind === 'oid' && value === INTEL_PROFILE);
  if (intel && /rtmr/.test(stated.names)) takeMrTee(stated);
  if (stated.names === '') return undefined;
  keepBackNumbers(stated);
  return stated;
}

/** A raw value also where it is an expression; a name or a version beside it is no value. */
function isValue(value: MeasurementValue): boolean {
  if (value.kind === 'other') return value.key === RAW_VALUE;
  return value.kind === 'digests' || value.kind === 'raw-value';
}

function takeRegisters(
  stated: StatedTdx,
  value: Extract<MeasurementValue, { kind: 'integrity-registers' }>,
  numbers: TdxRegisterNumbers | undefined,
): void {
  const named = value.registers.map(({ id, digests }) => ({
    id,
    digests,
    name: registerNamed(id) ?? registerNumbered(id, numbers),
  }));
  // Registers of something else, a TPM's for one.
  if (named.every(({ name }) => name === undefined)) return;
  for (const { id, digests, name } of named) {
    if (name === undefined)
      stated.keepBack(value.at, `which register ${id.value} is, is not known`);
    else stated.state(name, value.at, oneDigest(digests, SIZE));
  }
}

/** Registers of a TD that have only numbers are some of its registers, and not known which. */
function keepBackNumbers(stated: StatedTdx): void {
  for (const { values } of stated.reference.measurements) {
    for (const { kind, at } of values) {
      if (kind !== 'integrity-registers' || stated.isTaken(at)) continue;
      stated.keepBack(at, 'registers that have only numbers');
    }
  }
}

function registerNumbered(
  id: Identifier,
  numbers: TdxRegisterNumbers | undefined,
): TdxRegister | undefined {
  if (id.kind !== 'integer' || numbers === undefined) return undefined;
  const index = Number(id.value) + (numbers === 'rtmr' ? 1 : 0);
  // mrTd is the first of the list and the RTMRs are the next four.
  const least = numbers === 'rtmr' ? 1 : 0;
  return index >= least && index <= 4 ? REGISTERS[index] : undefined;
}

function takeMrTee(stated: StatedTdx): void {
  for (const { values } of stated.reference.measurements) {
    for (const value of values) {
      if (value.kind !== 'other' || value.key !== TEE_MRTEE) continue;
      stated.state('mrTd', value.at, digestOf(value));
    }
  }
}

/** One digest, or a list of one; expressions (not this one, one of those) are more than that. */
function digestOf(value: Extract<MeasurementValue, { kind: 'other' }>): string | undefined {
  if (!Array.isArray(value.value)) return undefined;
  const [first, ...more] = value.value;
  const digest = Array.isArray(first) ? first : value.value;
  if (Array.isArray(first) && more.length > 0) return undefined;
  return oneDigest([readDigest({ at: value.at, value: digest })], SIZE);
}

export function tdxReferenceSet(stated: StatedTdx, id: string): TdxReferenceSet {
  const of = (name: TdxRegister) => stated.value(name) ?? NOT_STATED;
  return {
    id,
    lifecycle: { state: 'draft' },
    mrTd: of('mrTd'),
    rtmr0: of('rtmr0'),
    rtmr1: of('rtmr1'),
    rtmr2: of('rtmr2'),
    rtmr3: of('rtmr3'),
    mrConfigId: of('mrConfigId'),
    mrOwner: of('mrOwner'),
    mrOwnerConfig: of('mrOwnerConfig'),
    mrServiceTd: of('mrServiceTd'),
  };
}
