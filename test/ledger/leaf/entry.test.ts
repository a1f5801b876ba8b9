import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import { parseDecisionLeaf, parseLeaf, writeLeaf } from '../../../src/ledger/leaf/entry.ts';
import type { Leaf, LeafType } from '../../../src/ledger/leaf/leaf.ts';
import { faultOf } from '../../support/fault-of.ts';
import { LEAVES, leafOf } from '../../support/leaves.ts';
import { asView } from '../../support/view.ts';

type Members = Record<string, unknown>;

const textOf = (leaf: Leaf) => fromUtf8(writeLeaf(leaf), 'leaf');

/** Canonical JSON of a leaf after an edit. */
function edited(type: LeafType, edit: (members: Members) => void): Uint8Array {
  const value = JSON.parse(textOf(leafOf(type))) as Members;
  edit(value);
  return utf8(canonicalJson(value as never));
}

describe('a leaf of each type', () => {
  it.each(LEAVES)('$type is written and read', (leaf) => {
    const bytes = writeLeaf(leaf);
    expect(parseLeaf(bytes)).toEqual(leaf);
    expect(writeLeaf(parseLeaf(bytes))).toEqual(bytes);
    expect(parseLeaf(asView(bytes))).toEqual(leaf);
  });

  it.each(LEAVES)('$type has a member less, and is refused', (leaf) => {
    const mayLack = leaf.type === 'decision' ? ['ear'] : [];
    for (const name of Object.keys(leaf)) {
      const bytes = edited(leaf.type, (members) => delete members[name]);
      if (mayLack.includes(name)) expect(parseLeaf(bytes)).not.toHaveProperty(name);
      else expect(faultOf(() => parseLeaf(bytes)).at).toBe(`leaf.${name}`);
    }
  });

  it.each(LEAVES)('$type has a member that is not known, and is refused', ({ type }) => {
    const bytes = edited(type, (members) => {
      members['chipId'] = '00';
    });
    expect(faultOf(() => parseLeaf(bytes)).message).toBe('leaf: unknown member "chipId"');
  });

  it.each(LEAVES)('$type has a member of another type, and is refused', (leaf) => {
    for (const name of Object.keys(leaf)) {
      for (const wrong of [-1, 1.5, [], {}, 'x\u202ey', Number.MAX_SAFE_INTEGER]) {
        const bytes = edited(leaf.type, (members) => {
          members[name] = wrong;
        });
        // A list of codes or kinds that is empty is a list.
        if (Array.isArray(wrong) && ['codes', 'kinds'].includes(name)) continue;
        expect(faultOf(() => parseLeaf(bytes)).at).toMatch(`leaf.${name}`);
      }
    }
  });
});

it('the text of a decision is pinned', () => {
  expect(textOf(leafOf('decision'))).toBe(
    '{"anchors":"vendor","at":"2026-06-01T11:59:58.005Z","authentic":true,"codes":["bundle.nonce","tdx.tcb.status"],' +
      `"ear":"sha256:${'ab'.repeat(32)}","engine":"postern/0.1.0",` +
      '"id":"00112233445566778899aabbccddeeff",' +
      `"policy":{"digest":"sha256:${'ab'.repeat(32)}","name":"gpu-nodes","revision":7},` +
      `"record":"sha256:${'ab'.repeat(32)}","subject":"hmac-sha256:${'cd'.repeat(32)}",` +
      '"time":"2026-06-01T12:00:00.005Z","type":"decision","v":1,"verdict":"reject"}',
  );
});

