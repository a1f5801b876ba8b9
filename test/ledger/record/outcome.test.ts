import { describe, expect, it } from 'vitest';
import type { BundleVerification } from '../../../src/appraisal/bundle/verifier.ts';
import { hardwareIds, recordedResult } from '../../../src/ledger/record/outcome.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { verifiedBundle } from '../../support/bundle.ts';

const verified = verifiedBundle(await simulateBundle());

/** The same with other serial numbers of its devices. */
function named(...ueids: readonly string[]): BundleVerification {
  const devices = verified.pieces.devices.slice(0, ueids.length).map((device, i) => {
    const { identity } = device;
    if (identity === undefined) throw new Error('a device without identity');
    return { ...device, identity: { ...identity, ueid: ueids[i] ?? '' } };
  });
  return { ...verified, pieces: { ...verified.pieces, cpu: undefined, devices } };
}

describe('the identities of hardware', () => {
  it('are sorted, and each there once', () => {
    expect(hardwareIds(named('9', '10', '9'))).toEqual([
      { kind: 'nvidia-ueid', id: '10' },
      { kind: 'nvidia-ueid', id: '9' },
    ]);
  });

  it('are no longer than a serial number may be: a forger chooses what he signs', () => {
    const longest = `${2n ** 160n - 1n}`;
    expect(hardwareIds(named(longest, `${longest}0`))).toEqual([
      { kind: 'nvidia-ueid', id: longest },
    ]);
  });

  it('are not zeros, which every report of a masked chip has', () => {
    const chip = (byte: number) => ({
      cpu: { evidence: 'snp' as const, report: { chipId: new Uint8Array(64).fill(byte) } },
      devices: [],
    });
    expect(hardwareIds({ pieces: chip(0) })).toEqual([]);
    expect(hardwareIds({ pieces: chip(1) })).toEqual([
      { kind: 'snp-chip-id', id: '01'.repeat(64) },
    ]);
  });

  it('are none where nothing could be read', () => {
    expect(hardwareIds(named())).toEqual([]);
  });
});

it('codes are of all parts, each once, sorted, and never of what was skipped', () => {
  const check = (id: string, outcome: string) =>
    ({ id, outcome, path: 'p', because: 'b', want: 'w', got: 'g' }) as never;
  const part = (...checks: never[]) => ({ ...verified, parts: [], checks });
  const result = {
    ...verified,
    checks: [check('b.x', 'fail'), check('a.x', 'pass'), check('d.x', 'skipped')],
    parts: [
      part(check('c.x', 'unresolved'), check('b.x', 'unresolved')),
      { ...part(check('a.y', 'fail')), parts: [part(check('a.deep', 'fail'))] },
    ],
  };
  expect(recordedResult(result).codes).toEqual(['a.deep', 'a.y', 'b.x', 'c.x']);
});
