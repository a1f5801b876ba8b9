import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/appraisal/policy/signing/canonical-document.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import type { CapturedDecision } from '../../../src/ledger/record/capture.ts';
import { checkRecord } from '../../../src/ledger/record/check-record.ts';
import { parseExport, writeExport } from '../../../src/ledger/record/export.ts';
import { replayDecision } from '../../../src/ledger/record/replay.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { faultOf } from '../../support/fault-of.ts';
import { captured, ENGINE, givenOf, lookup, rewritten } from '../../support/record.ts';
import { asView } from '../../support/view.ts';

const PROOF = 'c2sp.org/tlog-proof@v1\nindex 7\n…\n';

const machine = await simulateBundle({ fault: 'bundle_cpu_alone' });
const decision = captured(givenOf(machine, { endorsements: machine.published }));
const other = captured(givenOf(machine), undefined, { id: 'f'.repeat(32) });
const file = exported(decision);

function exported({ entry, manifest, blobs }: CapturedDecision): Uint8Array {
  return writeExport({ index: 7, entry, proof: PROOF, manifest }, lookup({ blobs }));
}

it('a decision in a file is the same decision anywhere', () => {
  const opened = parseExport(asView(file));
  const { index, entry, proof, manifest, leaf, record, blobOf } = opened;
  expect({ index, entry, proof, manifest }).toEqual({
    index: 7,
    entry: decision.entry,
    proof: PROOF,
    manifest: decision.manifest,
  });
  expect(leaf).toEqual(decision.leaf);
  expect(checkRecord(leaf, record)).toEqual([]);
  expect(replayDecision(record, blobOf, { engine: ENGINE })).toMatchObject({ outcome: 'same' });
  expect(writeExport(opened, blobOf)).toEqual(file);
});

it('pieces of every length come back as they are', () => {
  const { blobOf, record } = parseExport(file);
  expect(record.blobs.map((digest) => blobOf(digest))).toEqual(
    decision.blobs.map(({ bytes }) => bytes),
  );
  expect(decision.blobs.some(({ bytes }) => bytes.length % 3 === 1)).toBe(true);
});

describe('writeExport refuses', () => {
  it('to leave out what is not archived any more', () => {
    const { entry, manifest, blobs } = decision;
    const [first] = blobs;
    const act = () =>
      writeExport({ index: 7, entry, proof: PROOF, manifest }, lookup({ blobs: blobs.slice(1) }));
    expect(faultOf(act)).toMatchObject({ code: 'unreachable', at: first?.digest });
  });

  it('bytes of another digest', () => {
    const { entry, manifest } = decision;
    const act = () =>
      writeExport({ index: 7, entry, proof: PROOF, manifest }, () => new Uint8Array(3));
    expect(faultOf(act).code).toBe('malformed');
  });

  it.each([
    { name: 'no proof', change: { proof: '' }, at: 'export.proof' },
    { name: 'half a surrogate pair', change: { proof: '\ud800' }, at: 'export.proof' },
    { name: 'no index', change: { index: -1 }, at: 'export.index' },
  ])('$name', ({ change, at }) => {
    const { entry, manifest } = decision;
    const act = () =>
      writeExport({ index: 7, entry, proof: PROOF, manifest, ...change }, lookup(decision));
    expect(faultOf(act)).toMatchObject({ code: 'usage', at });
  });
});

describe('parseExport refuses', () => {
  type Members = Record<string, unknown>;
  const edits: readonly { name: string; edit: (value: Members) => void; at: string }[] = [
    {
      name: 'an unknown member',
      edit: (v) => {
        v['more'] = 1;
      },
      at: 'export',
    },
    {
      name: 'another version',
      edit: (v) => {
        v['v'] = 2;
      },
      at: 'export.v',
    },
    {
      name: 'an index that is no whole number',
      edit: (v) => {
        v['index'] = 1.5;
      },
      at: 'export.index',
    },
    {
      name: 'no proof',
      edit: (v) => {
        v['proof'] = '';
      },
      at: 'export.proof',
    },
    {
      name: 'a leaf that is none',
      edit: (v) => {
        v['leaf'] = 'AAAA';
      },
      at: 'leaf',
    },
    {
      name: 'a leaf of another record',
      edit: (v) => {
        v['leaf'] = toBase64(other.entry);
      },
      at: 'export.manifest',
    },
    {
      name: 'the manifest of another record',
      edit: (v) => {
        v['manifest'] = toBase64(other.manifest);
      },
      at: 'export.manifest',
    },
    {
      name: 'a manifest that is none',
      edit: (v) => {
        v['manifest'] = '';
      },
      at: 'manifest',
    },
    {
      name: 'bytes that are no base64',
      edit: (v) => {
        v['manifest'] = '!';
      },
      at: 'export.manifest',
    },
    {
      name: 'a blob less',
      edit: (v) => {
        delete blobsOf(v)[decision.blobs[0]?.digest ?? ''];
      },
      at: 'export.blobs',
    },
    {
      name: 'a blob more',
      edit: (v) => {
        blobsOf(v)[digestOf(new Uint8Array(5))] = toBase64(new Uint8Array(5));
      },
      at: 'export.blobs',
    },
    {
      name: 'a blob of another digest',
      edit: (v) => {
        blobsOf(v)[decision.blobs[0]?.digest ?? ''] = 'AAAA';
      },
      at: 'export.blobs.sha256:',
    },
  ];
  const blobsOf = (value: Members) => value['blobs'] as Record<string, string>;

  it.each(edits)('$name', ({ edit, at }) => {
    const bytes = rewritten(file, (value) => {
      edit(value);
      return value;
    });
    const fault = faultOf(() => parseExport(bytes));
    expect(fault.code).toBe('malformed');
    expect(fault.at.startsWith(at)).toBe(true);
  });

  it('another text of the same value', () => {
    const text = new TextDecoder().decode(file);
    for (const same of [`${text}\n`, text.replace('"index":7', '"index":7.0')]) {
      expect(faultOf(() => parseExport(new TextEncoder().encode(same))).at).toBe('export');
    }
  });
});
