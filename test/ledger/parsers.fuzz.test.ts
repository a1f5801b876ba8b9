import { expect } from 'vitest';
import { utf8 } from '../../src/core/bytes/text.ts';
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
