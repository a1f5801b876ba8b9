import { expect, it } from 'vitest';
import { bundleClocksAt } from '../../../src/appraisal/bundle/input.ts';
import { verifyVtpmOn } from '../../../src/appraisal/vtpm.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { standardKeyset } from '../../../src/simulator/bundle/plan.ts';
import { type SimulatedBundle, simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { azureSnp } from '../../support/azure.ts';
import { verifiedBundle } from '../../support/bundle.ts';
import { expectGoodUntil, kindsOf } from '../../support/until.ts';

const SMALL = { gpus: 2, switches: 0, mode: 'spt' } as const;
const small = await simulateBundle(SMALL);
const NOW = small.at.evidence;

const at = (made: SimulatedBundle) => (now: number) =>
  verifiedBundle(made, made.bundle, { at: bundleClocksAt(now) });

it('holds until the keyset ends, where that comes first', () => {
  expectGoodUntil(at(small), NOW, '2026-06-02T00:00:00Z');
});

it('holds no longer than its parts, whatever the keyset says', async () => {
  const made = await simulateBundle({
    ...SMALL,
    edit: (plan) => {
      const keyset = { ...standardKeyset('postern', NOW), not_after: '2030-01-01T00:00:00Z' };
      plan.keyset = utf8(JSON.stringify(keyset));
    },
  });
  expectGoodUntil(at(made), NOW, '2026-06-19T10:16:03Z');
});

it('rests on what its parts rest on', () => {
  const result = at(small)(NOW);
  const all = result.parts.flatMap(({ endorsements }) => endorsements ?? []);
  expect(result.endorsements).toEqual(expect.arrayContaining(all));
  expect(all).toEqual(expect.arrayContaining([...(result.endorsements ?? [])]));
  const kinds = ['pck-crl', 'qe-identity', 'rim', 'rim', 'root-crl', 'tcb-info'];
  expect(kindsOf(result)).toEqual([...kinds, 'tcb-signing-chain']);
});

it('says nothing of what is no bundle', () => {
  const result = verifiedBundle(small, small.bundle.subarray(1));
  expect(result).not.toHaveProperty('until');
  expect(result.endorsements).toEqual([]);
});

it('a vTPM holds as long as the hardware below it, and rests on the same', async () => {
  const { made, hcl } = await azureSnp();
  const hardware = verifySnp({
    report: made.report,
    ...(made.vek && { vek: made.vek }),
    chain: made.chain,
    at: snpClocksAt(made.at),
    anchors: [anchorFromCertificate(made.root, 'root')],
  });
  const vtpm = verifyVtpmOn(hardware, { hcl, at: made.at });
  expect(vtpm.until).toBe(hardware.until);
  expect(vtpm.until).toMatch(/^20/);
  expect(vtpm.endorsements).toEqual(hardware.endorsements);
  expect(verifyVtpmOn(undefined, { hcl, at: made.at })).not.toHaveProperty('until');
});
