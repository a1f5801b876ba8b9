import { sha384 } from '#crypto';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import { bulletinOf, FLOORS_AS_OF } from '../../evidence/snp/floors/bulletins.ts';
import { compileAssertion } from './cel/assertion.ts';
import { durationMs } from './duration.ts';
import { checkLogHygiene } from './meaning-of-logs.ts';
import { asksForNothing, comparedValues, isSkipped, isZeros, tellsApart } from './said-values.ts';
import type { Policy } from './schema/policy.ts';
import type { SnpRules } from './schema/snp.ts';
import type { RecordedEvent, TdxRules } from './schema/tdx.ts';
import type { Lifecycle } from './schema/values.ts';

type Report = (path: string, problem: string) => void;

const CPU = 'spec.evidence.cpu';

/**
 * What no schema can say: that the parts of a policy fit each other, and that it asks for
 * something. A policy that can't be met, or that anybody meets, was not meant.
 */
export function misunderstandings(policy: Policy): readonly Misfit[] {
  const found: Misfit[] = [];
  const report: Report = (path, problem) => {
    found.push({ path, problem });
  };
  const { metadata, spec } = policy;
  checkRevision(metadata, report);
  checkLifecycle(metadata.lifecycle, 'metadata.lifecycle', report);
  checkSets(spec.evidence.cpu, report);
  const { cpu } = spec.evidence;
  if (cpu.type === 'intel-tdx') checkTdx(cpu, report);
  else checkSnp(cpu, report);
  checkComposite(spec, report);
  checkDeployment(spec, report);
  checkLogHygiene(spec, report);
  checkFreshness(spec.freshness, report);
  checkAssertions(spec.assertions, report);
  return found;
}

function checkRevision({ revision, previous }: Policy['metadata'], report: Report): void {
  if (revision === 1 && previous !== undefined) {
    report('metadata.previous', 'the first revision has none before it');
  }
  if (revision > 1 && previous === undefined) {
    report(
      'metadata.previous',
      `is missing: revision ${revision} follows one, whose digest belongs here`,
    );
  }
}

function checkLifecycle(lifecycle: Lifecycle, path: string, report: Report): void {
  const at = (name: string) => `${path}.${name}`;
  const notBefore = 'notBefore' in lifecycle ? lifecycle.notBefore : undefined;
  const from = notBefore === undefined ? undefined : instant(notBefore, at('notBefore'), report);
  if (lifecycle.state === 'revoked') instant(lifecycle.revokedAt, at('revokedAt'), report);
  if (lifecycle.state !== 'deprecated') return;
  const to = instant(lifecycle.sunset, at('sunset'), report);
  if (from !== undefined && to !== undefined && to <= from) {
    report(at('sunset'), 'want a time after notBefore');
  }
}

/** The schema knows the form of a time only: there is no 31 February. */
function instant(text: string, path: string, report: Report): number | undefined {
  return orReport(path, report, () => parseUtcTimestamp(text, path));
}

function orReport<T>(path: string, report: Report, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    report(path, error.detail);
    return undefined;
  }
}

function checkSets({ referenceSets }: TdxRules | SnpRules, report: Report): void {
  const ids = new Map<string, string>();
  const tuples = new Map<string, string>();
  for (const [i, set] of referenceSets.entries()) {
    const path = `${CPU}.referenceSets[${i}]`;
    checkLifecycle(set.lifecycle, `${path}.lifecycle`, report);
    const named = ids.get(set.id);
    if (named !== undefined) report(`${path}.id`, `is that of ${named} too`);
    ids.set(set.id, path);
    const tuple = canonicalJson(comparedValues(set), path);
    const before = tuples.get(tuple);
    if (before !== undefined) {
      report(path, `has the very values of ${before}: of two lifecycles nobody knows which holds`);
    }
    tuples.set(tuple, path);
  }
}

function checkTdx({ referenceSets, tdxModule, tcb }: TdxRules, report: Report): void {
  for (const [i, set] of referenceSets.entries()) {
    const path = `${CPU}.referenceSets[${i}]`;
    const code = [set.mrTd, set.rtmr0, set.rtmr1, set.rtmr2, set.rtmr3];
    if (!code.some(tellsApart)) {
      report(
        path,
        'compares no register of code, since a skip, zeros or a story in which no event must occur fit any: any software would do; give a value of mrTd or of rtmr0 to rtmr3',
      );
    }
    for (const name of RTMRS) {
      const value = set[name];
      const events = set.recordedEvents?.[name];
      const replay = events && typeof value === 'string' ? replayed(events) : value;
      if (replay !== value) {
        report(`${path}.recordedEvents.${name}`, `replays to ${replay}, and ${name} is ${value}`);
      }
      if (typeof value !== 'string' && 'eventLog' in value) {
        repeats(
          value.eventLog.map(({ event }) => event),
          `${path}.${name}.eventLog`,
          'event',
          report,
        );
      }
    }
  }
  if (Array.isArray(tdxModule.floors)) {
    const majors = tdxModule.floors.map(({ major }) => `${major}`);
    repeats(majors, `${CPU}.tdxModule.floors`, 'major', report);
  }
  const { advisories } = tcb;
  repeats(
    advisories.map(({ id }) => id),
    `${CPU}.tcb.advisories`,
    'id',
    report,
  );
  for (const [i, { until }] of advisories.entries()) {
    instant(until, `${CPU}.tcb.advisories[${i}].until`, report);
  }
}

