import { expect, it } from 'vitest';
import { effort, LONG, SEED } from '../effort.ts';
import { attackMemory } from '../memory.ts';
import { alike } from './memory.ts';
import { createWorld } from './world.ts';

it(`what is remembered never changes an answer (seed ${SEED})`, () => {
  const { asked, accepted } = attackMemory(alike(createWorld()), effort(LONG.nvidiaMemory));
  expect(asked).toBeGreaterThanOrEqual(LONG.nvidiaMemory.inputs);
  expect(accepted).toBeGreaterThan(3);
});
