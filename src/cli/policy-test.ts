import type { CompiledPolicy } from '../appraisal/appraise/compiled-policy.ts';
import { bindingOf } from '../appraisal/binding/recipe.ts';
import type { Bundle } from '../appraisal/bundle/format.ts';
import type { BundleExpectation } from '../appraisal/bundle/input.ts';
import { FAULTS, Fault } from '../core/fault.ts';
import { type RevocationWish, wishOf } from '../endorsements/revocation-wish.ts';
import { BUNDLE_AT_KINDS, BUNDLE_OPTIONS, verifyBundleFile } from './bundle-evidence.ts';
import { bundlePaths, PATH_LIMITS } from './bundle-paths.ts';
import { atOption } from './input.ts';
import { type Io, usage, warn } from './io.ts';
import { type Paint, painter } from './paint.ts';
import { readPolicyFile } from './policy-file.ts';
import { type Change, type Decided, onTrial, type Trial, tryOut } from './policy-trial.ts';
import { rememberingFetch } from './remembering-fetch.ts';
import { printJson, VERDICT_COLOURS } from './render.ts';
import type { Args, Verb } from './verb.ts';
import { visible } from './visible.ts';

const EXIT = {
  asBefore: 0,
  otherwise: 1,
  untestable: 2,
  unreachable: FAULTS.unreachable.exit,
} as const;

export const policyTestVerb: Verb = {
  name: 'policy test',
  summary: 'Try a policy on stored bundles: who would be admitted, and who no longer.',
  operands: '<policy> <bundle|dir>…',
  arity: { min: 2, max: 256 },
  options: {
    against: {
      value: '<policy>',
      help: 'the policy in force: say who would be newly admitted or newly refused',
    },
    ...BUNDLE_OPTIONS,
    ...atOption(BUNDLE_AT_KINDS),
  },
  notes: [
    `A folder stands for every .json file in it and below, up to ${PATH_LIMITS.files}. Each bundle is verified once, whatever the number of policies; what vendors were asked for one is remembered for the next.`,
    'It is the policy that is tried, not freshness: unless --nonce says which challenge was sent, a bundle is taken to answer the one that it names. A draft is tried as if it were in force. Neither admits anybody.',
    'A bundle that can’t be read is not testable, and says why. A signed policy is read without asking who signed it: postern policy verify does.',
    'Exit code: 69 a file could not be reached, the others being tried all the same. Else 2 a bundle was not testable. Else, without --against, 0 all accepted, 1 not all; with --against, 0 nobody newly admitted or refused, 1 somebody.',
  ],
  run: async (io, args) => {
    const [path = '', ...operands] = args.operands;
    const policy = await readForTrial(io, path);
    const other = args.one('against');
    const against = other === undefined ? undefined : await readForTrial(io, other);
    const wish = bothWishes(wishOf(policy), wishOf(against));
    const once = { ...io, fetch: rememberingFetch(io.fetch), err: sayingOnce(io.err) };
    const trials: Trial[] = [];
    for (const file of await bundlePaths(operands)) {
      trials.push(await trialOf(once, args, file, { policy, against, wish }));
    }
    refuseMisuse(trials);
    if (args.has('json')) printJson(io, trialsJson(args, trials, policy, against));
    else printTrials(io, trials);
    return exitOf(trials);
  },
};

/** Of many machines of one kind the same can be said. */
function sayingOnce(say: Io['err']): Io['err'] {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    said.add(text);
    say(text);
  };
}

async function readForTrial(io: Io, path: string): Promise<CompiledPolicy> {
  const read = await readPolicyFile(io, path);
  if (read.policy.metadata.lifecycle.state === 'draft') {
    warn(io, `${path} is a draft: it is tried as if it were in force`);
  }
  return onTrial(read);
}

/** What one of the policies wants to be looked for must be there for it to be fair to both. */
function bothWishes(one: RevocationWish, other: RevocationWish): RevocationWish {
  return { crl: one.crl || other.crl, ocsp: one.ocsp || other.ocsp };
}

interface Policies {
  readonly policy: CompiledPolicy;
  readonly against: CompiledPolicy | undefined;
  readonly wish: RevocationWish;
}

async function trialOf(
  io: Io,
  args: Args,
  file: string,
  { policy, against, wish }: Policies,
): Promise<Trial> {
  try {
    const bytes = await io.readFile(file);
    const { verified } = await verifyBundleFile(io, args, bytes, wish, ownChallenge);
    return tryOut(file, verified, policy, against);
  } catch (error) {
    // One bundle is no reason to say nothing of the others; a bug of ours is.
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    const { code, message, detail } = error;
    if (code === 'usage') return { file, untestable: detail, because: code };
    return { file, untestable: message, ...(code === 'unreachable' && { because: code }) };
  }
}

