import type { Mutator } from '../../mutators/mutator.ts';
import type { Evidence } from '../evidence.ts';
import type { World } from '../world.ts';

export type TdxMutator = Mutator<Evidence, World>;
