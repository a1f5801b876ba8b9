import { formatTime } from '../../core/encoding/time.ts';
import { type AnchorKind, anchorKindOf, weakestOf } from '../../core/x509/anchors.ts';
import { CheckList } from '../check-list.ts';
import { withLazyClaims } from '../lazy-claims.ts';
import { endorsementsOf } from '../relied-on.ts';
import { UNBOUNDED, untilMember } from '../until.ts';
import type { CheckId } from '../verdict.ts';
import type { Verification } from '../verification.ts';
import { weigh } from '../weigh.ts';
import type { NvidiaAnchors } from './anchors.ts';
import type { DeviceChain } from './chain.ts';
import { NVIDIA_CHECKS, NVIDIA_EXPECTED, type NvidiaCheckId } from './checks.ts';
import { chainClaims, reportClaims, rimsClaims } from './claims.ts';
import type { DeviceIdentity } from './device.ts';
import {
  checkChainValidity,
  checkClocks,
  checkFwid,
  checkKind,
  checkSigned,
  readOpaque,
} from './device-checks.ts';
import { type GivenOcsp, givenOcsp, type OcspPool, ocspAbout } from './given-ocsp.ts';
import type { DeviceKind, NvidiaInput } from './input.ts';
import {
  checkRim,
  endOfRims,
  type GivenRim,
  givenRim,
  reliedRims,
  rimsOf,
  seatRims,
} from './manifests.ts';
import { checkMeasurements } from './measurement-checks.ts';
import { checkOcsp } from './ocsp-checks.ts';
import { subjectsOf } from './ocsp-subjects.ts';
import type { OpaqueData } from './opaque.ts';
import { type OcspAbout, Remembered } from './remembered.ts';
import { type NvidiaReport, parseNvidiaReport } from './report.ts';
import type { RimReading } from './rim/read-rim.ts';
import { type RimKind, type WantedRim, wantedRims } from './rim-id.ts';

type Checks = CheckList<NvidiaCheckId>;

/** What was made of a report, for whoever looks at several devices together. */
export interface NvidiaFindings {
  readonly report: NvidiaReport | undefined;
  readonly opaque: OpaqueData | undefined;
  /** By the certificates; whether to believe them is what the checks say. */
  readonly identity: DeviceIdentity | undefined;
  readonly chain: DeviceChain;
}

/** What NVIDIA says of all devices of a machine, read once. */
export interface NvidiaPool {
  readonly rims: readonly GivenRim[];
  readonly ocsp: OcspPool;
}

interface OwnEndorsements {
  readonly rims: readonly GivenRim[];
  readonly ocsp: readonly GivenOcsp[];
}

/** A {@link Verification} of one GPU or switch, and what it is about. */
export interface NvidiaVerification extends Verification, NvidiaFindings {}

/**
 * Verifies the attestation reports of NVIDIA GPUs and switches under a set of anchors: the
 * same input gives the same answer, always.
 *
 * It remembers, keyed by their bytes and bounded in number and size, the certificate chains,
 * manifests and OCSP responses it has found good. Dates are looked at anew each time.
 */
export class NvidiaVerifier {
  readonly #anchors: NvidiaAnchors;
  readonly #remembered: Remembered;

  /** @param entries how many of each to remember. */
  constructor(anchors: NvidiaAnchors, entries = 4096) {
    this.#anchors = anchors;
    this.#remembered = new Remembered(anchors, entries);
  }

  /**
   * @param given.rims those of this device; one of another product or version fails.
   */
  verify(given: NvidiaInput): NvidiaVerification {
    const { report, rims = [], ocsp = [] } = given;
    // A copy: the caller may use its buffer again while the result is still being read.
    const own = { ...given, report: new Uint8Array(report) };
    return this.#verify(own, { rims: this.readRims(rims), ocsp: givenOcsp(ocsp) }, 'own');
  }

