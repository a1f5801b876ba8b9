import type { Campaign } from '../campaign.ts';
import { VTPM_MUTATORS } from './mutators.ts';
import type { Evidence, World } from './world.ts';

export const VTPM: Omit<Campaign<Evidence, World>, 'effort'> = {
  name: 'vTPM evidence',
  mutators: VTPM_MUTATORS,
  honest: (random, { honest }) => random.pick(honest),
  against: 'nothing known',
};
