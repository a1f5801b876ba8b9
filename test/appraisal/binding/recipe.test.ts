import { describe, expect, it } from 'vitest';
import { BINDS, NOT_PROVEN } from '../../../src/appraisal/binding/bound.ts';
import { RECIPES } from '../../../src/appraisal/binding/recipe.ts';
import { bindingFrom, GOOD, good } from '../../support/binding.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

/** Members that may be missing. */
const OPTIONAL = new Set(['tag', 'device_evidence']);

it('the recipes are those that are documented', () => {
  expect([...RECIPES].sort()).toEqual(Object.keys(GOOD).sort());
});

describe.each(RECIPES)('%s', (recipe) => {
  const binding = bindingFrom(good(recipe));

  it('says what report data and nonces must be, what it binds and what it leaves open', () => {
    expect(binding.recipe).toBe(recipe);
    expect(binding.reportData).toHaveLength(64);
    expect(binding.deviceNonce?.length ?? 32).toBe(32);
    expect(binding.nonce?.length ?? 32).toBe(32);
    expect(binding.binds.length).toBeGreaterThan(0);
    expect(binding.binds.filter((word) => !(word in BINDS))).toEqual([]);
    expect(binding.notProven.filter((word) => !(word in NOT_PROVEN))).toEqual([]);
    expect(new Set(binding.notProven).size).toBe(binding.notProven.length);
    expect(JSON.parse(JSON.stringify(binding.claims))).toEqual(binding.claims);
  });

  it('has a challenge, or says that nothing shows it to be fresh', () => {
    expect(binding.notProven.includes('freshness')).toBe(binding.nonce === undefined);
  });

  it('ties devices to the CPU in both directions, or says so', () => {
    const committed = binding.binds.includes('device-evidence');
    expect(binding.notProven.includes('device-binding')).toBe(!committed);
    const others = bindingFrom(good(recipe), new TextEncoder().encode('[]'));
    const changed = Buffer.compare(others.reportData, binding.reportData) !== 0;
    expect(changed).toBe(committed);
  });

  it('names no claim like a member of the result', () => {
    const taken = ['recipe', 'purpose', 'nonce', 'deviceNonce', 'binds', 'notProven', 'gpus'];
    const names = Object.keys(binding.claims);
    const later = ['switches', 'freshness', 'model', 'locality'];
    expect(names.filter((name) => [...taken, ...later].includes(name))).toEqual([]);
  });

  it('keeps nothing of the caller’s device evidence', () => {
    const devices = asView(new TextEncoder().encode('[{}]'));
    const before = bindingFrom(good(recipe), devices);
    const snapshot = JSON.stringify([...before.reportData]);
    devices.fill(0);
    expect(JSON.stringify([...before.reportData])).toBe(snapshot);
  });

  it('refuses a member that it does not know', () => {
    const fault = faultOf(() => bindingFrom(good(recipe, { extra: 1 })));
    expect(fault).toMatchObject({ code: 'malformed', at: 'binding' });
    expect(fault.detail).toContain('extra');
  });

  const needed = Object.keys(GOOD[recipe]).filter((name) => !OPTIONAL.has(name));
  it.each(needed)('needs %s, and no other type of it', (name) => {
    for (const value of [undefined, null, 7, true, {}, '']) {
      const fault = faultOf(() => bindingFrom(good(recipe, { [name]: value })));
      expect(fault.code).toBe('malformed');
      expect(fault.at).toMatch(new RegExp(`^binding\\.${name}`));
    }
  });
});

describe('refused', () => {
  it.each([
    { name: 'no recipe', inputs: {}, at: 'binding.recipe' },
    { name: 'a recipe of tomorrow', inputs: { recipe: 'postern-v2' }, at: 'binding.recipe' },
    { name: 'a name of every object', inputs: { recipe: 'constructor' }, at: 'binding.recipe' },
    { name: 'a recipe in other letters', inputs: { recipe: 'Tinfoil-v2' }, at: 'binding.recipe' },
    { name: 'a recipe that is a list', inputs: { recipe: ['tinfoil-v2'] }, at: 'binding.recipe' },
  ])('$name', ({ inputs, at }) => {
    expect(faultOf(() => bindingFrom(inputs))).toMatchObject({ code: 'malformed', at });
  });
});
