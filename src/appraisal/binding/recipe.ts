import type { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import type { Bound } from './bound.ts';
import { azureRuntimeData } from './recipes/azure.ts';
import { chutesInstance, chutesValidator } from './recipes/chutes.ts';
import { dstackAppData, dstackRaTls } from './recipes/dstack.ts';
import { liumSshV1, liumSshV2 } from './recipes/lium.ts';
import { posternV1 } from './recipes/postern.ts';
import { tinfoilV2, tinfoilV3 } from './recipes/tinfoil.ts';

/**
 * @param inputs the recipe's own, attacker-controlled.
 * @param deviceEvidence exact bytes; empty when there is none.
 */
type Recipe = (inputs: JsonShape, deviceEvidence: Uint8Array) => Bound;

const TABLE = {
  'postern-v1': posternV1,
  'chutes-validator': chutesValidator,
  'chutes-instance': chutesInstance,
  'lium-ssh-v1': liumSshV1,
  'lium-ssh-v2': liumSshV2,
  'dstack-app-data': dstackAppData,
  'dstack-ra-tls': dstackRaTls,
  'tinfoil-v2': tinfoilV2,
  'tinfoil-v3': tinfoilV3,
  'azure-runtime-data': azureRuntimeData,
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof TABLE;

/** Every way that is known here to bring keys and challenge into REPORT_DATA. */
export const RECIPES: readonly RecipeName[] = Object.keys(TABLE) as RecipeName[];

/** What evidence must commit to, by the recipe that it names. */
export interface Binding extends Bound {
  readonly recipe: RecipeName;
}

/**
 * What the CPU's report data and the devices' nonces must be, from a recipe by name and its
 * inputs: `{ "recipe": "postern-v1", … }`.
 *
 * The sender names the recipe, and recipes without a label of their own can be made to meet:
 * `tinfoil-v2` takes any 64 bytes for two keys, and the nonce of `chutes-validator` can be the
 * hash of a `chutes-instance`. Who relies on the keys of one says which one is wanted.
 *
 * @param source not trusted, like everything that comes with the evidence.
 * @param deviceEvidence exact bytes; empty when there is none.
 * @throws Fault `malformed` or `unsupported` at the member.
 */
export function bindingOf(source: JsonShape, deviceEvidence: Uint8Array): Binding {
  const name = source.string('recipe');
  const recipe = RECIPES.find((known) => known === name);
  if (recipe === undefined) {
    const got = JSON.stringify(name);
    throw malformed(`${source.path}.recipe`, `want ${RECIPES.join(', ')}, got ${got}`);
  }
  return { recipe, ...TABLE[recipe](source, deviceEvidence) };
}
