import { beforeAll, describe, expect, it } from 'vitest';
import type { Appraisal } from '../../../src/appraisal/appraise/appraisal.ts';
import type { BundleVerification } from '../../../src/appraisal/bundle/verifier.ts';
import { hardwareNames } from '../../../src/gateway/fleet/hardware-name.ts';
import { type Facts, judge } from '../../../src/gateway/fleet/outcome.ts';
import { hardwareIds } from '../../../src/ledger/record/outcome.ts';
import { challenged, decided, wholeMachine } from '../../support/policy.ts';

const KEY = new Uint8Array(32).fill(3);
const node = {
  id: 'a'.repeat(32),
  declared: { cpu: 'tdx', gpus: 2, switches: 4 },
  hardware: [] as readonly string[],
} as const;

let verified: BundleVerification;
let appraisal: Appraisal;
let facts: Facts;
let now: number;

beforeAll(async () => {
  const machine = await wholeMachine();
  verified = challenged(machine);
  appraisal = decided(verified);
  now = Date.parse(appraisal.at);
  facts = {
    appraisal,
    verified,
    hardware: hardwareNames(KEY, hardwareIds(verified)),
    owners: new Map(),
    evidenceAt: now - 1000,
    resultTtl: 900_000,
    identity: 'required',
  };
});

function codes(outcome: ReturnType<typeof judge>): readonly string[] {
  return outcome.is === 'admitted' ? [] : outcome.reasons.map(({ code }) => code);
}

describe('an accepted machine', () => {
  it('is admitted for as long as its evidence counts', () => {
    expect(appraisal.verdict).toBe('accept');
    expect(judge(node, facts, now)).toEqual({ is: 'admitted', until: now - 1000 + 900_000 });
  });

  it('is admitted no longer than the earliest thing it rests on', () => {
    const long = { ...facts, resultTtl: 10 * 365 * 86_400_000 };
    const outcome = judge(node, long, now);
    expect(outcome).toEqual({ is: 'admitted', until: Date.parse(appraisal.until ?? '') });
  });

  it('is left open once that has run out', () => {
    const late = { ...facts, evidenceAt: now - facts.resultTtl };
    expect(judge(node, late, now)).toMatchObject({ is: 'open' });
    expect(codes(judge(node, late, now))).toEqual(['fleet.lifetime']);
  });

  it('has two CPU identities and one of each device', () => {
    expect(facts.hardware).toHaveLength(2 + 2 + 4);
  });

  it('is admitted again with the same hardware', () => {
    expect(judge({ ...node, hardware: facts.hardware }, facts, now).is).toBe('admitted');
  });
});

describe('an accepted machine that is not this node’s', () => {
  it('is refused where another node has any of its hardware', () => {
    const [one = ''] = facts.hardware;
    const owners = new Map([[one, 'b'.repeat(32)]]);
    expect(judge(node, { ...facts, owners }, now)).toMatchObject({
      is: 'refused',
      misbehaviour: 'hardware.shared',
      reasons: [{ code: 'fleet.hardware.taken', outcome: 'fail' }],
    });
  });

  it('is not refused for what is its own', () => {
    const owners = new Map(facts.hardware.map((name) => [name, node.id]));
    expect(judge(node, { ...facts, owners }, now).is).toBe('admitted');
  });

  it.each([
    ['less of it', (all: readonly string[]) => [...all, 'f'.repeat(64)]],
    ['more of it', (all: readonly string[]) => all.slice(1)],
    ['some of it exchanged', (all: readonly string[]) => [...all.slice(1), 'f'.repeat(64)]],
  ])('is refused with %s than it was accepted with', (_what, edit) => {
    const before = { ...node, hardware: edit(facts.hardware) };
    const outcome = judge(before, facts, now);
    expect(codes(outcome)).toEqual(['fleet.hardware.changed']);
  });

  it('is refused where nothing says which machine it is, unless that may be', () => {
    const masked = { ...facts, hardware: [] };
    expect(codes(judge(node, masked, now))).toEqual(['fleet.hardware.unknown']);
    expect(judge(node, { ...masked, identity: 'where-shown' }, now).is).toBe('admitted');
  });

  it('is not let in without hardware once it was accepted with some', () => {
    const masked = { ...facts, hardware: [], identity: 'where-shown' as const };
    const before = { ...node, hardware: facts.hardware };
    expect(codes(judge(before, masked, now))).toEqual(['fleet.hardware.changed']);
  });

  it.each([
    ['fleet.inventory.cpu', { cpu: 'snp' as const }],
    ['fleet.inventory.gpus', { gpus: 8 }],
    ['fleet.inventory.gpus', { gpus: 0 }],
    ['fleet.inventory.switches', { switches: 0 }],
  ])('is refused by %s where it declared otherwise', (code, declared) => {
    const liar = { ...node, declared: { ...node.declared, ...declared } };
    expect(codes(judge(liar, facts, now))).toEqual([code]);
  });
});

describe('what the verdict decides', () => {
  it('of an indeterminate one nothing is said against the machine', () => {
    const open = { ...facts, appraisal: { ...appraisal, verdict: 'indeterminate' as const } };
    expect(judge(node, open, now)).toEqual({ is: 'open', reasons: appraisal.reasons });
  });

  it('a reject stands, whatever the rules say', () => {
    const rejected = { ...facts, appraisal: { ...appraisal, verdict: 'reject' as const } };
    expect(judge(node, rejected, now)).toEqual({ is: 'refused', reasons: appraisal.reasons });
  });

  it.each([
    ['bundle.nonce', 'evidence.replayed'],
    ['bundle.purpose', 'evidence.replayed'],
    ['bundle.binding.report_data', 'evidence.unbound'],
    ['tdx.quote.signature', 'evidence.forged'],
    ['nvidia.report.signature', 'evidence.forged'],
  ] as const)('a failed %s is misbehaviour: %s', (id, what) => {
    const check = { id, path: 'x', outcome: 'fail', want: 'a', got: 'b' } as const;
    const bad = { ...appraisal, verdict: 'reject' as const, checks: [check], parts: [] };
    expect(judge(node, { ...facts, appraisal: bad }, now)).toMatchObject({ misbehaviour: what });
  });

  it('that something is wrong with endorsements accuses nobody', () => {
    const check = { id: 'tdx.tcb_info.signature', path: 'x', outcome: 'fail', want: 'a', got: 'b' };
    const bad = { ...appraisal, verdict: 'reject' as const, checks: [check as never], parts: [] };
    expect(judge(node, { ...facts, appraisal: bad }, now)).not.toHaveProperty('misbehaviour');
  });
});

it('hardware is named by key, kind and id; zeros name nobody', () => {
  const ids = [
    { kind: 'snp-chip-id', id: 'ab'.repeat(64) },
    { kind: 'tdx-ppid', id: 'ab'.repeat(16) },
    { kind: 'snp-chip-id', id: '00'.repeat(64) },
  ] as const;
  const names = hardwareNames(KEY, ids);
  expect(names).toHaveLength(2);
  expect(hardwareNames(KEY, [...ids].reverse())).toEqual(names);
  expect(hardwareNames(new Uint8Array(32), ids)).not.toEqual(names);
  expect(hardwareNames(KEY, [{ kind: 'tdx-ppid', id: 'ab'.repeat(64) }])).not.toContain(names[0]);
});
