import { expect, it } from 'vitest';
import { effort, LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { attackMemory } from '../memory.ts';
import { EVERYTHING } from './campaigns.ts';
import { pairsOf } from './memory.ts';
import { tdxSubject } from './subject.ts';
import { createWorld } from './world.ts';

it('the long campaigns try 200,000 inputs at least', () => {
  const { quote, collateral, eventLog } = LONG;
  expect(quote.inputs + collateral.inputs + eventLog.inputs).toBeGreaterThanOrEqual(200_000);
});

it(`quote, collateral and log changed together (seed ${SEED})`, async () => {
  const { inputs } = longCampaign(EVERYTHING, await tdxSubject(), LONG.everything);
  expect(inputs).toBeGreaterThanOrEqual(LONG.everything.inputs);
});

it(`what is remembered never changes an answer (seed ${SEED})`, async () => {
  const { asked, accepted } = attackMemory(pairsOf(await createWorld()), effort(LONG.memory));
  expect(asked).toBeGreaterThanOrEqual(LONG.memory.inputs);
  expect(accepted).toBeGreaterThan(3);
});
