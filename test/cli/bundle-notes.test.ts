import { describe, expect, it } from 'vitest';
import { keysetNotes, revocationNotes } from '../../src/cli/bundle-notes.ts';
import type { Claims, EvidenceKind, Verification } from '../../src/evidence/verification.ts';

function part(
  evidence: EvidenceKind,
  revocation: Verification['revocation'],
  claims: Claims = {},
): Verification {
  const at = '2026-06-01T00:00:00Z';
  const rest = { authentic: true, anchors: 'simulator', at, checks: [], claims } as const;
  return { verdict: 'accept', evidence, revocation, ...rest };
}

describe('the keyset', () => {
  it('of a recipe that knows none: nothing', () => {
    expect(keysetNotes({ recipe: 'tinfoil-v2' })).toEqual([]);
  });
});

describe('whose revocation nobody asked about', () => {
  const silent = { ocspUnanswered: ['leaf', 'ca'] };
  const partly = { ...silent, ocsp: [{ subject: 'CN=root ca, O=X', serial: '1' }] };

  it('is said of the CPU and of devices, by how far they were asked', () => {
    const parts = [
      part('tdx', 'checked'),
      part('nvidia-gpu', 'checked'),
      part('nvidia-gpu', 'unchecked', partly),
      part('nvidia-switch', 'unchecked', silent),
      part('nvidia-switch', 'unchecked', silent),
      part('nras', 'unchecked'),
    ];
    expect(revocationNotes(parts)).toEqual([
      'revocation: tdx checked, 1 device checked, 1 device in part (OCSP about some certificates), 2 devices not asked (no OCSP)',
    ]);
  });

  it('where there is nothing to be revoked: nothing', () => {
    expect(revocationNotes([])).toEqual([]);
  });
});
