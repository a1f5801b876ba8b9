import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { parseManifest } from '../../../src/ledger/record/manifest.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { faultOf } from '../../support/fault-of.ts';
import { captured, givenOf, rewritten } from '../../support/record.ts';
import { asView } from '../../support/view.ts';

const machine = await simulateBundle({ gpus: 1, switches: 0, mode: 'spt' });
const decision = captured(
  givenOf(machine, {
    endorsements: machine.published,
    expected: { devices: { gpu: 1 } },
    tdx: { minEvaluationDataNumber: 2 },
  }),
);
const text = fromUtf8(decision.manifest, 'manifest');

it('a manifest names all that it needs, and itself not', () => {
  const { blobs, digest, id } = parseManifest(asView(decision.manifest));
  expect(blobs).toEqual(decision.blobs.map((blob) => blob.digest));
  expect(blobs).not.toContain(digest);
  expect([digest, id]).toEqual([decision.record, decision.leaf.id]);
  expect(new Set(blobs).size).toBe(blobs.length);
});

it('what was captured does not change with the caller’s buffer', () => {
  const given = givenOf(machine);
  const bundle = given.bundle.slice();
  const one = captured({ ...given, bundle });
  bundle.fill(0);
  expect(one.blobs).toEqual(captured(given).blobs);
});

describe('parseManifest refuses', () => {
  const first = /^\{("anchors":.*),("engine":"[^"]*"),/;
  const replaced = (from: string | RegExp, to: string) => {
    const other = text.replace(from, to);
    expect(other).not.toBe(text);
    return other;
  };
  it.each([
    {
      name: 'members out of order',
      file: replaced(first, '{$2,$1,'),
      says: 'manifest: not in the canonical form',
    },
    {
      name: 'a member twice',
      file: replaced('"v":1', '"v":1,"v":1'),
      says: 'manifest: duplicate member "v"',
    },
    {
      name: 'a member twice, far inside',
      file: replaced('"gpu":1', '"gpu":1,"gpu":1'),
      says: 'duplicate member "gpu"',
    },
    {
      name: 'a float that is whole',
      file: replaced('"gpu":1', '"gpu":1.0'),
      says: 'manifest: not in the canonical form',
    },
    {
      name: 'a float',
      file: replaced('"gpu":1', '"gpu":1.5'),
      says: 'manifest.input.expected.devices.gpu: want a whole number',
    },
    {
      name: 'a number below zero',
      file: replaced('"gpu":1', '"gpu":-1'),
      says: 'manifest.input.expected.devices.gpu: want a whole number',
    },
    {
      name: 'a number that is not exact',
      file: replaced('Number":2', 'Number":9007199254740993'),
      says: 'manifest: not in the canonical form',
    },
    {
      name: 'a number that no integer of ours is',
      file: replaced('Number":2', 'Number":9007199254740992'),
      says: 'manifest.input.tdx.minEvaluationDataNumber: want',
    },
    { name: 'white space', file: `${text} `, says: 'manifest: not in the canonical form' },
    { name: 'a mark of the byte order', file: `\ufeff${text}`, says: 'manifest: ' },
    {
      name: 'an unknown member',
      file: replaced('"v":1', '"v":1,"w":1'),
      says: 'manifest: unknown member "w"',
    },
    {
      name: 'an unknown member of the clocks',
      file: replaced('"at":{', '"at":{"a":1,'),
      says: 'manifest.input.at: unknown member "a"',
    },
    { name: 'another version', file: replaced('"v":1', '"v":2'), says: 'manifest.v: want 1' },
    {
      name: 'another type',
      file: replaced('"type":"decision"', '"type":"admission"'),
      says: 'manifest.type: want decision',
    },
    {
      name: 'a short salt',
      file: replaced(/"salt":"../, '"salt":"'),
      says: 'manifest.salt: want 32 bytes in lower-case hex',
    },
    {
      name: 'a salt in capitals',
      file: replaced(/"salt":"5a/, '"salt":"5A'),
      says: 'manifest.salt: want 32 bytes in lower-case hex',
    },
    {
      name: 'a digest in capitals',
      file: replaced(/"bundle":"sha256:[0-9a-f]{6}/, '"bundle":"sha256:ABCDEF'),
      says: 'manifest.input.bundle: want sha256:',
    },
    {
      name: 'a code that passed twice',
      file: replaced('"codes":[]', '"codes":["a.b","a.b"]'),
      says: 'manifest.result.codes: want each once, sorted',
    },
    {
      name: 'an anchor of an unknown kind',
      file: replaced('"kind":"simulator"', '"kind":"vendor"'),
      says: 'manifest.anchors.nvidia.device[0].kind: want custom, simulator',
    },
    { name: 'nothing', file: '', says: 'manifest: nothing is in it: want a value' },
  ])('$name', ({ file, says }) => {
    const fault = faultOf(() => parseManifest(utf8(file)));
    expect(fault.code).toBe('malformed');
    expect(fault.message).toContain(says);
  });

  it('identities out of order', () => {
    const bytes = rewritten(decision.manifest, (value) => {
      value['subject'] = (value['subject'] as unknown[]).toReversed() as never;
      return value;
    });
    expect(faultOf(() => parseManifest(bytes)).message).toBe(
      'manifest.subject: want each once, sorted by kind and id',
    );
  });

  it('more bytes than a manifest may have', () => {
    const large = new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20);
    expect(faultOf(() => parseManifest(large)).message).toBe('manifest: larger than 4194304 bytes');
  });
});
