import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  parseAddCheckpoint,
  writeAddCheckpoint,
} from '../../../src/ledger/witness/add-checkpoint.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { asView } from '../../support/view.ts';
import { history, LOG, noteOf, requestOf } from '../../support/witnessing.ts';

const HASH = Buffer.alloc(32, 5).toString('base64');
const note = noteOf(history(6));
const after = (text: string) => concatBytes(utf8(text), note);

it('a request is an old size, hashes, an empty line and the note as it stands', () => {
  const hashes = [new Uint8Array(32).fill(5)];
  const bytes = writeAddCheckpoint({ oldSize: 5n, hashes, checkpoint: note });
  expect(bytes).toEqual(after(`old 5\n${HASH}\n\n`));
  const read = parseAddCheckpoint(asView(bytes));
  expect(read).toMatchObject({ oldSize: 5n, hashes, checkpoint: note });
  expect(read.signed.checkpoint).toMatchObject({ origin: LOG, size: 6n });
  const largest = after(`old ${2n ** 64n - 1n}\n${`${HASH}\n`.repeat(63)}\n`);
  expect(parseAddCheckpoint(largest).hashes).toHaveLength(63);
});

it.each([
  { what: 'nothing', bytes: new Uint8Array(), at: 'request' },
  { what: 'no empty line', bytes: utf8('old 5\nx'), at: 'request' },
  { what: 'another first line', bytes: after('new 5\n\n'), at: 'request.old' },
  { what: 'no size', bytes: after('old \n\n'), at: 'request.old' },
  { what: 'two spaces', bytes: after('old  5\n\n'), at: 'request.old' },
  { what: 'a sign', bytes: after('old +5\n\n'), at: 'request.old' },
  { what: 'hexadecimal', bytes: after('old 0x5\n\n'), at: 'request.old' },
  { what: 'a leading zero', bytes: after('old 05\n\n'), at: 'request.old' },
  { what: 'more than 64 bits', bytes: after(`old ${2n ** 64n}\n\n`), at: 'request.old' },
  { what: 'a carriage return', bytes: after('old 5\r\n\r\n\n'), at: 'request.old' },
  {
    what: 'a hash of 31 bytes',
    bytes: after(`old 5\n${HASH.slice(4)}\n\n`),
    at: 'request.proof[0]',
  },
  { what: 'a hash with a space', bytes: after(`old 5\n ${HASH}\n\n`), at: 'request.proof[0]' },
  { what: 'a hash in hex', bytes: after(`old 5\n${'05'.repeat(32)}\n\n`), at: 'request.proof[0]' },
  { what: '64 hashes', bytes: after(`old 5\n${`${HASH}\n`.repeat(64)}\n`), at: 'request.proof' },
  { what: 'no note', bytes: utf8('old 5\n\n'), at: 'request.checkpoint' },
  { what: 'a note that is cut', bytes: after('old 5\n\n').slice(0, -1), at: 'request.checkpoint' },
  { what: 'more than is read', bytes: new Uint8Array(1_100_001), at: 'request' },
])('$what is refused', ({ bytes, at }) => {
  expect(faultOf(() => parseAddCheckpoint(bytes))).toMatchObject({ code: 'malformed', at });
});

fuzz(
  'a request that is read is written in the same bytes',
  damaged(requestOf(5, history(6)), requestOf(0, history(6)), requestOf(3, history(100))),
  (bytes) => {
    const read = orRefused(() => parseAddCheckpoint(bytes));
    if (read === undefined) return;
    expect(writeAddCheckpoint(read)).toEqual(bytes);
    expect(parseAddCheckpoint(asView(bytes))).toEqual(read);
  },
);
