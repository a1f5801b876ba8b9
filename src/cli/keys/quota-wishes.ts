import type { KeyQuotas } from '../../gateway/identity/credential.ts';
import {
  MOST_OF_QUOTA,
  QUOTA_NAMES,
  type QuotaChange,
  type QuotaName,
} from '../../gateway/identity/key-quotas.ts';
import { usage } from '../io.ts';
import type { Args, Options } from '../verb.ts';

const OPTION_OF = {
  requests: 'quota-requests',
  streams: 'quota-streams',
  tokens: 'quota-tokens',
  evidence: 'quota-evidence',
} as const satisfies Record<QuotaName, string>;

export const QUOTAS: Options = {
  [OPTION_OF.requests]: {
    value: '<number>',
    help: 'of role client: sessions a minute, in place of broker.quotas.requests',
  },
  [OPTION_OF.streams]: {
    value: '<number>',
    help: 'streams at once, in place of broker.quotas.streams',
  },
  [OPTION_OF.tokens]: {
    value: '<number|unlimited>',
    help: 'tokens a day (UTC), in place of broker.quotas.tokens',
  },
  [OPTION_OF.evidence]: {
    value: '<number>',
    help: 'challenges for evidence a minute, in place of broker.quotas.evidence',
  },
};

/** @throws Fault `usage` naming the option. */
export function quotaWish(args: Args): KeyQuotas | undefined {
  const quotas: Record<string, KeyQuotas[QuotaName]> = {};
  for (const [name, text] of givenQuotas(args)) quotas[name] = quotaOf(name, text);
  return Object.keys(quotas).length > 0 ? quotas : undefined;
}

/** As above, and `default` for what the configuration says. @throws Fault `usage`. */
export function quotaChange(args: Args): QuotaChange {
  const change: Record<string, QuotaChange[QuotaName]> = {};
  for (const [name, text] of givenQuotas(args)) {
    change[name] = text === 'default' ? text : quotaOf(name, text);
  }
  if (Object.keys(change).length > 0) return change;
  throw usage(
    `want one of ${Object.values(OPTION_OF)
      .map((option) => `--${option}`)
      .join(', ')}`,
  );
}

/** For people: `requests 10, tokens 5000`. */
export function quotasText(quotas: KeyQuotas): string {
  return QUOTA_NAMES.flatMap((name) =>
    quotas[name] === undefined ? [] : [`${name} ${quotas[name]}`],
  ).join(', ');
}

function givenQuotas(args: Args): readonly (readonly [QuotaName, string])[] {
  return QUOTA_NAMES.flatMap((name) => {
    const text = args.one(OPTION_OF[name]);
    return text === undefined ? [] : [[name, text] as const];
  });
}

function quotaOf(name: QuotaName, text: string): number | 'unlimited' {
  if (name === 'tokens' && text === 'unlimited') return text;
  const value = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= MOST_OF_QUOTA[name]) return value;
  const or = name === 'tokens' ? ', or unlimited' : '';
  const want = `want a whole number from 1 to ${MOST_OF_QUOTA[name]}${or}`;
  throw usage(`--${OPTION_OF[name]}: ${want}, got ${JSON.stringify(text)}`);
}
