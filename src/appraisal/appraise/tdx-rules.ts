import { equalBytes } from '../../core/bytes/equal.ts';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import type { PckExtension } from '../../evidence/tdx/pck-extension.ts';
import { tdAttribute } from '../../evidence/tdx/td-attributes.ts';
import type { TdReport } from '../../evidence/tdx/td-report.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';
import { type TdxRules, wantedAttributes } from '../policy/schema/tdx.ts';
import { bitsProblem } from './bits.ts';
import type { PolicyCheckId } from './checks.ts';
import type { Findings } from './findings.ts';
import { instantOf } from './instant.ts';

type Checks = CheckList<PolicyCheckId>;

/** Everything about a TDX quote but its registers. */
export function checkTdxRules(
  checks: Checks,
  rules: TdxRules,
  verification: TdxVerification,
  findings: Findings,
): void {
  const { quote, pck } = verification;
  if (quote === undefined) {
    unreadable(checks);
    return;
  }
  const { body } = quote;
  checks.answer(
    'policy.tdx.attributes',
    bitsProblem({ debug: 'forbid', ...wantedAttributes(rules) }, (name) =>
      tdAttribute(body.tdAttributes, name),
    ),
  );
  checkXfam(checks, rules.xfam, body);
  checkModule(checks, rules.tdxModule, body);
  checkPlatform(checks, rules.platform, pck);
  checkStatus(checks, rules.tcb, verification, findings);
  checkAdvisories(checks, rules.tcb, verification, findings);
  checkEvaluation(checks, rules.tcb.minEvaluationDataNumber, verification);
}

function unreadable(checks: Checks): void {
  for (const id of [
    'policy.tdx.attributes',
    'policy.tdx.xfam',
    'policy.tdx.module_version',
    'policy.tdx.mr_seam',
    'policy.tdx.fmspc',
    'policy.tdx.platform',
    'policy.tdx.tcb_status',
    'policy.tdx.advisories',
    'policy.tdx.evaluation_data_number',
  ] as const) {
    checks.unresolved(id, 'the quote could not be read');
  }
}

function checkXfam(checks: Checks, rule: TdxRules['xfam'], { xfam }: TdReport): void {
  const id = 'policy.tdx.xfam';
  if ('skip' in rule) checks.skipped(id, rule.skip);
  else if ('exact' in rule) {
    const same = equalBytes(fromHex(rule.exact, 'xfam'), xfam);
    checks.answer(id, same ? undefined : { want: rule.exact, got: toHex(xfam) });
  } else {
    const set = rule.forbidBits.filter(
      (position) => (((xfam[position >> 3] ?? 0) >> (position & 7)) & 1) === 1,
    );
    checks.answer(
      id,
      set.length === 0
        ? undefined
        : { want: `bits ${rule.forbidBits.join(', ')} clear`, got: `bits ${set.join(', ')} set` },
    );
  }
}

/**
 * TEE_TCB_SVN: byte 0 is the module's ISV SVN, byte 1 its major version (Intel TDX DCAP
 * Quoting Library API, section A.3.1). What runs now may be another than at launch.
 */
function checkModule(checks: Checks, rule: TdxRules['tdxModule'], body: TdReport): void {
  const id = 'policy.tdx.module_version';
  const { floors } = rule;
  if ('skip' in floors) checks.skipped(id, floors.skip);
  else {
    const svns = [body.teeTcbSvn, ...(body.td15 ? [body.td15.teeTcbSvn2] : [])];
    const problems = svns.map(([svn = 0, major = 0]) => {
      const floor = floors.find((one) => one.major === major);
      if (floor && svn >= floor.minIsvSvn) return undefined;
      const known = floors.map((one) => `${one.major} from ISV SVN ${one.minIsvSvn}`).join(', ');
      return { want: `a TDX module of version ${known}`, got: `version ${major}, ISV SVN ${svn}` };
    });
    checks.answer(
      id,
      problems.find((problem) => problem !== undefined),
    );
  }
  const { mrSeam } = rule;
  if ('skip' in mrSeam) checks.skipped('policy.tdx.mr_seam', mrSeam.skip);
  else checks.answer('policy.tdx.mr_seam', oneOf(mrSeam, toHex(body.mrSeam)));
}

