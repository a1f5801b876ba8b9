import { expect, it } from 'vitest';
import { effort, LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { attackMemory } from '../memory.ts';
import { EVERYTHING } from './campaigns.ts';
import { alike } from './memory.ts';
import { snpSubject } from './subject.ts';
import { createWorld } from './world.ts';

it(`report, table, certificates and list changed together (seed ${SEED})`, () => {
  const { inputs } = longCampaign(EVERYTHING, snpSubject(), LONG.snpEverything, 5);
  expect(inputs).toBeGreaterThanOrEqual(LONG.snpEverything.inputs);
});

it(`what is remembered of certificates never changes an answer (seed ${SEED})`, () => {
  const { asked, accepted } = attackMemory(alike(createWorld()), effort(LONG.snpMemory));
  expect(asked).toBeGreaterThanOrEqual(LONG.snpMemory.inputs);
  expect(accepted).toBeGreaterThan(3);
});
