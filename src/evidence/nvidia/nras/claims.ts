import type { Claims } from '../../verification.ts';
import { type NrasEat, parseNrasEat } from './eat.ts';
import { readSubmodule, type Submodule, submodulesOf } from './submods.ts';
import type { Token } from './token.ts';

/** What is shown by a name of our own where a token has it. */
const OVERALL_CLAIMS = {
  iss: 'issuer',
  sub: 'subject',
  jti: 'jti',
  iat: 'iat',
  nbf: 'nbf',
  exp: 'exp',
  eat_nonce: 'eatNonce',
  'x-nvidia-ver': 'version',
  'x-nvidia-overall-att-result': 'overallResult',
} as const;

const DEVICE_CLAIMS = {
  ueid: 'ueid',
  hwmodel: 'hwmodel',
  measres: 'measres',
  'x-nvidia-gpu-driver-version': 'driverVersion',
  'x-nvidia-gpu-vbios-version': 'vbiosVersion',
  'x-nvidia-switch-bios-version': 'biosVersion',
  secboot: 'secboot',
  dbgstat: 'dbgstat',
} as const;

/**
 * All that the tokens say; whether to believe it is what the checks say.
 *
 * Of a device, `secboot` and `dbgstat` are not read from the device by anybody: the service makes
 * them up from the outcome in `measres`, and so they say nothing beyond it. `claims` has every
 * member of its token under NVIDIA's own name.
 */
export function eatClaims({ overall, devices }: NrasEat): Claims {
  const submodules = submodulesOf(overall);
  const listed = devices.map(({ name }) => readSubmodule(submodules?.[name]));
  const [only, ...others] = listed;
  return {
    ...selected(overall, OVERALL_CLAIMS),
    ...keyClaims(overall),
    ...(only && others.length === 0 && digestClaims(only)),
    devices: devices.map((device, i) => deviceClaims(device, listed[i])),
  };
}

/** How many of the devices at hand it speaks of; by ueid, in decimal. */
export function coverClaim({ devices }: NrasEat, wanted: readonly string[]): Claims {
  const named = new Set(devices.map(({ payload }) => payload.value('ueid')));
  const covered = wanted.filter((ueid) => named.has(ueid));
  return { covers: `${covered.length} of ${wanted.length}` };
}

function deviceClaims(device: Token, submodule: Submodule | undefined): Claims {
  return {
    name: device.name,
    ...selected(device, DEVICE_CLAIMS),
    ...keyClaims(device),
    ...(submodule && digestClaims(submodule)),
    claims: selected(device, Object.fromEntries(device.payload.names().map((n) => [n, n]))),
  };
}

function selected({ payload }: Token, names: Readonly<Record<string, string>>): Claims {
  return Object.fromEntries(
    Object.entries(names).flatMap(([member, name]) => {
      const value = payload.value(member);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function keyClaims({ algorithm, kid }: Token): Claims {
  return { algorithm, ...(kid !== undefined && { kid }) };
}

function digestClaims({ label, digest }: Submodule): Claims {
  return { submodDigest: digest, digestLabel: label };
}

const BEGINNING = /^[ \t\r\n]*\[[ \t\r\n]*\[[ \t\r\n]*"JWT"[ \t\r\n]*,/;
const LONGEST_BEGINNING = 128;

/** Whether it begins as a detached EAT does; no more than that is looked at. */
export function looksLikeNrasEat(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, LONGEST_BEGINNING);
  return BEGINNING.test(new TextDecoder('latin1').decode(head));
}

/**
 * A detached EAT by itself. Nothing is verified, not even that its tokens belong together.
 *
 * @throws Fault `malformed` or `unsupported` when it is no detached EAT.
 */
export function nrasClaims(bytes: Uint8Array): Claims {
  return eatClaims(parseNrasEat(bytes));
}
