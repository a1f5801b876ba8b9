import { formatTime } from '../../core/encoding/time.ts';
import { weakestOf } from '../../core/x509/anchors.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { withLazyClaims } from '../../evidence/lazy-claims.ts';
import { type NvidiaNodeVerification, verifyNvidiaNode } from '../../evidence/nvidia/node.ts';
import { holdStatements } from '../../evidence/nvidia/nras/statements.ts';
import { type NvidiaVerification, NvidiaVerifier } from '../../evidence/nvidia/verifier.ts';
import { endorsementsOfAll } from '../../evidence/relied-on.ts';
import { SnpVerifier } from '../../evidence/snp/verifier.ts';
import { TdxVerifier } from '../../evidence/tdx/verifier.ts';
import { untilOfAll } from '../../evidence/until.ts';
import { type Verdict, worstOf } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { VtpmFindings } from '../../evidence/vtpm/verifier.ts';
import { weigh } from '../../evidence/weigh.ts';
import { type Binding, bindingOf } from '../binding/recipe.ts';
import { type VtpmVerification, verifyVtpmOn } from '../vtpm.ts';
import { checkBinding, checkExpected } from './binding-checks.ts';
import { BUNDLE_CHECKS, BUNDLE_EXPECTED, type BundleCheckId } from './checks.ts';
import { bundleClaims } from './claims.ts';
import { type Bundle, parseBundle } from './format.ts';
import type { BundleAnchors, BundleInput } from './input.ts';
import type { BundleParts, CpuVerification } from './parts.ts';

type Checks = CheckList<BundleCheckId>;

/** The answer about a bundle; that about each piece is a part of it. */
export interface BundleVerification extends Verification {
  readonly evidence: 'bundle';
  /** CPU, vTPM, each device, and what NVIDIA's service says, as far as they are there. */
  readonly parts: readonly Verification[];
  /** What was bound, for whoever is about to use it; undefined where that can't be read. */
  readonly binding: Binding | undefined;
  /** The same pieces by what they are, for policies to look at. */
  readonly pieces: BundlePieces;
}

export interface BundlePieces {
  readonly cpu: CpuVerification | undefined;
  readonly vtpm: VtpmVerification | undefined;
  readonly devices: readonly NvidiaVerification[];
  /** What all but the CPU's own evidence comes to. */
  readonly besideCpu: Verdict;
}

/**
 * Verifies bundles under a set of anchors: each piece by its own verifier, and that they belong
 * together: report data, keyset, device evidence and challenge, bound in both directions.
 *
 * What each verifier remembers stays from one bundle to the next.
 */
export class BundleVerifier {
  readonly #tdx: TdxVerifier;
  readonly #snp: SnpVerifier;
  readonly #nvidia: NvidiaVerifier;

  constructor(anchors: BundleAnchors, entries = 1024) {
    this.#tdx = new TdxVerifier(anchors.tdx, entries);
    this.#snp = new SnpVerifier(anchors.snp, entries);
    this.#nvidia = new NvidiaVerifier(anchors.nvidia, entries);
  }

  verify(input: BundleInput): BundleVerification {
    const checks = new CheckList<BundleCheckId>(BUNDLE_CHECKS);
    const { bundle: given } = input;
    const bundle = checks.read('bundle.format', () =>
      given instanceof Uint8Array ? parseBundle(given) : given,
    );
    const binding =
      bundle &&
      checks.read('bundle.binding.format', () => bindingOf(bundle.binding, bundle.devices));
    const cpu = bundle && this.#cpu(bundle, input);
    if (bundle) checkCpu(checks, cpu);
    const vtpm = bundle && this.#vtpm(bundle, input, cpu, binding);
    const node = bundle && this.#node(bundle, input);
    if (binding) {
      checkBinding(checks, binding, { cpu, vtpm, node, expected: input.expected });
      checkExpected(checks, binding, input, vtpm);
    }
    const { nrasKeys: jwks } = input;
    const statements = (bundle?.statements.nras ?? []).map(({ eat }) => ({
      eat,
      ...(jwks && { jwks }),
    }));
    const nras = holdStatements(statements, node?.parts ?? [], {
      nonce: binding?.deviceNonce ?? input.expected?.deviceNonce,
      at: input.at.evidence,
    });
    return conclude(checks, input, binding, { cpu, vtpm, node, nras });
  }

