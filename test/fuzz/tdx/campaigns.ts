import type { Campaign } from '../campaign.ts';
import type { Random } from '../random.ts';
import type { Evidence } from './evidence.ts';
import { COLLATERAL_MUTATORS } from './mutators/collateral.ts';
import { EVENT_LOG_MUTATORS } from './mutators/event-log.ts';
import { QUOTE_MUTATORS } from './mutators/quote.ts';
import { logsOf, type World } from './world.ts';

type Kind = Omit<Campaign<Evidence, World>, 'effort'>;

function honestPair(random: Random, { honest }: World): Evidence {
  const { quotes, collateral } = random.pick(honest);
  return { quote: random.pick(quotes), collateral };
}

export const QUOTE: Kind = {
  name: 'quotes',
  mutators: QUOTE_MUTATORS,
  honest: honestPair,
  against: 'known platform',
};

export const COLLATERAL: Kind = {
  name: 'collateral',
  mutators: COLLATERAL_MUTATORS,
  honest: honestPair,
  against: 'nothing known',
};

export const EVENT_LOG: Kind = {
  name: 'event logs',
  mutators: EVENT_LOG_MUTATORS,
  honest: (random, { honest }) => {
    const platform = random.pick(honest);
    const { quotes, collateral } = platform;
    return { quote: random.pick(quotes), collateral, log: random.pick(logsOf(platform)) };
  },
  against: 'known platform',
};

/** All at once: quote, collateral and log of one input may each be changed. */
export const EVERYTHING: Kind = {
  ...EVENT_LOG,
  name: 'everything',
  mutators: [...QUOTE_MUTATORS, ...COLLATERAL_MUTATORS, ...EVENT_LOG_MUTATORS],
  against: 'nothing known',
};
