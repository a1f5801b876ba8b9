import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { outsideValidity } from '../../core/x509/validity.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import { possessionProblem } from '../binding/possession.ts';
import type { Binding } from '../binding/recipe.ts';
import type { VtpmVerification } from '../vtpm.ts';
import type { BundleCheckId } from './checks.ts';
import type { BundleExpectation, BundleInput } from './input.ts';
import type { BundleParts, CpuVerification } from './parts.ts';

type Checks = CheckList<BundleCheckId>;

/** The pieces that a binding is held against. */
export interface BoundPieces extends Omit<BundleParts, 'nras'> {
  readonly expected: BundleExpectation | undefined;
}

/** Both directions: the CPU commits to keys and device evidence, each device to challenge and keys. */
export function checkBinding(checks: Checks, binding: Binding, pieces: BoundPieces): void {
  checkReportData(checks, binding, pieces);
  checkPossession(checks, binding);
  const devices = pieces.node?.parts ?? [];
  if (devices.length > 0) checkDeviceNonce(checks, binding, pieces);
  else if (pieces.expected?.deviceNonce) {
    checks.unresolved(
      'bundle.binding.device_nonce',
      'there is no device that could have signed it',
    );
  }
}

function checkReportData(checks: Checks, binding: Binding, { cpu, vtpm }: BoundPieces): void {
  const id = 'bundle.binding.report_data';
  if (vtpm && binding.recipe === 'postern-v1') {
    checks.skipped(id, 'the paravisor chose it; the vTPM’s quote carries the binding');
    echoVtpmNonce(checks, 'bundle.binding.vtpm_nonce', vtpm);
    return;
  }
  const got = cpu && reportDataOf(cpu);
  if (cpu === undefined) checks.unresolved(id, 'there is no evidence of a CPU');
  else if (got === undefined) checks.unresolved(id, 'the CPU’s evidence could not be read');
  else if (equalBytes(got, binding.reportData)) checks.pass(id);
  else
    checks.fail(id, { want: `${toHex(binding.reportData)} (${binding.recipe})`, got: toHex(got) });
}

/** Each key that is shown: one that is not the keyset's, or has not signed, is somebody else's. */
function checkPossession(checks: Checks, { shown, keyset }: Binding): void {
  if (shown === undefined || keyset === undefined) return;
  const problem = shown.keys
    .map((key) => possessionProblem(key, keyset, shown.challenge))
    .find((one) => one !== undefined);
  checks.answer(
    'bundle.binding.possession',
    problem === undefined ? undefined : { want: 'a key of the keyset that signed', got: problem },
  );
}

function reportDataOf(cpu: CpuVerification): Uint8Array | undefined {
  return 'report' in cpu ? cpu.report?.reportData : cpu.quote?.body.reportData;
}

/** The vTPM’s own checks compare; here stands what that means for the bundle. */
function echoVtpmNonce(
  checks: Checks,
  id: 'bundle.binding.vtpm_nonce' | 'bundle.nonce',
  { checks: own }: VtpmVerification,
): void {
  const answer = own.find((check) => check.id === 'vtpm.quote.nonce');
  if (answer?.outcome === 'pass') checks.pass(id);
  else if (answer?.outcome === 'fail') checks.fail(id, { want: answer.want, got: answer.got });
  else checks.unresolved(id, 'there is no TPM quote that could carry it');
}

function checkDeviceNonce(
  checks: Checks,
  { recipe, deviceNonce }: Binding,
  { node, expected }: BoundPieces,
): void {
  const id = 'bundle.binding.device_nonce';
  const asked = expected?.deviceNonce;
  const want = deviceNonce ?? asked;
  const devices = node?.parts ?? [];
  if (want === undefined) {
    checks.unresolved(
      id,
      `${recipe} ties no device to the CPU’s challenge: these devices may be anybody’s, and their evidence old`,
    );
    return;
  }
  if (asked && !equalBytes(asked, want)) {
    checks.fail(id, { want: toHex(asked), got: `${toHex(want)}, which ${recipe} derives` });
    return;
  }
  const unread = devices.findIndex(({ report }) => report === undefined);
  const other = devices.findIndex(({ report }) => report && !equalBytes(report.nonce, want));
  if (other >= 0) {
    const got = devices[other]?.report?.nonce ?? new Uint8Array();
    checks.fail(id, { want: toHex(want), got: `${toHex(got)} of device ${other}` });
  } else if (unread >= 0) {
    checks.unresolved(id, `the report of device ${unread} could not be read`);
  } else checks.pass(id);
}

/** What the caller wants the bundle to be about, and whether the keyset is in date. */
export function checkExpected(
  checks: Checks,
  binding: Binding,
  { expected, at }: BundleInput,
  vtpm: VtpmVerification | undefined,
): void {
  const { recipe, nonce, keyset } = binding;
  if (keyset) {
    checks.answer(
      'bundle.keyset.validity',
      outsideValidity('the keyset', keyset.validity, at.evidence),
    );
  }
  if (expected?.recipes) {
    const known: readonly string[] = expected.recipes;
    checks.answer(
      'bundle.recipe',
      known.includes(recipe) ? undefined : { want: known.join(' or '), got: recipe },
    );
  }
  if (expected?.nonce && nonce === undefined && vtpm) {
    echoVtpmNonce(checks, 'bundle.nonce', vtpm);
  } else if (expected?.nonce) checkNonce(checks, expected.nonce, nonce, recipe);
  if (expected?.purpose !== undefined) {
    const got = binding.purpose ?? '(none)';
    checks.answer(
      'bundle.purpose',
      got === expected.purpose ? undefined : { want: expected.purpose, got },
    );
  }
  if (expected?.keysetSha384) {
    const got = keyset && toHex(keyset.sha384);
    const want = toHex(expected.keysetSha384);
    checks.answer('bundle.keyset', got === want ? undefined : { want, got: got ?? 'no keyset' });
  }
}

/** Evidence that can't carry a challenge is not forged; it just never shows that it is fresh. */
function checkNonce(
  checks: Checks,
  want: Uint8Array,
  got: Uint8Array | undefined,
  recipe: string,
): void {
  const id = 'bundle.nonce';
  if (got === undefined)
    checks.unresolved(id, `${recipe} carries no challenge: it may be a recording`);
  else
    checks.answer(id, equalBytes(want, got) ? undefined : { want: toHex(want), got: toHex(got) });
}
