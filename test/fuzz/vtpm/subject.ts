import { createHash } from 'node:crypto';
import type { CheckId } from '../../../src/evidence/verdict.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { VTPM_AUTHENTIC, VTPM_BASELINE, VTPM_CHECKS } from '../../../src/evidence/vtpm/checks.ts';
import { verifyVtpm } from '../../../src/evidence/vtpm/verifier.ts';
import { reusedBuffer } from '../reused-buffer.ts';
import type { Subject } from '../subject.ts';
import { passes, problemsOfForm } from '../well-formed.ts';
import { createWorld, type Evidence, type World } from './world.ts';

/** Offsets of an HCL report (Azure confidential VM guest attestation). */
export const HCL = {
  version: 4,
  reportSize: 8,
  requestType: 12,
  status: 16,
  reserved: 20,
  report: 32,
  dataSize: 0x4c0,
  dataVersion: 0x4c4,
  reportType: 0x4c8,
  hashType: 0x4cc,
  jsonSize: 0x4d0,
  json: 0x4d4,
} as const;

export function vtpmSubject(): Subject<Evidence, World> {
  const world = createWorld();
  return {
    world,
    verifier: () => verify,
    sizeOf: ({ hcl, quote, pcrs }) =>
      [hcl, quote?.message, quote?.signature, pcrs].reduce(
        (sum, part) => sum + (part?.length ?? 0),
        0,
      ),
    // Honest evidence is short and quickly verified: JSON of all that is allowed costs more.
    largest: 16 * 1024,
    kindOf: ({ quote, pcrs }) => `${quote ? 'a quote' : 'no quote'}, ${pcrs ? 'PCRs' : 'no PCRs'}`,
    held: (evidence) => ({ ...evidence, hcl: place(evidence.hcl) }),
    problemsOf: (result, evidence) => [
      ...problemsOf(result, evidence),
      ...beliefProblems(result, evidence, world),
    ],
  };
}

const place = reusedBuffer(1 << 17);

function verify({ hardware, asked, ...given }: Evidence): Verification {
  return verifyVtpm({ ...given, ...asked, evidence: hardware, at: 0, anchors: 'vendor' });
}

const AUTHENTIC: ReadonlySet<CheckId> = VTPM_AUTHENTIC;
const BASELINE: ReadonlySet<CheckId> = VTPM_BASELINE;

function problemsOf(result: Verification, { quote }: Evidence): string[] {
  const { checks, verdict, authentic } = result;
  const problems = problemsOfForm(result, VTPM_CHECKS);
  const answered = new Set(checks.map(({ id }) => id));
  if (verdict === 'accept' && !passes(checks, BASELINE.union(answered))) {
    problems.push('accepted with something open');
  }
  // That a quote was asked for and is missing says nothing against the rest.
  const wanted = [...AUTHENTIC].filter((id) => !id.startsWith('vtpm.quote.') || quote);
  if (authentic !== passes(checks, wanted)) {
    problems.push(`authentic: ${authentic} does not follow from the checks`);
  }
  return problems;
}

/** Byte for byte what some honest machine says: the JSON, the quote, the values it covers. */
function beliefProblems(
  { verdict, authentic, claims }: Verification,
  evidence: Evidence,
  { honest }: World,
): string[] {
  if (verdict !== 'accept' && !authentic) return [];
  const { hcl, quote, hardware } = evidence;
  if (!hardware.authentic || hardware.vmpl !== 0) return ['BELIEVED WHAT NO PARAVISOR SAID'];
  const json = jsonOf(hcl);
  const digest = json && createHash('sha256').update(json).digest('hex');
  if (digest?.padEnd(128, '0') !== hexOf(hardware.reportData)) return ['believed an unbound JSON'];
  if (quote === undefined) return [];
  const same = honest.filter(
    (one) =>
      hexOf(one.quote?.message) === hexOf(quote.message) &&
      hexOf(one.quote?.signature) === hexOf(bareOf(quote.signature)),
  );
  if (same.length === 0) return ['BELIEVED A QUOTE THAT IS NOT HONEST'];
  if (claims['pcrs'] === undefined) return [];
  const due = same.map((one) => JSON.stringify(verify(one).claims['pcrs']));
  return due.includes(JSON.stringify(claims['pcrs'])) ? [] : ['PROVED PCRS THAT ARE NOT HONEST'];
}

/** Undefined where one of its three lengths says something else than the others. */
export function jsonOf(hcl: Uint8Array): Uint8Array | undefined {
  if (hcl.length < HCL.json) return undefined;
  const view = new DataView(hcl.buffer, hcl.byteOffset, hcl.byteLength);
  const size = view.getUint32(HCL.jsonSize, true);
  const agree =
    view.getUint32(HCL.dataSize, true) === size + 20 &&
    view.getUint32(HCL.reportSize, true) === size + HCL.json;
  const end = HCL.json + size;
  const tailIsZero = hcl.subarray(end).every((byte) => byte === 0);
  return agree && end <= hcl.length && tailIsZero ? hcl.subarray(HCL.json, end) : undefined;
}

/** A bare signature out of a TPMT_SIGNATURE of RSASSA with SHA-256. */
function bareOf(signature: Uint8Array): Uint8Array {
  const header = Buffer.from(signature.subarray(0, 6)).toString('hex');
  return header === '0014000b0100' && signature.length === 262 ? signature.subarray(6) : signature;
}

function hexOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}