describe('parseLeaf refuses', () => {
  const good = textOf(leafOf('decision'));
  const at = (text: string) => faultOf(() => parseLeaf(utf8(text))).message;

  it.each([
    { name: 'nothing', text: '', says: 'leaf: nothing is in it: want a value' },
    { name: 'white space', text: `${good}\n`, says: 'leaf: not in the canonical form' },
    {
      name: 'members out of order',
      text: `{"v":1,${good.slice(1).replace(',"v":1', '')}`,
      says: 'leaf: not in the canonical form',
    },
    {
      name: 'a member twice',
      text: good.replace('"v":1', '"v":1,"v":1'),
      says: 'leaf: duplicate member "v"',
    },
    {
      name: 'a float that is whole',
      text: good.replace('"v":1', '"v":1.0'),
      says: 'leaf: not in the canonical form',
    },
    {
      name: 'an exponent',
      text: good.replace('"revision":7', '"revision":7e0'),
      says: 'leaf: not in the canonical form',
    },
    {
      name: 'an escape that need not be',
      text: good.replace('"reject"', '"rej\\u0065ct"'),
      says: 'leaf: not in the canonical form',
    },
    { name: 'another version', text: good.replace('"v":1', '"v":2'), says: 'leaf.v: want 1' },
    {
      name: 'an unknown type',
      text: good.replace('"decision"', '"decisions"'),
      says: 'leaf.type: unknown type "decisions"',
    },
    {
      name: 'a type that objects have',
      text: good.replace('"decision"', '"toString"'),
      says: 'leaf.type: unknown type',
    },
    {
      name: 'an id in capitals',
      text: good.replace('00112233445566778899aabbccddeeff', '00112233445566778899AABBCCDDEEFF'),
      says: 'leaf.id: want 32 lower-case hex digits',
    },
    {
      name: 'a time without milliseconds',
      text: good.replace('12:00:00.005Z', '12:00:00Z'),
      says: 'leaf.time: want a time like',
    },
    {
      name: 'a time that there is not',
      text: good.replace('"time":"2026-06-01', '"time":"2026-06-31'),
      says: 'leaf.time: want a time like',
    },
    {
      name: 'a digest of another kind',
      text: good.replace('"record":"sha256', '"record":"sha384'),
      says: 'leaf.record: want sha256:',
    },
    {
      name: 'a subject that is not salted',
      text: good.replace('hmac-sha256', 'sha256'),
      says: 'leaf.subject: want hmac-sha256:',
    },
    {
      name: 'codes out of order',
      text: good.replace('"bundle.nonce","tdx.tcb.status"', '"tdx.tcb.status","bundle.nonce"'),
      says: 'leaf.codes: want each once, sorted',
    },
    {
      name: 'a code twice',
      text: good.replace('"bundle.nonce",', '"bundle.nonce","bundle.nonce",'),
      says: 'leaf.codes: want each once, sorted',
    },
    {
      name: 'a code with other words',
      text: good.replace('bundle.nonce', 'Bundle nonce'),
      says: 'leaf.codes[0]: want the id of a check',
    },
    {
      name: 'a revision of nothing',
      text: good.replace('"revision":7', '"revision":0'),
      says: 'leaf.policy.revision: want',
    },
    {
      name: 'an engine of somebody else',
      text: good.replace('postern/0.1.0', 'other/0.1.0'),
      says: 'leaf.engine: want postern/',
    },
  ])('$name', ({ text, says }) => {
    expect(at(text)).toContain(says);
  });

  it('more bytes than an entry may have', () => {
    const text = good.replace('"reject"', `"${'r'.repeat(65_536)}"`);
    expect(at(text)).toBe('leaf: larger than 65535 bytes');
  });

  it('another type where a decision is wanted', () => {
    const bytes = writeLeaf(leafOf('key.bound'));
    expect(faultOf(() => parseDecisionLeaf(bytes)).message).toBe(
      'leaf.type: want decision, got key.bound',
    );
  });
});

describe('writeLeaf refuses what could not be read', () => {
  it.each([
    {
      name: 'a reason of two lines',
      leaf: { ...leafOf('policy.revoked'), reason: 'one line\nand another' },
      at: 'leaf.reason',
    },
    {
      name: 'a reason that hides text',
      leaf: { ...leafOf('policy.revoked'), reason: 'reads \u202eotherwise' },
      at: 'leaf.reason',
    },
    {
      name: 'a reason too long',
      leaf: { ...leafOf('policy.revoked'), reason: 'x'.repeat(501) },
      at: 'leaf.reason',
    },
    { name: 'half a millisecond', leaf: { ...leafOf('key.bound'), time: 0.5 }, at: 'leaf.time' },
    { name: 'no time', leaf: { ...leafOf('key.bound'), time: Number.NaN }, at: 'leaf.time' },
    {
      name: 'a year of five digits',
      leaf: { ...leafOf('key.bound'), time: 8.64e15 },
      at: 'leaf.time',
    },
    {
      name: 'a member too many',
      leaf: { ...leafOf('key.bound'), chipId: 'ab' },
      at: 'leaf.chipId',
    },
  ])('$name', ({ leaf, at }) => {
    expect(faultOf(() => writeLeaf(leaf as Leaf)).at).toBe(at);
  });
});
