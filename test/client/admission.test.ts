import { beforeAll, expect, it } from 'vitest';
import { type AdmittedMachine, checkAdmission } from '../../src/client/admission.ts';
import { readLogTrust } from '../../src/client/log-trust.ts';
import { fromHex } from '../../src/core/bytes/hex.ts';
import type { Candidate } from '../../src/protocol/session/candidates.ts';
import { SIMULATED_NOW } from '../../src/simulator/tdx/plan.ts';
import { type ClientBed, clientBed } from '../support/client/bed.ts';
import { GATEWAY } from '../support/client/gateway.ts';
import { LOG_KEY } from '../support/client/ledger.ts';

let bed: ClientBed;
let candidate: Candidate;

beforeAll(async () => {
  bed = await clientBed();
  const { gateway } = bed;
  const answer = await gateway.fetch(`${GATEWAY}/v1/candidates`);
  [candidate] = (await answer.json()).candidates;
}, 120_000);

function logTrust() {
  const trust = readLogTrust({ verifierKey: LOG_KEY });
  if (trust === undefined) throw new Error('a log is named');
  return trust;
}

it('a decision on a simulator’s roots says nothing of a machine that is on the vendors’', () => {
  const keysetSha384 = fromHex(candidate.keysetSha384, 'keyset');
  const machine: AdmittedMachine = { keysetSha384, hardware: [], takesOtherRoots: false };
  expect(() => checkAdmission(candidate, logTrust(), machine, SIMULATED_NOW)).toThrow(
    'ledger.anchors',
  );
});

it.each([
  ['goes on under the next for the same machine', [{ kind: 'snp-chip-id', id: 'ab' }], undefined],
  ['does not for a machine that nothing tells from others', [], 'ledger.subject'],
] as const)('a keyset that an earlier decision bound %s', async (_, hardware, want) => {
  const { ledger } = bed.gateway;
  const [earlier, inForce] = [
    await ledger.admit(bed.machine, { hardware }),
    await ledger.admit(bed.machine, { hardware }),
  ];
  const [decision, granted] = await ledger.proofs(inForce);
  const bound = (await ledger.proofs(earlier))[2];
  if (!decision || !granted || !bound) throw new Error('three leaves are proven');
  const proposed = { ...candidate, decision: inForce.decision, proofs: [decision, granted, bound] };
  const keysetSha384 = fromHex(candidate.keysetSha384, 'keyset');
  const machine = { keysetSha384, hardware, takesOtherRoots: true };
  const check = () => checkAdmission(proposed, logTrust(), machine, SIMULATED_NOW);
  if (want === undefined) expect(check().view.decision).toBe(inForce.decision);
  else expect(check).toThrow(want);
});