const RTMRS = ['rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'] as const;

/** RTMR extension: SHA-384 of the register's value and the event's digest, from zeros. */
function replayed(events: readonly RecordedEvent[]): string {
  const register = events.reduce<Uint8Array>(
    (value, { digest }) => sha384(concatBytes(value, fromHex(digest, 'digest'))),
    new Uint8Array(48),
  );
  return toHex(register);
}

function checkSnp({ referenceSets, bulletins }: SnpRules, report: Report): void {
  for (const [i, set] of referenceSets.entries()) {
    if (![set.measurement, set.idKeyDigest, set.authorKeyDigest].some(tellsApart)) {
      report(
        `${CPU}.referenceSets[${i}]`,
        'compares no measurement and names no key of an ID block, zeros being those of a guest without one: any software would do; give the measurement or idKeyDigest',
      );
    }
  }
  for (const [i, id] of Array.isArray(bulletins) ? bulletins.entries() : []) {
    if (bulletinOf(id) === undefined) {
      report(
        `${CPU}.bulletins[${i}]`,
        `is not in the table of bulletins of ${FLOORS_AS_OF}: nobody could tell whether it is met`,
      );
    }
  }
}

function checkComposite({ evidence, composite }: Policy['spec'], report: Report): void {
  for (const name of ['gpu', 'nvswitch'] as const) {
    const [rules, group] = [evidence[name], composite[name]];
    if (rules && !group)
      report(`spec.composite.${name}`, `is missing: how many are wanted of spec.evidence.${name}?`);
    if (group && !rules)
      report(`spec.evidence.${name}`, `is missing: what is wanted of spec.composite.${name}?`);
    if (group && 'min' in group.count && group.count.min > group.count.max) {
      report(
        `spec.composite.${name}.count`,
        `min ${group.count.min} is above max ${group.count.max}`,
      );
    }
  }
  if (evidence.nvswitch && !evidence.gpu) {
    report(
      'spec.evidence.nvswitch',
      'switches without GPUs to connect: spec.evidence.gpu is missing',
    );
  }
}

function checkDeployment({ evidence: { cpu }, deployment }: Policy['spec'], report: Report): void {
  const path = 'spec.deployment';
  if ('chipIds' in deployment) {
    if (cpu.type !== 'amd-sev-snp')
      report(`${path}.chipIds`, 'a TDX quote has no chip id: want platformInstanceIds');
    const masked = deployment.chipIds.findIndex(isZeros);
    if (masked >= 0)
      report(`${path}.chipIds[${masked}]`, 'zeros stand in every report whose chip is masked');
  }
  if ('platformInstanceIds' in deployment) {
    if (cpu.type !== 'intel-tdx')
      report(`${path}.platformInstanceIds`, 'an SEV-SNP report has none: want chipIds');
    const zeros = deployment.platformInstanceIds.findIndex(isZeros);
    if (zeros >= 0) report(`${path}.platformInstanceIds[${zeros}]`, 'zeros are no platform’s');
  }
  if ('register' in deployment) checkDeploymentRegister(cpu, deployment.register, report);
}

/** A register that some set leaves open, or that everybody has as zeros, makes nothing unique. */
function checkDeploymentRegister(
  { referenceSets }: TdxRules | SnpRules,
  register: string,
  report: Report,
): void {
  for (const [i, set] of referenceSets.entries()) {
    const path = `${CPU}.referenceSets[${i}]`;
    const value: unknown = (set as Readonly<Record<string, unknown>>)[register];
    if (value === undefined) {
      report('spec.deployment.register', `there is no ${register} in this kind of evidence`);
      return;
    }
    if (isSkipped(value)) {
      report(
        `${path}.${register}`,
        'is what makes the deployment unique (spec.deployment): it can’t be skipped',
      );
    } else if (asksForNothing(value)) {
      report(
        `${path}.${register}`,
        'is what makes the deployment unique (spec.deployment), and asks for no event: one must occur once or at-least-once',
      );
    } else if (isZeros(value)) {
      report(
        `${path}.${register}`,
        'is what makes the deployment unique (spec.deployment), and zeros are everybody’s',
      );
    }
  }
}

function checkFreshness(freshness: Policy['spec']['freshness'], report: Report): void {
  const { resultTtl, reattestEvery, reattestGrace } = freshness;
  const grace = reattestGrace === undefined ? 0 : durationMs(reattestGrace);
  if (durationMs(reattestEvery) > durationMs(resultTtl) + grace) {
    report(
      'spec.freshness.reattestEvery',
      `${reattestEvery} is longer than a result lives (resultTtl ${resultTtl} and grace): each machine would drop out`,
    );
  }
}

function checkAssertions(assertions: Policy['spec']['assertions'], report: Report): void {
  repeats(
    assertions.map(({ id }) => id),
    'spec.assertions',
    'id',
    report,
  );
  for (const [i, { cel }] of assertions.entries()) {
    const path = `spec.assertions[${i}].cel`;
    orReport(path, report, () => compileAssertion(cel, path));
  }
}

function repeats(names: readonly string[], path: string, member: string, report: Report): void {
  const seen = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const before = seen.get(name);
    if (before !== undefined) report(`${path}[${i}].${member}`, `is that of [${before}] too`);
    else seen.set(name, i);
  }
}