/** An option that no bundle can do anything with says nothing about bundles. */
function refuseMisuse(trials: readonly Trial[]): void {
  const problems = trials.map((trial) => (isFor(trial, 'usage') ? trial.untestable : undefined));
  const [first] = problems;
  if (first !== undefined && !problems.includes(undefined)) throw usage(first);
}

/** The challenge that a stored bundle names; what can't be read the verifier says. */
function ownChallenge({ binding, devices }: Bundle): BundleExpectation {
  try {
    const { nonce } = bindingOf(binding, devices);
    return nonce === undefined ? {} : { nonce };
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return {};
    throw error;
  }
}

type Untestable = Extract<Trial, { untestable: string }>;

function isFor(trial: Trial, because: Untestable['because']): trial is Untestable {
  return 'untestable' in trial && trial.because === because;
}

function exitOf(trials: readonly Trial[]): number {
  if (trials.some((trial) => isFor(trial, 'unreachable'))) return EXIT.unreachable;
  if (trials.length === 0 || trials.some((trial) => 'untestable' in trial)) return EXIT.untestable;
  const asBefore = trials.every((trial) => {
    if ('untestable' in trial) return false;
    return trial.change === undefined
      ? trial.decided.verdict === 'accept'
      : trial.change === 'same';
  });
  return asBefore ? EXIT.asBefore : EXIT.otherwise;
}

function trialsJson(
  args: Args,
  trials: readonly Trial[],
  policy: CompiledPolicy,
  against: CompiledPolicy | undefined,
) {
  return {
    policy: identityOf(policy),
    ...(against && { against: identityOf(against) }),
    challenge: args.has('nonce') ? 'given' : 'assumed',
    counts: countsOf(trials),
    bundles: trials,
  };
}

function identityOf({ read, policy: { metadata } }: CompiledPolicy) {
  return { name: metadata.name, revision: metadata.revision, digest: read.digest };
}

function countsOf(trials: readonly Trial[]) {
  const count = (wanted: (trial: Trial) => boolean) => trials.filter(wanted).length;
  const changed = (change: Change) => count((one) => 'decided' in one && one.change === change);
  return {
    accepted: count((one) => 'decided' in one && one.decided.verdict === 'accept'),
    notAccepted: count((one) => 'decided' in one && one.decided.verdict !== 'accept'),
    newlyAdmitted: changed('newly-admitted'),
    newlyRefused: changed('newly-refused'),
    notTestable: count((one) => 'untestable' in one),
  };
}

const CHANGE_WORDS = {
  'newly-admitted': 'newly admitted',
  'newly-refused': 'newly refused',
  same: '',
} as const satisfies Record<Change, string>;

function printTrials(io: Io, trials: readonly Trial[]): void {
  const paint = painter(io.colours);
  const width = Math.max(0, ...trials.map(({ file }) => visible(file).length));
  for (const trial of trials) {
    const file = visible(trial.file).padEnd(width);
    if ('untestable' in trial) {
      io.out(`${file}  ${paint('yellow', 'not testable')}: ${visible(trial.untestable)}\n`);
    } else io.out(`${file}  ${trialText(paint, trial)}\n`);
  }
  const { accepted, notAccepted, newlyAdmitted, newlyRefused, notTestable } = countsOf(trials);
  const compared = trials.some((trial) => 'change' in trial);
  io.out(
    `\n${[
      `${accepted} accepted`,
      `${notAccepted} not`,
      ...(compared ? [`${newlyAdmitted} newly admitted`, `${newlyRefused} newly refused`] : []),
      ...(notTestable > 0 ? [`${notTestable} not testable`] : []),
    ].join(', ')}\n`,
  );
}

function trialText(
  paint: Paint,
  { decided, change }: Extract<Trial, { decided: Decided }>,
): string {
  const { verdict, set, codes } = decided;
  const changed = change === undefined ? '' : CHANGE_WORDS[change];
  return [
    paint(VERDICT_COLOURS[verdict], verdict.padEnd('indeterminate'.length)),
    ...(changed === '' ? [] : [paint('bold', changed)]),
    ...(set ? [`${set.fits ? '' : 'nearest '}${visible(set.id)}`] : []),
    codesText(codes),
  ]
    .join('  ')
    .trimEnd();
}

/** Where the evidence is of another kind altogether, nearly every code is there. */
const MOST_CODES = 8;

function codesText(codes: readonly string[]): string {
  const more = codes.length - MOST_CODES;
  return more > 0
    ? `${codes.slice(0, MOST_CODES).join(' ')} and ${more} more (--json has all)`
    : codes.join(' ');
}
