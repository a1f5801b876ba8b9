import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { Fault } from '../../../src/core/fault.ts';
import type { ServingNode } from '../../../src/gateway/broker/deps.ts';
import { Epochs } from '../../../src/gateway/broker/epochs.ts';

const KIB = 1024;
const SIZES = { each: 8 * KIB, all: 64 * KIB };
const LIFE = 60_000;

/** Nodes whose bundles have so many characters in base64; each answer is counted. */
function bedOf(size: (node: string) => number) {
  const asked: string[] = [];
  const wanted = new Set<number>();
  const get = async (url: URL, _deadline: number, largest: number) => {
    const { hostname } = url;
    asked.push(hostname);
    wanted.add(largest);
    const answer = utf8(JSON.stringify({ checkpoint: 'c', bundle: 'A'.repeat(size(hostname)) }));
    if (answer.length > largest) throw new Fault('malformed', 'endpoint', 'is too long');
    return answer;
  };
  const limits = { epoch: LIFE } as never;
  const epochs = new Epochs(
    { endorse: async (bundle) => bundle, now: () => 0, limits },
    { get },
    SIZES,
  );
  const of = (id: string) =>
    epochs.of({ id, keyset: 'k', endpoint: `http://${id}.example/v1/attest` } as ServingNode);
  const askedAgain = async (id: string) => {
    const before = asked.length;
    await of(id);
    return asked.length > before;
  };
  return { of, askedAgain, asked, wanted };
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `n${n}`);

it('epochs are held up to so many bytes of all together, the newest of them', async () => {
  const { of, askedAgain, wanted } = bedOf(() => 6 * KIB);
  for (const name of names(12)) await of(name);
  // Ten of them are what fits.
  for (const name of names(12).slice(2))
    expect([name, await askedAgain(name)]).toEqual([name, false]);
  for (const name of ['n0', 'n1']) expect([name, await askedAgain(name)]).toEqual([name, true]);
  expect([...wanted]).toEqual([SIZES.each]);
});

it('small epochs are held however many they are', async () => {
  const { of, asked } = bedOf(() => 64);
  for (let n = 0; n < 2; n++) await Promise.all(names(300).map(of));
  expect(asked).toHaveLength(300);
});

it('an epoch that is too long is refused, and asked for again', async () => {
  const { of, asked } = bedOf(() => 9 * KIB);
  for (let n = 0; n < 2; n++) await expect(of('n')).rejects.toMatchObject({ code: 'malformed' });
  expect(asked).toHaveLength(2);
});