  /** Of several devices: what strangers call a manifest is read once, not once for each. */
  readRims(rims: readonly Uint8Array[]): readonly GivenRim[] {
    return rims.map((xml) => givenRim(xml, this.#remembered.rim(xml)));
  }

  /**
   * The same, of manifests and OCSP responses of a whole machine: only those about this very
   * device are looked at.
   *
   * @param given.report is kept, and must stay as it is.
   */
  verifyAmong(given: Omit<NvidiaInput, 'rims' | 'ocsp'>, pool: NvidiaPool): NvidiaVerification {
    return this.#verify(given, pool, 'pool');
  }

  #verify(
    given: Omit<NvidiaInput, 'rims' | 'ocsp'>,
    { rims: all, ocsp: answers }: NvidiaPool | OwnEndorsements,
    endorsements: 'own' | 'pool',
  ): NvidiaVerification {
    const checks = new CheckList<NvidiaCheckId>(NVIDIA_CHECKS);
    checkClocks(checks, given.at);
    const report = checks.read('nvidia.report.format', () => parseNvidiaReport(given.report));
    const chain = this.#chain(checks, given);
    const { identity } = chain;
    const kind = checkKind(checks, report, identity, given.device);
    const opaque = report && kind && readOpaque(checks, report, kind, given);
    checkChainValidity(checks, chain, given.at.evidence);
    if (opaque) checkFwid(checks, chain, opaque);
    if (report) checkSigned(checks, report, chain, given.nonce);

    const wanted = identity && opaque ? wantedRims(identity, opaque) : [];
    const own = endorsements === 'own' ? all : rimsOf(all, wanted);
    const rims = seatRims(own, wanted, given.at.rim);
    for (const want of wanted) {
      const { rimMissing, relax = {} } = given;
      const missing = rimMissing?.get(want.id);
      checkRim(checks, want, rims.get(want.kind), { now: given.at.rim, missing, relax });
    }
    if (identity && opaque) checkNamed(checks, identity.kind, wanted);
    const compared =
      report &&
      opaque &&
      checkMeasurements(checks, report, opaque, wanted, rims, this.#remembered.golden);
    // Of what can't be read or is not there, answers may well be about that.
    const whole = chain.anchor && identity && isWhole(identity, wanted, rims);
    const seated = [...rims.values()].map(({ reading }) => reading);
    const responses =
      'bySerial' in answers ? ocspAbout(answers, subjectsOf(chain, seated)) : answers;
    const ocsp = this.#ocsp(checks, given, responses, {
      chain,
      rims: seated,
      // Manifests that have no seat are the device’s all the same, and have their answers.
      others: endorsements === 'own' && whole ? all.map(({ reading }) => reading) : undefined,
    });
    const anchors = this.#anchorKind(chain, seated);
    const until = Math.min(chain.until, endOfRims(seated, given.at.rim, given.relax), ocsp.until);
    const isSwitch = (identity?.kind ?? kind) === 'switch';
    const result = {
      evidence: isSwitch ? ('nvidia-switch' as const) : ('nvidia-gpu' as const),
      ...weigh(checks.all, NVIDIA_EXPECTED, isSwitch ? NO_DRIVER : NONE),
      anchors,
      revocation: whole && ocsp.complete ? ('checked' as const) : ('unchecked' as const),
      at: formatTime(given.at.evidence),
      ...untilMember(report ? until : UNBOUNDED),
      checks: checks.all,
      report,
      opaque,
      identity,
      chain,
    };
    const claims = () => ({
      ...(report && reportClaims(report, opaque)),
      ...chainClaims(chain),
      ...rimsClaims(wanted, rims, compared),
      ...ocsp.claims(),
    });
    return withLazyClaims(result, claims, () =>
      endorsementsOf(report ? [...reliedRims(seated), ...ocsp.relied()] : []),
    );
  }

  #chain(checks: Checks, { chain: bytes }: NvidiaInput): DeviceChain {
    if (bytes === undefined) {
      checks.unresolved(
        'nvidia.chain.format',
        'no certificates were given: the signature can’t be checked',
      );
      return NO_CHAIN;
    }
    const chain = this.#remembered.chain(bytes);
    checks.add(chain.checks);
    return chain;
  }

  #ocsp(
    checks: Checks,
    { ocspMissing, relax = {}, revocation, at }: Omit<NvidiaInput, 'rims' | 'ocsp'>,
    responses: readonly GivenOcsp[],
    about: OcspAbout,
  ) {
    const reading = this.#remembered.ocsp(responses, about);
    const required = revocation === 'required';
    return checkOcsp(checks, reading, { clocks: at, required, missing: ocspMissing, relax });
  }

  /** Whoever trusts another root for either is told so. */
  #anchorKind({ anchor }: DeviceChain, rims: readonly RimReading[]): AnchorKind {
    return weakestOf([
      anchorKindOf(anchor, this.#anchors.device),
      ...rims.map((rim) => anchorKindOf(rim.anchor, this.#anchors.rim)),
    ]);
  }
}

/** One verification, nothing remembered. */
export function verifyNvidia(
  given: NvidiaInput & { readonly anchors: NvidiaAnchors },
): NvidiaVerification {
  return new NvidiaVerifier(given.anchors, 0).verify(given);
}

const NO_CHAIN: DeviceChain = {
  checks: [],
  certificates: [],
  identity: undefined,
  fwid: undefined,
  anchor: undefined,
  until: UNBOUNDED,
};

const NONE: ReadonlySet<CheckId> = new Set();
/** What is to be held against manifests; a switch runs no driver. */
const KINDS = {
  gpu: ['driver', 'vbios'],
  switch: ['vbios'],
} as const satisfies Record<DeviceKind, readonly RimKind[]>;

const NO_DRIVER: ReadonlySet<CheckId> = new Set(
  [...NVIDIA_EXPECTED.baseline].filter((id) => id.startsWith('nvidia.rim.driver.')),
);

/** A report that does not name its driver or VBIOS leaves open what it should be held against. */
function checkNamed(checks: Checks, kind: DeviceKind, wanted: readonly WantedRim[]): void {
  for (const name of KINDS[kind].filter((one) => !wanted.some((want) => want.kind === one))) {
    checks.unresolved(
      `nvidia.rim.${name}.format`,
      `the report does not say which ${name} it is of: no manifest can be looked for`,
    );
  }
}

function isWhole(
  { kind }: DeviceIdentity,
  wanted: readonly WantedRim[],
  rims: ReadonlyMap<RimKind, GivenRim>,
): boolean {
  const certified = (one: RimKind) => rims.get(one)?.reading.anchor !== undefined;
  return KINDS[kind].every((one) => wanted.some((want) => want.kind === one) && certified(one));
}
