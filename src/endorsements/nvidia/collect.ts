import { Fault } from '../../core/fault.ts';
import type { NvidiaClocks, NvidiaDevice, OcspInput } from '../../evidence/nvidia/input.ts';
import { givenRim, isHeld } from '../../evidence/nvidia/manifests.ts';
import type { Remembered } from '../../evidence/nvidia/remembered.ts';
import type { WantedRim } from '../../evidence/nvidia/rim-id.ts';
import { type NvidiaEndorsement, ocspInputOf } from './document.ts';
import { distinctWants, type NvidiaWant, type OcspWant, ocspWants, type RimWant } from './want.ts';
import { type WantedOfDevice, wantedOfDevice, wantedOfRim } from './wanted.ts';

/** What a verification is to use, and why parts of it are missing, where somebody knows. */
export interface CollectedNvidia {
  /** XML, each once. */
  readonly rims: readonly Uint8Array[];
  /** By the id of the manifest; nothing of a device that did not prove to be one. */
  readonly rimMissing?: ReadonlyMap<string, string>;
  readonly ocsp: readonly OcspInput[];
  readonly ocspMissing?: string;
  /** Why this is not what reachable, honest services would have given. */
  readonly warnings: readonly string[];
}

export interface Collecting {
  /** Under whose anchors, and what of it is known already. */
  readonly read: Remembered;
  /** When what is to be in date. */
  readonly at: NvidiaClocks;
  /** @throws Fault `unreachable` when there is none at all. */
  readonly find: (want: NvidiaWant, now: number) => Promise<NvidiaEndorsement>;
  /** `both` unless said. */
  readonly need?: 'both' | 'rims' | 'ocsp';
  /**
   * Manifests that are at hand: nobody is asked for those that are good, and OCSP is asked
   * about their signers too.
   */
  readonly rims?: readonly Uint8Array[];
}

/**
 * The manifests of some devices, and what OCSP says of their certificates and of the
 * manifests' signers.
 *
 * A response that is not in date is left out, unless it revokes for good: it would only turn "nobody
 * was asked" into "the answer is too old", and whom it revoked stays revoked.
 */
export async function collectNvidia(
  devices: readonly NvidiaDevice[],
  collecting: Collecting,
): Promise<CollectedNvidia> {
  const { read, need = 'both', rims: given = [] } = collecting;
  const at = collecting.at.rim;
  const known = given.map((xml) => givenRim(xml, read.rim(xml)));
  const { wanted, refused } = wantedOfAll(devices, read, (want) => isHeld(known, want, at));
  const rims = await findRims(
    need === 'ocsp' ? [] : distinctWants(wanted.flatMap((one) => one.rims)),
    collecting,
  );
  const signers = [...given.flatMap((xml) => wantedOfRim(xml, read)), ...rims.signers];
  const ocsp = await findOcsp(
    need === 'rims' ? [] : distinctWants([...wanted.flatMap((one) => one.ocsp), ...signers]),
    collecting,
  );
  return {
    rims: rims.found,
    ...(need !== 'ocsp' && missingRims(wanted, rims.missing)),
    ocsp: ocsp.found,
    ...(need !== 'rims' && missingOcsp([...refused, ...ocsp.missing])),
    warnings: [...new Set([...rims.warnings, ...ocsp.warnings])],
  };
}

function missingRims(
  wanted: readonly WantedOfDevice[],
  missing: ReadonlyMap<string, string>,
): Pick<CollectedNvidia, 'rimMissing'> {
  const odd = wanted.flatMap((one) => one.odd);
  const all = new Map(odd.map((id) => [id, 'nobody is asked for such an id']));
  for (const [id, because] of missing) all.set(id, because);
  return all.size === 0 ? {} : { rimMissing: all };
}

function missingOcsp(reasons: readonly string[]): Pick<CollectedNvidia, 'ocspMissing'> {
  const text = [...new Set(reasons)].join('; ');
  return text === '' ? {} : { ocspMissing: text };
}

/** What can't be verified is read again by the verifier, which says why in full. */
function wantedOfAll(
  devices: readonly NvidiaDevice[],
  read: Remembered,
  held: (want: WantedRim) => boolean,
) {
  const wanted: WantedOfDevice[] = [];
  const refused: string[] = [];
  for (const [i, device] of devices.entries()) {
    try {
      wanted.push(wantedOfDevice(device, read, held));
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      refused.push(`nothing was asked for device ${i + 1}: ${error.message}`);
    }
  }
  return { wanted, refused };
}

async function findRims(wants: readonly RimWant[], { find, at }: Collecting) {
  const found: Uint8Array[] = [];
  const signers: OcspWant[] = [];
  const missing = new Map<string, string>();
  const warnings: string[] = [];
  const answers = wants.map(async (want) => {
    return { id: want.id, one: await orFault(find(want, at.rim)) };
  });
  for (const { id, one } of await Promise.all(answers)) {
    if (one instanceof Fault) {
      missing.set(id, one.detail);
      warnings.push(one.message);
      continue;
    }
    found.push(one.bytes);
    signers.push(...ocspWants(one.facts.signer ?? [], 'rim'));
    warnings.push(...one.warnings);
  }
  return { found, signers, missing, warnings };
}

async function findOcsp(wants: readonly OcspWant[], { find, at }: Collecting) {
  const found: OcspInput[] = [];
  const missing: string[] = [];
  const warnings: string[] = [];
  const answers = wants.map(async (want) => {
    const now = want.subject.owner === 'device' ? at.ocsp : at.rimOcsp;
    return { want, now, one: await orFault(find(want, now)) };
  });
  for (const { want, now, one } of await Promise.all(answers)) {
    if (one instanceof Fault) {
      missing.push(one.detail);
      warnings.push(one.message);
      continue;
    }
    warnings.push(...one.warnings);
    const { validity, status, reason } = one.facts;
    const inDate = validity.from <= now && now <= validity.to;
    const revoked = status === 'revoked' && reason !== 'certificateHold';
    if (inDate || revoked) found.push(ocspInputOf(one));
    if (!inDate) {
      const { commonName } = want.subject.certificate.subject;
      missing.push(`the response about ${commonName} that could be had is not in date`);
    }
  }
  return { found, missing, warnings };
}

async function orFault(found: Promise<NvidiaEndorsement>): Promise<NvidiaEndorsement | Fault> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return error;
    throw error;
  }
}
