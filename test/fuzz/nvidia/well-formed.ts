import { NVIDIA_CHECKS, NVIDIA_EXPECTED } from '../../../src/evidence/nvidia/checks.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { passes, problemsOfForm } from '../well-formed.ts';

/** What may be let pass without an answer: firmware that names no FWID, as switches do. */
const MAY_BE_SKIPPED = ['nvidia.device.fwid'];

/** What is wrong with an answer in itself, whatever it is about; nothing if all is right. */
export function problemsOf(result: Verification): string[] {
  const { checks, verdict, authentic, evidence } = result;
  const problems = problemsOfForm(result, NVIDIA_CHECKS);
  const answered = new Set(checks.map(({ id }) => id));
  const good = ['pass', 'skipped'] as const;
  const isSwitch = evidence === 'nvidia-switch';
  const due = [...NVIDIA_EXPECTED.baseline].filter(
    (id) => !(isSwitch && id.startsWith('nvidia.rim.driver.')),
  );
  if (verdict === 'accept' && !passes(checks, [...due, ...answered], good)) {
    problems.push('accepted without all of the baseline, or with something open');
  }
  const wanted = [...due, ...answered].filter((id) => NVIDIA_EXPECTED.authentic.has(id));
  if (authentic !== passes(checks, wanted, good)) {
    problems.push(`authentic: ${authentic} does not follow from the checks`);
  }
  if (verdict === 'accept' && !authentic) problems.push('accepted, but not authentic');
  if (verdict !== 'accept' && passes(checks, [...due, ...answered], good)) {
    problems.push(`${verdict}, and no check says why`);
  }
  const skipped = checks.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id);
  if (skipped.some((id) => !MAY_BE_SKIPPED.includes(id))) {
    problems.push(`skipped: ${skipped.join()}`);
  }
  return problems;
}
