import fc from 'fast-check';
import { expect } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { canonicalJson } from '../../src/core/encoding/jcs.ts';
import { parseLeaf, writeLeaf } from '../../src/ledger/leaf/entry.ts';
import { parseExport, writeExport } from '../../src/ledger/record/export.ts';
import { parseManifest } from '../../src/ledger/record/manifest.ts';
import { Replayer } from '../../src/ledger/record/replay.ts';
import { simulateBundle } from '../../src/simulator/bundle/simulate.ts';
import { damaged, fuzz, orRefused } from '../support/fuzz.ts';
import { LEAVES } from '../support/leaves.ts';
import { captured, ENGINE, givenOf, lookup } from '../support/record.ts';
import { asView } from '../support/view.ts';

const machine = await simulateBundle({ fault: 'bundle_cpu_alone' });
const decision = captured(givenOf(machine, { endorsements: machine.published }));
const { entry, manifest } = decision;
const blobOf = lookup(decision);
const exported = writeExport({ index: 7, entry, proof: 'a proof', manifest }, blobOf);
const replayer = new Replayer({ engine: ENGINE });

const small = await simulateBundle({ fault: 'bundle_snp' });
/** With something said wherever something can be asked or allowed. */
const asked = captured(
  givenOf(small, {
    endorsements: { ...small.published, rimMissing: new Map([['x', 'none']]), crlMissing: 'none' },
    expected: { nonce: small.plan.nonce, devices: { gpu: 2 }, purpose: 'client' },
    snp: { minimumTcb: { snp: 1 }, fixes: [], relax: { vmpls: [1], platformInfoBits: [9] } },
    relax: { rimHold: true, opaqueTypes: [99] },
  }),
);
const lookUp = lookup({ blobs: [...decision.blobs, ...asked.blobs] });

type Inner = Record<string, unknown>;

/** Every member or item of a document, by what holds it and its name there. */
function placesIn(value: unknown): (readonly [Inner, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((name) => [
    [value as Inner, name] as const,
    ...placesIn((value as Inner)[name]),
  ]);
}

fuzz(
  'a manifest that says anything anywhere is made again, or says why not, and throws nothing',
  fc.tuple(
    fc.constantFrom(manifest, asked.manifest),
    fc.nat(),
    fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      fc.constantFrom(...decision.blobs.map(({ digest }) => digest)),
      fc.constantFrom('1000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'),
    ),
  ),
  ([document, place, to]) => {
    const value = JSON.parse(fromUtf8(document, 'manifest'));
    const places = placesIn(value);
    const [inner, name] = places[place % places.length] ?? [{}, ''];
    inner[name] = to;
    const { outcome } = replayer.replay(utf8(canonicalJson(value)), lookUp);
    expect(['same', 'different', 'not-replayable']).toContain(outcome);
  },
);

fuzz(
  'a leaf that is read is written in the same bytes',
  damaged(...LEAVES.map(writeLeaf)),
  (bytes) => {
    const leaf = orRefused(() => parseLeaf(bytes));
    if (leaf === undefined) return;
    expect(writeLeaf(leaf)).toEqual(bytes);
    expect(parseLeaf(asView(bytes))).toEqual(leaf);
  },
);

fuzz('a manifest that is read replays or says why not', damaged(manifest), (bytes) => {
  const read = orRefused(() => parseManifest(bytes));
  const replay = replayer.replay(bytes, blobOf);
  if (read === undefined) expect(replay.outcome).toBe('not-replayable');
  else expect(parseManifest(asView(bytes))).toEqual(read);
});

fuzz('an export that is read is written in the same bytes', damaged(exported), (bytes) => {
  const opened = orRefused(() => parseExport(bytes));
  if (opened === undefined) return;
  expect(writeExport(opened, opened.blobOf)).toEqual(bytes);
});

fuzz(
  'what is no document at all is refused',
  damaged(utf8('{}'), utf8('[]'), new Uint8Array(40)),
  (bytes) => {
    for (const parse of [parseLeaf, parseManifest, parseExport]) {
      expect(orRefused(() => parse(bytes))).toBeUndefined();
    }
  },
);
