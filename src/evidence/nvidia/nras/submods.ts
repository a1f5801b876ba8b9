import { sha256 } from '#crypto';
import { toHex } from '../../../core/bytes/hex.ts';
import type { JsonObject, JsonValue } from '../../../core/encoding/json.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import type { NrasEat } from './eat.ts';
import type { Token } from './token.ts';
import { shown } from './tokens-answer.ts';

/** What the overall token says of one device's token. */
export interface Submodule {
  /** `SHA-256` as the service writes it, `SHA256` as NVIDIA's tools do. */
  readonly label: string;
  /** Lower-case hex. */
  readonly digest: string;
}

const LABELS: readonly JsonValue[] = ['SHA-256', 'SHA256'];

/** `["DIGEST", ["SHA-256", "<64 hex digits>"]]` (RFC 9711 section 4.2.18.2, by NVIDIA's labels). */
export function readSubmodule(value: JsonValue | undefined): Submodule | undefined {
  const [kind, digest] = pairOf(value);
  if (kind !== 'DIGEST') return undefined;
  const [label, hex] = pairOf(digest);
  if (typeof label !== 'string' || !LABELS.includes(label)) return undefined;
  if (typeof hex !== 'string' || !/^[0-9a-fA-F]{64}$/.test(hex)) return undefined;
  return { label, digest: hex.toLowerCase() };
}

function pairOf(value: JsonValue | undefined): readonly (JsonValue | undefined)[] {
  return Array.isArray(value) && value.length === 2 ? value : [];
}

/** By the names of devices; undefined when the overall token has no such object. */
export function submodulesOf(overall: Token): JsonObject | undefined {
  const value = overall.payload.value('submods');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as JsonObject;
}

/** Both parts name the same devices, and each digest is that of the token as it stands. */
export function submodulesProblem({ overall, devices }: NrasEat): Mismatch | undefined {
  const listed = submodulesOf(overall);
  if (listed === undefined) {
    return { want: 'a list of submodules', got: shown(overall.payload.value('submods')) };
  }
  const present = new Set(devices.map(({ name }) => name));
  const problems = [
    ...devices.flatMap((device) => deviceProblem(device, listed[device.name])),
    ...Object.keys(listed).flatMap((name) =>
      present.has(name) ? [] : [`${shown(name)}: listed, and has no token`],
    ),
  ];
  if (problems.length === 0) return undefined;
  return { want: 'the SHA-256 of each device token, and no other', got: problems.join('; ') };
}

function deviceProblem({ name, compact }: Token, value: JsonValue | undefined): string[] {
  if (value === undefined) return [`${name}: not listed`];
  const submodule = readSubmodule(value);
  if (submodule === undefined) return [`${name}: ${shown(value)}`];
  const actual = toHex(sha256(compact));
  return submodule.digest === actual ? [] : [`${name}: ${submodule.digest}, and is ${actual}`];
}
