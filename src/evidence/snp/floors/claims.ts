import type { Claims } from '../../verification.ts';
import type { ProductLine } from '../product.ts';
import { FLOORS_AS_OF } from './bulletins.ts';
import type { BulletinState } from './judge.ts';
import { weaknessesOf } from './weaknesses.ts';

/** How the TCB stands to AMD's bulletins, and what no TCB answers. */
export function floorClaims(line: ProductLine, states: readonly BulletinState[]): Claims {
  return {
    floorsAsOf: FLOORS_AS_OF,
    bulletins: states.map(({ id, state, because, also }) => ({ id, state, because, also })),
    knownWeaknesses: weaknessesOf(line).map(({ id, title, says }) => ({ id, title, says })),
  };
}

/**
 * For people: what is lacking, what AMD took back, and what no TCB answers. The weaknesses of
 * this line alone are told in full, those that every product shares by their names.
 */
export function floorNotes(line: ProductLine, states: readonly BulletinState[]): readonly string[] {
  const telling = states.filter(({ state }) => state === 'below' || state === 'withdrawn');
  const weaknesses = weaknessesOf(line);
  const own = weaknesses.filter(({ lines }) => lines.length === 1);
  const shared = weaknesses.filter((weakness) => !own.includes(weakness));
  return [
    ...telling.map(({ title, because, also }) => [`${because} (${title})`, ...also].join('; ')),
    ...own.map(({ id, title, says }) => `${id}, ${title}: ${says}`),
    `no report of any product shows, and no TCB answers: ${shared.map(({ title }) => title).join('; ')} (snp floors tells of each)`,
  ];
}