function checkPlatform(
  checks: Checks,
  { fmspc, smt, dynamicPlatform, cachedKeys }: TdxRules['platform'],
  pck: PckExtension | undefined,
): void {
  if ('skip' in fmspc) checks.skipped('policy.tdx.fmspc', fmspc.skip);
  else if (pck) checks.answer('policy.tdx.fmspc', oneOf(fmspc, toHex(pck.fmspc)));
  else checks.unresolved('policy.tdx.fmspc', NO_PCK);
  if (pck === undefined) {
    checks.unresolved('policy.tdx.platform', NO_PCK);
    return;
  }
  const { configuration } = pck;
  checks.answer(
    'policy.tdx.platform',
    bitsProblem({ smtEnabled: smt, dynamicPlatform, cachedKeys }, (name) => configuration?.[name]),
  );
}

const NO_PCK = 'there is no PCK certificate that says what platform it is';

/** Statuses are Intel's; a policy says which it puts up with. Revoked is not among them. */
function checkStatus(
  checks: Checks,
  { accept }: TdxRules['tcb'],
  { tcb }: TdxVerification,
  { warn }: Findings,
): void {
  const id = 'policy.tdx.tcb_status';
  if (tcb === undefined || tcb.endorsed !== true) {
    checks.unresolved(id, 'Intel’s word on the TCB is not there, or did not verify');
    return;
  }
  const known: readonly string[] = accept;
  if (known.includes(tcb.status)) {
    checks.pass(id);
    // Intel names no advisory for many levels that are behind; that leaves the status to be told.
    if (tcb.status !== 'UpToDate') warn(`TCB status ${tcb.status} is put up with`);
  } else {
    const because = tcb.behind?.join('; ');
    checks.fail(id, { want: accept.join(' or '), got: tcb.status }, because ? { because } : {});
  }
}

/** Each weakness that is put up with has a reason and an end; one that nobody named has neither. */
function checkAdvisories(
  checks: Checks,
  { advisories: exceptions }: TdxRules['tcb'],
  { tcb }: TdxVerification,
  { now, warn, limit }: Findings,
): void {
  const id = 'policy.tdx.advisories';
  if (tcb === undefined) {
    checks.unresolved(id, 'Intel’s word on the TCB is not there');
    return;
  }
  const named = tcb.status === 'UpToDate' ? [] : tcb.advisories;
  const problems: string[] = [];
  for (const advisory of named) {
    const exception = exceptions.find((one) => one.id === advisory);
    if (exception === undefined) problems.push(`${advisory} without an exception`);
    else if (now >= instantOf(exception.until)) {
      problems.push(`${advisory}, whose exception ended at ${exception.until}`);
    } else {
      warn(`${advisory} is put up with until ${exception.until}: ${exception.reason}`);
      limit(instantOf(exception.until));
    }
  }
  checks.answer(
    id,
    problems.length === 0
      ? undefined
      : { want: 'an exception in date for each advisory', got: problems.join('; ') },
  );
}

function checkEvaluation(
  checks: Checks,
  floor: TdxRules['tcb']['minEvaluationDataNumber'],
  { evaluationDataNumber: got }: TdxVerification,
): void {
  const id = 'policy.tdx.evaluation_data_number';
  if (typeof floor !== 'number') checks.skipped(id, floor.skip);
  else if (got === undefined) checks.unresolved(id, 'there is no TCB info or no QE identity');
  else checks.answer(id, got >= floor ? undefined : { want: `at least ${floor}`, got: `${got}` });
}

function oneOf(known: readonly string[], got: string): Mismatch | undefined {
  return known.includes(got) ? undefined : { want: known.join(' or '), got };
}
