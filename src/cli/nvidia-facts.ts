import type { Claim, Claims } from '../evidence/verification.ts';

/** What a device is and how far it was looked at, in a few lines; nothing of what can't be read. */
export function deviceFacts(claims: Claims): readonly string[] {
  const named = (...names: readonly string[]) =>
    names.flatMap((name) => text(claims, name).map((value) => `${name} ${value}`));
  return [
    [...text(claims, 'hwModel'), ...named('ueid')],
    named('driver', 'vbios', 'bios', 'mode'),
    [...compared(claims), ...answered(claims)],
  ]
    .filter((facts) => facts.length > 0)
    .map((facts) => facts.join(' · '));
}

/** `33 of 34 active measurements compared, 1 exempt (NVDEC0)`; nothing where no manifest was. */
export function compared(claims: Claims): readonly string[] {
  const [golden] = text(claims, 'goldenIndices');
  const [number] = text(claims, 'comparedIndices');
  if (golden === undefined || number === undefined) return [];
  const exempt = list(claims, 'skippedIndices').length;
  const different = list(claims, 'mismatches').length;
  const [only, ...more] = list(claims, 'comparedManifests');
  const partly = only && more.length === 0 && !Object.hasOwn(claims, 'rimBiosId');
  const facts = [
    `${number} of ${golden} active measurements compared${partly ? `, of the ${only} manifest alone` : ''}`,
    // The only one that the state of a device exempts.
    ...(exempt > 0 ? [`${exempt} exempt (NVDEC0)`] : []),
    ...(different > 0 ? [`${different} differ${different === 1 ? 's' : ''}`] : []),
  ];
  return [facts.join(', ')];
}

/** `OCSP 5 of 7 certificates`: those of which somebody says in time what they are. */
function answered(claims: Claims): readonly string[] {
  const { asked, silent } = ocspOf(claims);
  return asked === 0 ? [] : [`OCSP ${asked - silent} of ${asked} certificates`];
}

/** How many certificates OCSP could be asked about, and how many of them have no answer. */
export function ocspOf(claims: Claims): { readonly asked: number; readonly silent: number } {
  const silent = list(claims, 'ocspUnanswered').map(String);
  const answers = list(claims, 'ocsp').map((answer) => answer as Claims);
  // An answer that is out of date leaves its certificate among the silent ones.
  const heard = answers.filter(
    ({ subject }) => !silent.some((name) => `${subject}, `.includes(`CN=${name}, `)),
  );
  const serials = new Set(heard.map(({ subject, serial }) => `${subject} ${serial}`));
  return { asked: serials.size + silent.length, silent: silent.length };
}

function text(claims: Claims, name: string): readonly string[] {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof claim === 'string' || typeof claim === 'number' ? [String(claim)] : [];
}

function list(claims: Claims, name: string): readonly Claim[] {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return Array.isArray(claim) ? claim : [];
}
