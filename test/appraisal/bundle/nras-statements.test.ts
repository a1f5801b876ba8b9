import { expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { type SimulatedBundle, simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { edited, idsOf, verifiedBundle } from '../../support/bundle.ts';
import { gpu, jwks, KEY, NONCE, nvSwitch, statement } from '../../support/nras.ts';

const keys = jwks(KEY.jwk);
/** In date whenever a bundle was made. */
const ALWAYS = { iat: 0, nbf: 0, exp: 8e9 };

/** With a statement about its GPUs and one about its switches. */
function spoken(made: SimulatedBundle, nonce: string): Uint8Array {
  const { parts } = verifiedBundle(made);
  const members = { ...ALWAYS, eat_nonce: nonce };
  const nras = (['nvidia-gpu', 'nvidia-switch'] as const).map((kind) => {
    const of = kind === 'nvidia-gpu' ? gpu : nvSwitch;
    const mine = parts.filter(({ evidence }) => evidence === kind);
    const devices = Object.fromEntries(
      mine.map(({ claims }, i) => [`DEVICE-${i}`, of(`${claims['ueid']}`, members)]),
    );
    return { eat: toBase64(statement({ overall: members, devices })) };
  });
  return edited(made.bundle, (document) => ({ ...document, statements: { nras } }));
}

const made = await simulateBundle({ fault: 'bundle' });
const derived = `${verifiedBundle(made).parts.find(({ evidence }) => evidence === 'nvidia-gpu')?.claims['nonce']}`;

it('statements about GPUs and switches stand behind the machine', () => {
  const result = verifiedBundle(made, spoken(made, derived), { nrasKeys: keys });
  expect([...idsOf(result, 'fail'), ...idsOf(result, 'unresolved')]).toEqual([]);
  expect(result).toMatchObject({ verdict: 'accept', authentic: true });
  expect(result.parts.slice(-2)).toMatchObject([
    { evidence: 'nras', verdict: 'accept', claims: { covers: '8 of 12', freshness: 'checked' } },
    { evidence: 'nras', verdict: 'accept', claims: { covers: '4 of 12', freshness: 'checked' } },
  ]);
});

it('one that answers another nonce than the recipe derives rejects the whole', () => {
  const result = verifiedBundle(made, spoken(made, toHex(NONCE)), { nrasKeys: keys });
  expect(result.verdict).toBe('reject');
  expect(idsOf(result, 'fail')).toEqual(['nvidia.topology.statement']);
  expect(idsOf(result.parts.at(-1) ?? result, 'fail')).toEqual(['nras.eat.nonce']);
});

it.each([
  ['the nonce that the caller names', derived, []],
  ['another', toHex(NONCE), ['nvidia.topology.statement']],
] as const)('beside a recipe that derives none, one that answers %s', (_, nonce, fails) => {
  const binding = { recipe: 'dstack-app-data', content: toBase64(NONCE) };
  const file = edited(spoken(made, nonce), (document) => ({ ...document, binding }));
  const questions = { deviceNonce: fromHex(derived, 'nonce') };
  const result = verifiedBundle({ ...made, questions }, file, { nrasKeys: keys });
  expect(idsOf(result, 'fail')).toEqual(['bundle.binding.report_data', ...fails]);
});

it('without the caller’s keys it is open: keys that a machine brings along prove nothing', () => {
  const file = spoken(made, derived);
  const open = verifiedBundle(made, file);
  expect(open.verdict).toBe('accept');
  expect(open.parts.at(-1)).toMatchObject({ verdict: 'indeterminate', authentic: false });
  const brought = edited(file, (document) => ({
    ...document,
    statements: { nras: [{ eat: 'W10=', jwks: toBase64(keys) }] },
  }));
  expect(verifiedBundle(made, brought).checks).toContainEqual(
    expect.objectContaining({ id: 'bundle.format', outcome: 'fail' }),
  );
});
