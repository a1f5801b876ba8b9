import { Fault } from '../../core/fault.ts';
import type { NvidiaClocks, NvidiaDevice, OcspInput } from '../../evidence/nvidia/input.ts';
import { givenRim, isHeld } from '../../evidence/nvidia/manifests.ts';
import type { Remembered } from '../../evidence/nvidia/remembered.ts';
import type { WantedRim } from '../../evidence/nvidia/rim-id.ts';
import { type NvidiaEndorsement, ocspInputOf } from './document.ts';
import { NothingHeld } from './nothing-held.ts';
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
  /** What was stored, and is not what it is filed under. */
  readonly passedOver: readonly string[];
  /** How many OCSP responses were left out since they are not in date. */
  readonly stale?: number;
}

export interface Collecting {
  /** Under whose anchors, and what of it is known already. */
  readonly read: Remembered;
  /** When what is to be in date. */
  readonly at: NvidiaClocks;
  /** @throws Fault `unreachable` when there is none at all. */
  readonly find: (want: NvidiaWant, now: number, from: AskedOf) => Promise<NvidiaEndorsement>;
  /** Manifests that were named: nobody is asked for those that are good. */
  readonly rims?: readonly Uint8Array[];
  /** Those that a machine brought along: they spare nobody the question. */
  readonly carried?: readonly Uint8Array[];
  /**
   * `welcome` unless said. Whoever named responses, or all manifests, expects no request for what
   * is only welcome; what is stored counts always.
   */
  readonly ocsp?: 'required' | 'welcome' | 'named';
}

/** Whether the network may be asked too. */
export type AskedOf = 'store' | 'store-and-network';

/**
 * The manifests of some devices, and what OCSP says of their certificates and of the
 * manifests' signers.
 *
 * A response that is not in date is left out if it is good: it would only turn "nobody was
 * asked" into "the answer is too old". Whom it speaks against may not come in by waiting.
 */
export async function collectNvidia(
  devices: readonly NvidiaDevice[],
  collecting: Collecting,
): Promise<CollectedNvidia> {
  const { read, rims: given = [], carried = [], ocsp: need = 'welcome' } = collecting;
  const known = given.map((xml) => givenRim(xml, read.rim(xml)));
  const { wanted, refused } = wantedOfAll(devices, read, (want) =>
    isHeld(known, want, collecting.at.rim),
  );
  const rimWants = distinctWants(wanted.flatMap((one) => one.rims));
  const rims = await findRims(rimWants, collecting);
  const signers = [...given, ...carried].flatMap((xml) => wantedOfRim(xml, read));
  // An id that nobody can be asked for is no manifest that was named.
  const named = wanted.every(({ rims: some, odd }) => some.length + odd.length === 0);
  const asked = need === 'required' || (need === 'welcome' && !named);
  const ocsp = await findOcsp(
    distinctWants([...wanted.flatMap((one) => one.ocsp), ...signers, ...rims.signers]),
    collecting,
    asked ? 'store-and-network' : 'store',
  );
  return {
    rims: rims.found,
    ...missingRims(wanted, rims.missing),
    ocsp: ocsp.found,
    ...missingOcsp([...refused, ...ocsp.missing]),
    warnings: [...new Set([...rims.warnings, ...ocsp.warnings])],
    passedOver: [...rims.passedOver, ...ocsp.passedOver],
    ...(ocsp.stale > 0 && { stale: ocsp.stale }),
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
  const passedOver: string[] = [];
  const answers = wants.map(async (want) => {
    return { id: want.id, one: await orFault(find(want, at.rim, 'store-and-network')) };
  });
  for (const { id, one } of await Promise.all(answers)) {
    if (one instanceof Fault) {
      missing.set(id, one.detail);
      warnings.push(one.message);
      passedOver.push(...passedOverBy(one));
      continue;
    }
    found.push(one.bytes);
    signers.push(...ocspWants(one.facts.signer ?? [], 'rim'));
    warnings.push(...one.warnings);
  }
  return { found, signers, missing, warnings, passedOver };
}

async function findOcsp(wants: readonly OcspWant[], { find, at }: Collecting, from: AskedOf) {
  const found: OcspInput[] = [];
  const missing: string[] = [];
  const warnings: string[] = [];
  const passedOver: string[] = [];
  let stale = 0;
  const answers = wants.map(async (want) => {
    const now = want.subject.owner === 'device' ? at.ocsp : at.rimOcsp;
    return { want, now, one: await orFault(find(want, now, from)) };
  });
  for (const { want, now, one } of await Promise.all(answers)) {
    if (one instanceof Fault) {
      missing.push(one.detail);
      // Nobody is bothered with the lack of what nobody was asked for.
      if (from === 'store-and-network') warnings.push(one.message);
      passedOver.push(...passedOverBy(one));
      continue;
    }
    warnings.push(...one.warnings);
    const { validity, status } = one.facts;
    const inDate = validity.from <= now && now <= validity.to;
    if (inDate || status !== 'good') found.push(ocspInputOf(one));
    if (!inDate && status === 'good') stale++;
    if (!inDate) {
      const { commonName } = want.subject.certificate.subject;
      missing.push(`the response about ${commonName} that could be had is not in date`);
    }
  }
  return { found, missing, warnings, passedOver, stale };
}

function passedOverBy(fault: Fault): readonly string[] {
  return fault instanceof NothingHeld ? fault.passedOver : [];
}

async function orFault(found: Promise<NvidiaEndorsement>): Promise<NvidiaEndorsement | Fault> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return error;
    throw error;
  }
}
