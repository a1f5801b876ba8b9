import { sha384 } from '#crypto';
import { equalBytes } from '../../../core/bytes/equal.ts';
import {
  EV_ACTION,
  EV_EVENT_TAG,
  EV_IPL,
  EV_PLATFORM_CONFIG_FLAGS,
  isImageEvent,
  isVariableEvent,
} from './event-types.ts';
import { readUefiVariable } from './uefi-variable.ts';

/**
 * What of an event its digest covers. Only that, and only if the register replays to the
 * quoted value, is proven; the rest of the entry is a claim of whoever wrote the log.
 *
 * - `name-and-data`: type, name and data (dstack's runtime events).
 * - `joined`: the text `name:data`, but not where the name ends.
 * - `data`: every byte of the data. Its reading depends on the type, which stays a claim.
 * - `part`: the bytes of the data from `start` to `end`.
 * - `nothing`: the data merely tells what is said to have been measured.
 */
export type Coverage =
  | { readonly of: 'name-and-data' | 'joined' | 'data' }
  | {
      readonly of: 'part';
      readonly part: CoveredPart;
      readonly start: number;
      readonly end: number;
    }
  | { readonly of: 'nothing'; readonly because: string };

export type CoveredPart = 'variableData' | 'command' | 'text' | 'taggedData' | 'configuration';

export type CoveredRange = Extract<Coverage, { of: 'part' }>;

/** What GRUB and its forks put in front of the text whose hash they extend. */
const COMMAND_PREFIXES = [
  'grub_cmd: ',
  'grub_cmd ',
  'kernel_cmdline: ',
  'grub_kernel_cmdline ',
  'module_cmdline: ',
] as const;

/** Finds by hashing, never by the event type alone, what of the data the digest covers. */
export function coverageOf(type: number, data: Uint8Array, digest: Uint8Array): Coverage {
  if (equalBytes(sha384(data), digest)) return { of: 'data' };
  const covered = parts(type, data).find(
    // The hash of no bytes would prove nothing while looking like proof.
    ({ start, end }) => end > start && equalBytes(sha384(data.subarray(start, end)), digest),
  );
  return covered ?? { of: 'nothing', because: whyNothing(type, data) };
}

/** At most two candidates, so that an entry costs at most three hashes of its data. */
function parts(type: number, data: Uint8Array): readonly CoveredRange[] {
  if (isVariableEvent(type)) return variablePart(data);
  if (type === EV_IPL || type === EV_ACTION) return textParts(data);
  if (type === EV_EVENT_TAG) return headedPart(data, 'taggedData', 8);
  if (type === EV_PLATFORM_CONFIG_FLAGS) return headedPart(data, 'configuration', 20);
  return [];
}

/** Firmware extends the variable's data alone into the boot variables: the name is a claim. */
function variablePart(data: Uint8Array): readonly CoveredRange[] {
  const variable = readUefiVariable(data);
  if (variable === undefined) return [];
  return [{ of: 'part', part: 'variableData', start: variable.valueAt, end: data.length }];
}

/**
 * Text to its terminator, with or without it: GRUB hashes a command without, Alibaba's fork
 * with, and behind the terminator stands whatever was in memory.
 */
function textParts(data: Uint8Array): readonly CoveredRange[] {
  const zero = data.indexOf(0);
  const end = zero < 0 ? data.length : zero;
  const prefix = COMMAND_PREFIXES.find((words) => startsWith(data, words));
  const part = prefix === undefined ? 'text' : 'command';
  const start = prefix?.length ?? 0;
  return [
    { of: 'part', part, start, end },
    { of: 'part', part, start, end: Math.min(end + 1, data.length) },
  ];
}

/**
 * An identifier, then a u32 with the size of what follows: TCG_PCClientTaggedEvent
 * (id u32), and td-shim's configuration (descriptor 16 bytes).
 */
function headedPart(data: Uint8Array, part: CoveredPart, start: number): readonly CoveredRange[] {
  if (data.length < start) return [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint32(start - 4, true) !== data.length - start) return [];
  return [{ of: 'part', part, start, end: data.length }];
}

function startsWith(data: Uint8Array, words: string): boolean {
  if (data.length < words.length) return false;
  for (let i = 0; i < words.length; i++) if (data[i] !== words.charCodeAt(i)) return false;
  return true;
}

function whyNothing(type: number, data: Uint8Array): string {
  if (isImageEvent(type)) return 'the digest is the Authenticode hash of an image';
  if (data.length === 0) return 'the log does not hold what was measured';
  return 'the data describes what was measured, or is false';
}
