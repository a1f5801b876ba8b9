import { equalBytes, isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { CheckList } from '../check-list.ts';
import type { NvidiaTopologyCheckId } from './checks.ts';
import type { DeviceKind } from './input.ts';
import { modeOf } from './opaque.ts';
import type { NvidiaFindings, NvidiaVerification } from './verifier.ts';

type Checks = CheckList<NvidiaTopologyCheckId>;

/** How many of each there must be. */
export type DeviceCounts = Partial<Readonly<Record<DeviceKind, number>>>;

/** A device whose report and certificates could be read. */
interface Member extends NvidiaFindings {
  readonly label: string;
  readonly kind: DeviceKind;
  /** Hex, or {@link NO_PDI}, which is nobody's. */
  readonly pdi: string;
}

/**
 * Holds the devices of one machine against each other. What one of them says of another counts
 * only as far as it is authentic itself, which its own checks tell.
 *
 * A GPU does not say its own PDI: it is the serial number of its certificate, and so is a
 * switch's, which the genuine machines show, and no other verifier compares.
 */
export function checkTopology(
  checks: Checks,
  devices: readonly NvidiaVerification[],
  expected: DeviceCounts,
): void {
  checkDevices(checks, devices);
  if (devices.length === 0) return;
  const members = devices.flatMap(memberOf);
  if (members.length < devices.length) {
    const because = `${devices.length - members.length} of ${devices.length} devices could not be read`;
    for (const id of ['distinct', 'nonce', 'mode'] as const) {
      checks.unresolved(`nvidia.topology.${id}`, because);
    }
    checkCount(checks, devices, expected);
    return;
  }
  checkDistinct(checks, members);
  checkNonce(checks, members);
  const gpus = members.filter(({ kind }) => kind === 'gpu');
  const switches = members.filter(({ kind }) => kind === 'switch');
  const mode = checkMode(checks, gpus);
  checkFabric(checks, gpus, switches, mode);
  checkCount(checks, devices, expected);
}

/** Of a certificate that has no PDI: counted like any other, and named by none. */
const NO_PDI = 'none';

function memberOf(found: NvidiaVerification, i: number): Member[] {
  const { identity, report, opaque, chain } = found;
  if (!identity || !report || !opaque) return [];
  const label = `${identity.kind} ${i} (${identity.ueid})`;
  const pdi = identity.pdi ? toHex(identity.pdi) : NO_PDI;
  return [{ identity, report, opaque, chain, label, kind: identity.kind, pdi }];
}

function checkDevices(checks: Checks, devices: readonly NvidiaVerification[]): void {
  const id = 'nvidia.topology.devices';
  const strange = devices.flatMap(({ authentic }, i) => (authentic ? [] : [i]));
  if (devices.length === 0) checks.fail(id, { want: 'at least one device', got: 'none' });
  else if (strange.length === 0) checks.pass(id);
  else
    checks.unresolved(
      id,
      `not shown to be authentic: ${strange.map((i) => `device ${i}`).join(', ')}`,
    );
}

/** By each of the things that no two devices share. */
function checkDistinct(checks: Checks, members: readonly Member[]): void {
  const twice = (['leaf', 'BROM'] as const).flatMap((name, place) =>
    members.flatMap((member, i) => {
      const own = member.chain.certificates[place];
      if (own === undefined) return [];
      return members.slice(0, i).flatMap((before) => {
        const shared = sharedBy(own, before.chain.certificates[place]);
        return shared ? [`${before.label} and ${member.label} of one ${name} ${shared}`] : [];
      });
    }),
  );
  const [first] = twice;
  checks.answer(
    'nvidia.topology.distinct',
    first === undefined ? undefined : { want: 'each device once', got: first },
  );
}

function sharedBy(one: Certificate, other: Certificate | undefined): string | undefined {
  if (other === undefined) return undefined;
  if (one.serial === other.serial) return 'serial number';
  return equalBytes(one.publicKey.der, other.publicKey.der) ? 'key' : undefined;
}

function checkNonce(checks: Checks, members: readonly Member[]): void {
  const [first] = members;
  const nonceOf = ({ report }: Member) => report?.nonce ?? new Uint8Array();
  const other = first && members.find((one) => !equalBytes(nonceOf(one), nonceOf(first)));
  checks.answer(
    'nvidia.topology.nonce',
    first &&
      other && {
        want: `the nonce of ${first.label}, ${toHex(nonceOf(first))}`,
        got: `${toHex(nonceOf(other))} of ${other.label}`,
      },
  );
}

type Mode = ReturnType<typeof modeOf>;

/** @returns the mode of all, undefined where they are not of one. */
function checkMode(checks: Checks, gpus: readonly Member[]): Mode | undefined {
  const id = 'nvidia.topology.mode';
  const modes = gpus.map(({ opaque }) => (opaque ? modeOf(opaque) : 'unknown'));
  const [first] = modes;
  if (first === undefined) {
    // Switches alone have no mode to be of; there is nobody they could serve either.
    checks.unresolved(id, 'there is no GPU');
    return undefined;
  }
  const found = [...new Set(modes)].join(', ');
  const alike = modes.every((mode) => mode === first);
  checks.answer(
    id,
    alike && first !== 'unknown' ? undefined : { want: 'one known mode for all GPUs', got: found },
  );
  return alike ? first : undefined;
}

/**
 * In protected PCIe mode the links between GPUs run through the switches in the clear: the
 * switches belong to what must be trusted, and each side names the other. In multi-GPU mode
 * (Blackwell) they are encrypted, in single-GPU mode not used: switches then need not be there.
 */
function checkFabric(
  checks: Checks,
  gpus: readonly Member[],
  switches: readonly Member[],
  mode: Mode | undefined,
): void {
  if (mode !== 'ppcie' && switches.length === 0) {
    const because =
      mode === undefined ? 'no common mode' : `not needed in ${mode} mode, and none is here`;
    for (const id of ['switch_pdi', 'switches', 'gpus'] as const) {
      checks.skipped(`nvidia.topology.${id}`, because);
    }
    return;
  }
  // What is not here can't be compared; it is not shown to be somebody else's either.
  const absent = gpus.length === 0 ? 'GPU' : switches.length === 0 ? 'switch' : undefined;
  if (absent !== undefined) {
    for (const id of ['switch_pdi', 'switches', 'gpus'] as const) {
      checks.unresolved(`nvidia.topology.${id}`, `no evidence of any ${absent} is here`);
    }
    return;
  }
  checks.answer('nvidia.topology.switch_pdi', firstOf(switches, ownPdiProblem));
  const present = { gpus: setOf(gpus), switches: setOf(switches) };
  checks.answer(
    'nvidia.topology.switches',
    firstOf(gpus, (gpu) => namedProblem(gpu, linksOf(gpu), present.switches, 'switches')),
  );
  checks.answer(
    'nvidia.topology.gpus',
    firstOf(switches, (one) => namedProblem(one, namedGpus(one), present.gpus, 'GPUs')),
  );
}

function firstOf(
  members: readonly Member[],
  problemOf: (member: Member) => Mismatch | undefined,
): Mismatch | undefined {
  for (const member of members) {
    const problem = problemOf(member);
    if (problem) return problem;
  }
  return undefined;
}

function ownPdiProblem({ label, opaque, pdi }: Member): Mismatch | undefined {
  const said = opaque?.devicePdi;
  if (said && toHex(said) === pdi) return undefined;
  return {
    want: `${label} with the PDI ${pdi} of its certificate`,
    got: said ? toHex(said) : 'none',
  };
}

function linksOf({ opaque }: Member): readonly string[] {
  return somebodyIn(opaque?.switchPdis);
}

function namedGpus({ opaque }: Member): readonly string[] {
  return somebodyIn(opaque?.gpuPdis);
}

/** Zeros stand where a link goes nowhere. */
function somebodyIn(pdis: readonly Uint8Array[] = []): readonly string[] {
  return pdis.filter((pdi) => !isZero(pdi)).map(toHex);
}

function setOf(members: readonly Member[]): ReadonlySet<string> {
  return new Set(members.map(({ pdi }) => pdi));
}

function namedProblem(
  { label }: Member,
  named: readonly string[],
  present: ReadonlySet<string>,
  what: string,
): Mismatch | undefined {
  const names = new Set(named);
  if (names.size === present.size && names.isSubsetOf(present)) return undefined;
  const list = (pdis: ReadonlySet<string>) => [...pdis].toSorted().join(' ') || 'none';
  return {
    want: `${label} naming the ${what} that are here, ${list(present)}`,
    got: list(names),
  };
}

function checkCount(
  checks: Checks,
  devices: readonly NvidiaVerification[],
  expected: DeviceCounts,
): void {
  const wrong = (['gpu', 'switch'] as const).flatMap((kind) => {
    const want = expected[kind];
    const got = devices.filter(({ evidence }) => evidence === `nvidia-${kind}`).length;
    return want === undefined || want === got ? [] : [{ want: `${want} ${kind}`, got: `${got}` }];
  });
  if (Object.keys(expected).length > 0) checks.answer('nvidia.topology.count', wrong[0]);
}