  #cpu({ cpu, endorsements: own }: Bundle, input: BundleInput): CpuVerification | undefined {
    const { at, endorsements: found = {}, revocation } = input;
    if (cpu?.kind === 'tdx') {
      const { eventLog: log, ccelTable: table } = cpu;
      const { collateralMissing } = found;
      return this.#tdx.verify({
        quote: cpu.quote,
        collateral: found.collateral ?? own.tdxCollateral ?? {},
        ...(collateralMissing !== undefined && { collateralMissing }),
        ...(log && { eventLog: { log, ...(table && { table }) } }),
        ...input.tdx,
        at,
      });
    }
    if (cpu === undefined) return undefined;
    const { vek = own.snpVek, chain = own.snpChain, crl, vekMissing, crlMissing } = found;
    // Picked by the machine: a list that came along can revoke, and clears nobody.
    const furtherCrls = [...(found.furtherCrls ?? []), ...(own.snpCrl ? [own.snpCrl] : [])];
    return this.#snp.verify({
      report: cpu.report,
      ...(vek && { vek }),
      ...(vekMissing !== undefined && { vekMissing }),
      ...(chain && { chain }),
      ...(crl && { crl }),
      ...(crlMissing !== undefined && { crlMissing }),
      furtherCrls,
      ...(revocation && { revocation }),
      ...input.snp,
      at,
    });
  }

  /**
   * Of our own recipe the quote's nonce carries what report data can't, since the paravisor chose
   * that; of the others the challenge itself, where one was sent.
   */
  #vtpm(
    { vtpm }: Bundle,
    { at, expected }: BundleInput,
    cpu: CpuVerification | undefined,
    binding: Binding | undefined,
  ): VtpmVerification | undefined {
    if (vtpm === undefined) return undefined;
    const nonce =
      binding?.recipe === 'postern-v1' ? binding.reportData.subarray(0, 48) : expected?.nonce;
    return verifyVtpmOn(cpu, { ...vtpm, ...(nonce && { nonce }), at: at.evidence });
  }

  #node(
    { devices, endorsements: own }: Bundle,
    { at, endorsements: found = {}, expected, revocation, relax }: BundleInput,
  ): NvidiaNodeVerification | undefined {
    // Whoever wants none has what he wants where there is none.
    const asked = Object.values(expected?.devices ?? {}).some((count) => count > 0);
    if (devices.length === 0 && !asked) return undefined;
    const { rimMissing, ocspMissing } = found;
    return verifyNvidiaNode(
      {
        devices: devices.length === 0 ? [] : devices,
        rims: [...(found.rims ?? []), ...(own.rims ?? [])],
        ...(rimMissing !== undefined && { rimMissing }),
        // What a machine says it asked with is no nonce of ours.
        ocsp: [...(found.ocsp ?? []), ...(own.ocsp ?? []).map(({ response }) => ({ response }))],
        ...(ocspMissing !== undefined && { ocspMissing }),
        ...(expected?.devices && { expected: expected.devices }),
        ...(revocation && { revocation }),
        ...(relax && { relax }),
        at,
      },
      this.#nvidia,
    );
  }
}

/** One bundle, nothing remembered. */
export function verifyBundle(
  input: BundleInput & { readonly anchors: BundleAnchors },
): BundleVerification {
  return new BundleVerifier(input.anchors, 0).verify(input);
}

/** Not a failure of its own: forged evidence was rejected as such, incomplete evidence was not. */
function checkCpu(checks: Checks, cpu: CpuVerification | undefined): void {
  const id = 'bundle.cpu';
  if (cpu === undefined) checks.fail(id, { want: 'evidence of a CPU', got: 'none' });
  else if (cpu.authentic) checks.pass(id);
  else checks.unresolved(id, `the ${cpu.evidence} evidence is not shown to be authentic`);
}

function conclude(
  checks: Checks,
  { at }: BundleInput,
  binding: Binding | undefined,
  found: BundleParts,
): BundleVerification {
  const { cpu, vtpm, node, nras } = found;
  const devices = node?.parts ?? [];
  // A vTPM's own part is the CPU's evidence, which is one already.
  const flat = vtpm && withoutParts(vtpm);
  const evidence = [cpu, flat, ...devices].filter((part) => part !== undefined);
  const own = weigh(checks.all, BUNDLE_EXPECTED);
  const whole = [own, ...evidence, ...(node ? [node] : [])];
  const besideCpu = worstOf([
    own.verdict,
    ...(vtpm ? [vtpm.alone] : []),
    ...(node ? [node.verdict] : []),
    nras.verdict,
  ]);
  const result = {
    evidence: 'bundle' as const,
    verdict: worstOf([...whole.map(({ verdict }) => verdict), nras.verdict]),
    authentic: whole.every(({ authentic }) => authentic),
    anchors: weakestOf(evidence.map(({ anchors }) => anchors)),
    revocation:
      evidence.length > 0 && evidence.every(({ revocation }) => revocation === 'checked')
        ? ('checked' as const)
        : ('unchecked' as const),
    at: formatTime(at.evidence),
    ...untilOfAll(evidence, binding?.keyset?.validity.to),
    ...(cpu?.tcb && { tcb: cpu.tcb }),
    checks: [...checks.all, ...(node?.checks ?? []), ...nras.checks],
    parts: [...evidence, ...nras.parts],
    binding,
    pieces: { cpu, vtpm, devices, besideCpu },
  };
  return withLazyClaims(
    result,
    () => bundleClaims(checks.all, binding, found),
    () => endorsementsOfAll(evidence),
  );
}

/** Named one by one: a spread would have the endorsements hashed. */
function withoutParts(vtpm: VtpmVerification): VtpmFindings {
  const { verdict, authentic, evidence, anchors, revocation, at, checks, pcrs, claims } = vtpm;
  return {
    verdict,
    authentic,
    evidence,
    anchors,
    revocation,
    at,
    ...untilOfAll([vtpm]),
    checks,
    pcrs,
    claims,
  };
}
