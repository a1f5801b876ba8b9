import { concatBytes } from '../../src/core/bytes/writer.ts';
import { SealedFault } from '../../src/sealed/fault.ts';
import { openRequestHeader } from '../../src/sealed/open-request.ts';
import { type RequestSealer, sealRequest } from '../../src/sealed/request.ts';
import { Random } from '../fuzz/random.ts';
import { chunksOf, keyPair, random } from '../support/sealed.ts';

/** One sealed exchange, of which mutants are made. */
export interface Target {
  readonly plaintexts: readonly Uint8Array[];
  /** What is on the wire, piece by piece: header or nonce, then chunks. */
  readonly pieces: readonly Uint8Array[];
  /** All that comes out of a stream, in pieces; @throws SealedFault for one that is not whole. */
  readonly open: (stream: readonly Uint8Array[]) => Uint8Array[];
}

const pair = keyPair();
const plaintexts = [40, 1, 300, 12, 7].map((length) => random(length));

export function requestTarget(): Target {
  const client = sealRequest(pair.config);
  return {
    plaintexts,
    pieces: [client.header, ...chunksOf(client, plaintexts)],
    open: (stream) => {
      const [first = new Uint8Array(), ...rest] = stream;
      const { opener, consumed } = openRequestHeader(first, (id) => (id === 3 ? pair : undefined));
      const opened = [first.subarray(consumed), ...rest].flatMap((part) => opener.push(part));
      opened.push(opener.end());
      if (!opener.done) throw new Error('ended, and is not done');
      return opened;
    },
  };
}

export function responseTarget(): Target {
  const client: RequestSealer = sealRequest(pair.config);
  const { opener } = openRequestHeader(client.header, () => pair);
  const sealer = opener.sealResponse(random);
  return {
    plaintexts,
    pieces: [sealer.nonce, ...chunksOf(sealer, plaintexts)],
    open: (stream) => {
      const answer = client.openResponse();
      const opened = stream.flatMap((part) => answer.push(part));
      opened.push(answer.end());
      if (!answer.done) throw new Error('ended, and is not done');
      return opened;
    },
  };
}

type Mutation = (pieces: Uint8Array[], random: Random) => Uint8Array[];

const MUTATIONS: readonly Mutation[] = [
  // A bit anywhere.
  (pieces, r) => at(pieces, r, (piece) => piece.with(...flipped(piece, r))),
  // A piece cut, dropped, doubled, swapped with its neighbour.
  (pieces, r) => at(pieces, r, (piece) => piece.subarray(0, r.below(piece.length))),
  (pieces, r) => pieces.toSpliced(r.below(pieces.length), 1),
  (pieces, r) => {
    const i = r.below(pieces.length);
    return pieces.toSpliced(i, 0, pieces[i] ?? new Uint8Array());
  },
  (pieces, r) => {
    const i = r.below(pieces.length - 1);
    const pair = pieces.slice(i, i + 2).reverse();
    return pieces.toSpliced(i, 2, ...pair);
  },
  // Bytes put in, and bytes from elsewhere in the same stream.
  (pieces, r) => pieces.toSpliced(r.between(1, pieces.length), 0, r.bytes(r.between(1, 40))),
  (pieces, r) => at(pieces, r, () => r.pick(pieces)),
  // Everything behind some byte gone.
  (pieces, r) => {
    const stream = concatBytes(...pieces);
    return [stream.subarray(0, r.below(stream.length))];
  },
];

function at(pieces: Uint8Array[], r: Random, change: (piece: Uint8Array) => Uint8Array) {
  const i = r.below(pieces.length);
  const piece = pieces[i];
  // One that was cut to nothing has no bit to flip.
  return piece && piece.length > 0 ? pieces.with(i, change(piece)) : pieces;
}

function flipped(piece: Uint8Array, r: Random): [number, number] {
  const i = r.below(piece.length);
  return [i, (piece[i] ?? 0) ^ (1 << r.below(8))];
}

/**
 * Damages a stream once to three times, cuts it up anew and opens it. What comes out must be a
 * refusal, or all of the plaintext: where the damage only wrote a length in another way.
 *
 * @returns the kind of refusal, or `whole`.
 */
function mutant(target: Target, seed: number, number: number): string {
  const r = new Random(seed, number);
  let pieces = [...target.pieces];
  for (let i = r.between(1, 3); i > 0; i--) {
    if (pieces.length > 1) pieces = r.pick(MUTATIONS)(pieces, r);
  }
  const stream = concatBytes(...pieces);
  const cut = r.below(stream.length + 1);
  // The header has to be there at once, whoever reads it sees to that.
  const parts = cut < 40 ? [stream] : [stream.subarray(0, cut), stream.subarray(cut)];
  try {
    const opened = concatBytes(...target.open(parts));
    const want = concatBytes(...target.plaintexts);
    if (Buffer.compare(opened, want) !== 0) throw new Error(`mutant ${number} opened otherwise`);
    return 'whole';
  } catch (error) {
    if (error instanceof SealedFault) return error.kind;
    throw error;
  }
}

/** How often each came out. */
export function campaign(makeTarget: () => Target, seed: number, count: number) {
  const outcomes = new Map<string, number>();
  const target = makeTarget();
  for (let number = 0; number < count; number++) {
    const outcome = mutant(target, seed, number);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}
