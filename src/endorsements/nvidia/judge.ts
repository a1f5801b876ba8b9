import { isMismatch } from '../../core/mismatch.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { Validity } from '../../core/x509/validity.ts';
import { CheckList } from '../../evidence/check-list.ts';
import type { NvidiaAnchors } from '../../evidence/nvidia/anchors.ts';
import { NVIDIA_CHECKS, type NvidiaCheckId } from '../../evidence/nvidia/checks.ts';
import { givenOcsp } from '../../evidence/nvidia/given-ocsp.ts';
import { nvidiaClocksAt } from '../../evidence/nvidia/input.ts';
import { readOcsp } from '../../evidence/nvidia/ocsp.ts';
import { checkOcsp } from '../../evidence/nvidia/ocsp-checks.ts';
import { readRim } from '../../evidence/nvidia/rim/read-rim.ts';
import { verifyRim } from '../../evidence/nvidia/rim/verify-rim.ts';
import type { Check } from '../../evidence/verdict.ts';
import { checkText } from '../check-text.ts';
import type { Judged } from '../judged.ts';
import { type NvidiaDocument, type NvidiaFacts, ocspInputOf } from './document.ts';
import { nvidiaKeyText } from './key.ts';
import { rimTitleProblem } from './rim-title.ts';
import type { NvidiaWant, OcspWant, RimWant } from './want.ts';

export type NvidiaJudgement = Judged<{ readonly facts: NvidiaFacts }>;

export interface NvidiaJudge {
  readonly anchors: NvidiaAnchors;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function judgeNvidia(
  want: NvidiaWant,
  document: Pick<NvidiaDocument, 'bytes' | 'nonce'>,
  judge: NvidiaJudge,
): NvidiaJudgement {
  return want.kind === 'rim'
    ? judgeRim(want, document.bytes, judge)
    : judgeOcsp(want, document, judge.now);
}

function judgeRim(want: RimWant, xml: Uint8Array, { anchors, now }: NvidiaJudge): NvidiaJudgement {
  const { checks } = verifyRim(xml, { anchors: anchors.rim, at: now });
  const { manifest, certificates } = readRim(xml, anchors.rim);
  const [leaf] = certificates;
  if (manifest === undefined || leaf === undefined) return conclude(checks, undefined);
  const wrong = rimTitleProblem(want, manifest);
  if (wrong !== undefined) {
    const because = `asked for ${nvidiaKeyText(want)}: want ${wrong.want}, got ${wrong.got}`;
    return { state: 'refused', because, checks: [] };
  }
  const validity = commonWindow(certificates.map((certificate) => certificate.validity));
  return conclude(checks, { issued: leaf.validity.from, validity, signer: certificates });
}

/**
 * Whether the certificate is revoked makes no difference here: the response that says so is
 * the one that must be kept.
 */
function judgeOcsp(
  want: OcspWant,
  document: Pick<NvidiaDocument, 'bytes' | 'nonce'>,
  now: number,
): NvidiaJudgement {
  const checks = new CheckList<NvidiaCheckId>(NVIDIA_CHECKS);
  const reading = readOcsp(givenOcsp([ocspInputOf(document)]), [want.subject], []);
  checkOcsp(checks, reading, {
    clocks: nvidiaClocksAt(now),
    required: true,
    missing: undefined,
    relax: {},
  });
  const relevant = checks.all.filter(({ id }) => !STATUS.has(id));
  const [answer] = reading.answers;
  if (answer === undefined || isMismatch(answer.signer)) return conclude(relevant, undefined);
  const { status, reason, validity } = answer.single;
  return conclude(relevant, {
    issued: validity.from,
    validity: commonWindow([validity, answer.signer.validity]),
    status,
    ...(reason !== undefined && { reason }),
  });
}

const STATUS: ReadonlySet<string> = new Set<NvidiaCheckId>([
  'nvidia.ocsp.device.status',
  'nvidia.ocsp.rim.status',
]);

/** When all of them are in date at once. */
export function commonWindow(windows: readonly Certificate['validity'][]): Validity {
  return {
    from: Math.max(...windows.map(({ from }) => from)),
    to: Math.min(...windows.map(({ to }) => to)),
  };
}

function conclude(checks: readonly Check[], facts: NvidiaFacts | undefined): NvidiaJudgement {
  const open = checks.filter(({ outcome }) => outcome === 'fail' || outcome === 'unresolved');
  const because = open.map(checkText).join('; ');
  const failed = open.some(({ outcome }) => outcome === 'fail');
  if (failed || facts === undefined) {
    return { state: 'refused', because: because || 'it says nothing of that', checks: open };
  }
  if (open.length === 0) return { state: 'current', facts };
  return { state: 'outdated', facts, because, checks: open };
}
