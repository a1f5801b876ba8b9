import { expect } from 'vitest';
import type { EvidenceKind } from '../../src/evidence/verification.ts';

const CHECK_MEMBERS = ['id', 'outcome', 'want', 'got', 'because', 'path', 'waived'];
/** With what the ids of checks begin, by kind of evidence. */
const ID_PREFIXES: Readonly<Record<EvidenceKind, readonly string[]>> = {
  tdx: ['tdx'],
  snp: ['snp'],
  vtpm: ['vtpm'],
  'nvidia-gpu': ['nvidia'],
  'nvidia-switch': ['nvidia'],
  nras: ['nras'],
  // Of a machine's devices together, too.
  bundle: ['bundle', 'nvidia'],
};

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;

/**
 * Holds an object against the contract of `--json` of the verbs that verify: each member of
 * its type, none that the contract does not name.
 */
export function expectVerificationJson(
  value: Record<string, unknown>,
  evidence: EvidenceKind = 'tdx',
): void {
  const { tcb, until, endorsements, clocks, notes, ...always } = value;
  expect(always).toStrictEqual({
    verdict: expect.stringMatching(/^(accept|reject|indeterminate)$/),
    authentic: expect.any(Boolean),
    evidence,
    anchors: expect.stringMatching(/^(vendor|custom|simulator|none)$/),
    revocation: expect.stringMatching(/^(checked|unchecked)$/),
    at: expect.stringMatching(RFC_3339),
    checks: expect.any(Array),
    claims: expect.any(Object),
  });
  if (until !== undefined) expect(until).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expectOutermost({ endorsements, clocks, notes });
  // Only Intel has one word for all that is patched.
  if (evidence !== 'tdx' && evidence !== 'bundle') expect(value).not.toHaveProperty('tcb');
  if (tcb !== undefined) expectTcb(tcb as Record<string, unknown>);
  for (const check of always['checks'] as Record<string, unknown>[]) expectCheck(check, evidence);
  for (const claim of Object.entries(always['claims'] as object)) expectClaim(...claim);
}

/** The same of a verification that rests on others, each of which is one itself. */
export function expectPartsJson(
  { parts, ...whole }: Record<string, unknown>,
  evidence: EvidenceKind,
  ...kinds: readonly EvidenceKind[]
): void {
  expectVerificationJson(whole, evidence);
  expect(parts).toHaveLength(kinds.length);
  for (const [i, part] of (parts as Record<string, unknown>[]).entries()) {
    expectVerificationJson(part, kinds[i]);
    for (const name of ['endorsements', 'clocks', 'notes']) expect(part).not.toHaveProperty(name);
  }
}

/** Members that are left out where they would be empty. */
function expectOutermost({ endorsements, clocks, notes }: Record<string, unknown>): void {
  for (const one of (endorsements ?? []) as unknown[]) {
    expect(one).toStrictEqual({
      kind: expect.stringMatching(/^[a-z]+(-[a-z]+)*$/),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  }
  for (const clock of Object.values(clocks ?? {})) expect(clock).toMatch(RFC_3339);
  for (const note of (notes ?? []) as unknown[]) expect(note).toBeTypeOf('string');
  for (const some of [endorsements, clocks, notes]) expect(some).not.toStrictEqual([]);
}

function expectTcb(tcb: Record<string, unknown>): void {
  const { components, behind, endorsed, ...named } = tcb;
  expect(endorsed).toBeTypeOf('boolean');
  expect(named).toStrictEqual({
    status: expect.any(String),
    date: expect.stringMatching(RFC_3339),
    advisories: expect.any(Array),
  });
  for (const text of tcb['advisories'] as unknown[]) expect(text).toBeTypeOf('string');
  for (const status of Object.values(components ?? {})) expect(status).toBeTypeOf('string');
  for (const sentence of (behind ?? []) as unknown[]) expect(sentence).toBeTypeOf('string');
}

function expectCheck(check: Record<string, unknown>, evidence: EvidenceKind): void {
  expect(Object.keys(check).filter((name) => !CHECK_MEMBERS.includes(name))).toEqual([]);
  const { waived, ...said } = check;
  for (const member of Object.values(said)) expect(member).toBeTypeOf('string');
  // Only of what the caller let pass.
  if (waived !== undefined) expect([waived, said['outcome']]).toEqual([true, 'skipped']);
  const [kind, ...names] = String(check['id']).split('.');
  expect(ID_PREFIXES[evidence]).toContain(kind);
  expect(names.join('.')).toMatch(/^[a-z0-9_]+(\.[a-z0-9_]+)*$/);
  expect(check['path']).not.toBe('');
  switch (check['outcome']) {
    case 'pass':
      expect(check).not.toHaveProperty('want');
      break;
    case 'fail':
      expect(check).toMatchObject({ want: expect.any(String), got: expect.any(String) });
      break;
    default:
      expect(check['outcome']).toMatch(/^(unresolved|skipped)$/);
      expect(check).toMatchObject({ because: expect.any(String) });
  }
}

/** Somebody else's names: what the paravisor says of the VM, and NVIDIA's service of a device. */
const AS_IT_STANDS = ['vmConfiguration', 'claims'];

/** Names in camelCase, all the way down, but for the indices of registers. */
function expectClaim(name: string, value: unknown): void {
  expect(name).toMatch(/^([a-z][a-zA-Z0-9]*|\d+)$/);
  if (AS_IT_STANDS.includes(name)) return;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'object' && item !== null) {
        for (const claim of Object.entries(item)) expectClaim(...claim);
      }
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const claim of Object.entries(value)) expectClaim(...claim);
  }
}

/** What `--json` prints when there is no answer. */
export function expectErrorJson(value: Record<string, unknown>, code: string): void {
  expect(value).toStrictEqual({
    error: { code, at: expect.any(String), detail: expect.any(String) },
  });
}
