import { beforeAll, expect, it } from 'vitest';
import { type AdmittedMachine, checkAdmission } from '../../src/client/admission.ts';
import { readLogTrust } from '../../src/client/log-trust.ts';
import { fromHex } from '../../src/core/bytes/hex.ts';
import type { Candidate } from '../../src/protocol/session/candidates.ts';
import { SIMULATED_NOW } from '../../src/simulator/tdx/plan.ts';
import { clientBed } from '../support/client/bed.ts';
import { GATEWAY } from '../support/client/gateway.ts';
import { LOG_KEY } from '../support/client/ledger.ts';

let candidate: Candidate;

beforeAll(async () => {
  const { gateway } = await clientBed();
  const answer = await gateway.fetch(`${GATEWAY}/v1/candidates`);
  [candidate] = (await answer.json()).candidates;
}, 120_000);

it('a decision on a simulator’s roots says nothing of a machine that is on the vendors’', () => {
  const trust = readLogTrust({ verifierKey: LOG_KEY });
  if (trust === undefined) throw new Error('a log is named');
  const keysetSha384 = fromHex(candidate.keysetSha384, 'keyset');
  const machine: AdmittedMachine = { keysetSha384, hardware: [], takesOtherRoots: false };
  expect(() => checkAdmission(candidate, trust, machine, SIMULATED_NOW)).toThrow('ledger.anchors');
});
