import Type, { type TSchema } from 'typebox';
import { DURATION, DURATION_WANTED } from '../duration.ts';
import { PLAIN_CHARACTER } from '../plain-line.ts';

/** An object that has these members and no others: one that is not known was meant to say something. */
export function closed<Members extends Record<string, TSchema>>(
  members: Members,
  description?: string,
) {
  const more = { additionalProperties: false, ...(description !== undefined && { description }) };
  return Type.Object(members, more);
}

/** Bytes in lower-case hex, no more and no fewer. */
export function hex(bytes: number) {
  return Type.String({
    pattern: `^[0-9a-f]{${2 * bytes}}$`,
    description: `${2 * bytes} lower-case hex digits`,
  });
}

/** A list that says something: an empty one would mean nothing or everything, and nobody knows which. */
export function some<Item extends TSchema>(item: Item, most = 1024) {
  return Type.Array(item, { minItems: 1, maxItems: most, uniqueItems: true });
}

/** Plain text for people: what is shown of it is all that it says. */
export function text(least: number, most: number) {
  return Type.String({
    pattern: `^(?!\\p{Zs}*$)${PLAIN_CHARACTER}{${least},${most}}$`,
    description: `text of ${least} to ${most} characters, on one line and not blank`,
  });
}

/** Not checked, on purpose: the reason is what an auditor reads. */
export const Skip = closed({ skip: text(8, 500) }, '{ skip: "<reason>" }');
export type Skip = Type.Static<typeof Skip>;

/** A rule, or the reason why there is none. */
export function orSkip<Rule extends TSchema>(rule: Rule, description?: string) {
  const said = description ?? (rule as { description?: string }).description ?? 'a rule';
  return Type.Union([rule, Skip], { description: `${said}, or { skip: "<reason>" }` });
}

export const Presence = Type.Enum(['require', 'forbid', 'any'], {
  description: 'require, forbid or any',
});
export type Presence = Type.Static<typeof Presence>;

/** What can't be allowed by any policy. */
export const Forbidden = Type.Literal('forbid', {
  description: 'forbid: nothing else can be said',
});

export const Time = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$',
  description: 'a time in UTC, e.g. 2026-01-31T00:00:00Z',
});

export const Duration = Type.String({
  pattern: `^(${DURATION})$`,
  description: DURATION_WANTED,
});

export const Digest = Type.String({
  pattern: '^sha256:[0-9a-f]{64}$',
  description: 'sha256: and 64 lower-case hex digits',
});

/**
 * Draft is evaluated and admits nobody; active admits; deprecated admits until its sunset;
 * revoked refuses. A state can only go on to a later one.
 */
export const Lifecycle = Type.Union(
  [
    closed({ state: Type.Literal('draft') }),
    closed({ state: Type.Literal('active'), notBefore: Type.Optional(Time) }),
    closed({
      state: Type.Literal('deprecated'),
      notBefore: Type.Optional(Time),
      sunset: Time,
      reason: Type.Optional(text(8, 500)),
    }),
    closed({ state: Type.Literal('revoked'), revokedAt: Time, reason: text(8, 500) }),
  ],
  {
    description:
      '{ state: draft }, { state: active }, { state: deprecated, sunset } or { state: revoked, revokedAt, reason }',
  },
);
export type Lifecycle = Type.Static<typeof Lifecycle>;

/** The name of a reference set. */
export const SetId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$',
  description: '1 to 128 of letters, digits and . _ / -',
});

/** Where the values of a reference set come from: for people and auditors, and never compared. */
export const Provenance = closed({
  kind: Type.Enum(['calculated', 'vendor-signed', 'observed'], {
    description: 'calculated, vendor-signed or observed',
  }),
  tool: Type.Optional(text(1, 200)),
  source: Type.Optional(text(1, 500)),
  inputs: Type.Optional(
    Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$' }), text(1, 500), {
      maxProperties: 64,
      additionalProperties: false,
      description: 'names and what they were, e.g. firmware: sha256:…',
    }),
  ),
});
export type Provenance = Type.Static<typeof Provenance>;
