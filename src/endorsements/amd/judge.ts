import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { readCertificates, readCrl } from '../../core/x509/certificate-files.ts';
import { crlProblem } from '../../core/x509/chain.ts';
import { outsideValidity, type Validity } from '../../core/x509/validity.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { SNP_CHECKS } from '../../evidence/snp/checks.ts';
import { snpClocksAt } from '../../evidence/snp/input.ts';
import { lineOfProductName, PRODUCT_LINES } from '../../evidence/snp/product.ts';
import { lineOfRoot, officeOf, VEK_COMMON_NAMES } from '../../evidence/snp/roles.ts';
import type { Vek } from '../../evidence/snp/vek-chain.ts';
import { type SnpChainVerification, verifySnpChain } from '../../evidence/snp/verify-chain.ts';
import type { Check } from '../../evidence/verdict.ts';
import { checkText } from '../check-text.ts';
import type { Judged } from '../judged.ts';
import { commonWindow } from './document.ts';
import { type AmdKey, amdKeyText, type LineKey, type VcekKey } from './key.ts';

export type AmdJudgement = Judged<{ readonly validity: Validity }>;

export interface Judge {
  readonly anchors: readonly TrustAnchor[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** For a VCEK, the chain above it; none: the one that this release brings along. */
  readonly chain: readonly Uint8Array[];
}

export function judgeAmd(key: AmdKey, bytes: Uint8Array, judge: Judge): AmdJudgement {
  switch (key.kind) {
    case 'vcek':
      return judgeVcek(key, bytes, judge);
    case 'chain':
      return judgeChain(key, bytes, judge);
    case 'crl':
      return judgeCrl(key, bytes, judge);
  }
}

function judgeVcek(key: VcekKey, bytes: Uint8Array, { anchors, now, chain }: Judge): AmdJudgement {
  const verified = verifySnpChain({ vek: bytes, chain, anchors, at: snpClocksAt(now) });
  const { vek } = verified.chain;
  return conclude(key, verified.checks, windowOf(verified), vek ? strangersOfVcek(key, vek) : []);
}

/** Genuine, but of another chip, TCB or product than asked for. */
function strangersOfVcek(
  { line, hwid, tcb }: VcekKey,
  { certificate, office, extensions }: Vek,
): readonly string[] {
  const { commonName } = certificate.subject;
  const wrong: string[] = [];
  if (office.line !== line || office.signs !== 'vcek') {
    wrong.push(`it is issued by ${certificate.issuer.commonName}`);
  }
  if (commonName !== VEK_COMMON_NAMES.vcek) wrong.push(`it is called ${commonName || '(nothing)'}`);
  if (extensions === undefined) return wrong;
  const { hwId, cspId, productName } = extensions;
  if (lineOfProductName(productName) !== line) wrong.push(`its product is ${productName}`);
  if (hwId === undefined || toHex(hwId) !== hwid) {
    wrong.push(`its hwID is ${hwId ? toHex(hwId) : 'missing'}`);
  }
  if (toHex(extensions.tcb) !== tcb) wrong.push(`its TCB is ${toHex(extensions.tcb)}`);
  if (cspId !== undefined) wrong.push(`it is issued to ${cspId}`);
  return wrong;
}

const NOTHING = new Uint8Array();

function judgeChain(key: LineKey, bytes: Uint8Array, { anchors, now }: Judge): AmdJudgement {
  const verified = verifySnpChain({ chain: [bytes], anchors, at: snpClocksAt(now) });
  const { intermediate } = verified.chain;
  if (intermediate === undefined) return conclude(key, verified.checks, undefined, []);
  const office = officeOf(intermediate.subject.commonName);
  const same = office?.line === key.line && office.signs === key.signs;
  const wrong = same ? [] : [`it is of ${intermediate.subject.commonName}`];
  // Other tools verify by the file alone: its own root belongs to it.
  const [, root, ...more] = readCertificates(bytes, 'chain');
  const own = root !== undefined && equalBytes(root.der, verified.chain.root?.der ?? NOTHING);
  if (!own || more.length > 0) wrong.push('it is not an intermediate and its root');
  return conclude(key, verified.checks, windowOf(verified), wrong);
}

function windowOf({ chain }: SnpChainVerification): Validity | undefined {
  const certificates = [chain.vek?.certificate, chain.intermediate, chain.root].filter(
    (one) => one !== undefined,
  );
  return certificates.length === 0 ? undefined : commonWindow(certificates);
}

/**
 * Whom the list revokes makes no difference here: one that revokes AMD's own intermediate is
 * the one that must be kept.
 */
function judgeCrl(key: LineKey, bytes: Uint8Array, { anchors, now }: Judge): AmdJudgement {
  const checks = new CheckList(SNP_CHECKS);
  const crl = checks.read('snp.crl.format', () => readCrl(bytes, 'crl'));
  if (crl === undefined) return conclude(key, checks.all, undefined, []);
  const roots = anchors.filter(
    ({ certificate }) => lineOfRoot(certificate.subject.commonName) === key.line,
  );
  const problems = roots.map(({ certificate }) => crlProblem(crl, certificate));
  const [first] = problems;
  if (roots.length === 0) {
    const want = `a trust anchor for ${PRODUCT_LINES[key.line].name}`;
    checks.fail('snp.crl.signature', { want, got: 'none' });
  } else {
    checks.answer('snp.crl.signature', problems.includes(undefined) ? undefined : first);
  }
  const outside = outsideValidity('the CRL', crl.validity, now);
  if (outside === undefined) checks.pass('snp.crl.validity');
  else checks.unresolved('snp.crl.validity', `want ${outside.want}, got ${outside.got}`);
  return conclude(key, checks.all, crl.validity, []);
}

/** A date alone says nothing against who signed; it only makes a document useless for now. */
const DATES = 'snp.vek.validity';

function conclude(
  key: AmdKey,
  checks: readonly Check[],
  validity: Validity | undefined,
  strangers: readonly string[],
): AmdJudgement {
  const open = checks.filter(({ outcome }) => outcome === 'fail' || outcome === 'unresolved');
  const because = open.map(checkText).join('; ');
  if (strangers.length > 0) {
    const all = [`asked for ${amdKeyText(key)}`, ...strangers, ...(because ? [because] : [])];
    return { state: 'refused', because: all.join('; '), checks: open };
  }
  const failed = open.some(({ id, outcome }) => outcome === 'fail' && id !== DATES);
  if (failed || validity === undefined) return { state: 'refused', because, checks: open };
  if (open.length === 0) return { state: 'current', validity };
  return { state: 'outdated', validity, because, checks: open };
}
