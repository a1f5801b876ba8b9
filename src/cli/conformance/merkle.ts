import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromBase64 } from '../../core/encoding/base64.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { conclude } from '../../evidence/verdict.ts';
import { parseCount } from '../../ledger/note/checkpoint.ts';
import { verifyConsistency } from '../../ledger/tree/consistency.ts';
import { verifyInclusion } from '../../ledger/tree/inclusion.ts';
import { verifySubtreeConsistency, verifySubtreeInclusion } from '../../ledger/tree/subtree.ts';
import type { Runner } from './runner.ts';

const CHECKS = { 'merkle.proof': { path: 'vectors' } } as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** Proofs, good and bad, of one of four kinds; counts those accepted and those refused. */
export const merkleProofsRunner: Runner = {
  name: 'Merkle proofs',
  reads: ['vectors'],
  takes: async ({ file }) => {
    const vectors = listOf(await file('vectors'));
    return vectors.length > 0 && vectors.every((vector) => kindOf(vector) !== undefined);
  },
  run: async (_, { file }) => {
    const vectors = listOf(await file('vectors'));
    const checks = new CheckList(CHECKS);
    let accept = 0;
    for (const vector of vectors) {
      const refusal = refusalOf(vector);
      if (refusal === undefined) accept++;
      checks.read('merkle.proof', () => problemOf(vector, refusal) ?? vector);
    }
    return {
      verdict: conclude(checks.all, REQUIRED),
      checks: checks.all,
      claims: { vectors: vectors.length, accept, reject: vectors.length - accept },
    };
  },
};

/** Empty when the file is no list of objects. */
function listOf(file: Uint8Array): readonly JsonShape[] {
  const { value } = parseJson(fromUtf8(file, 'vectors'), 'vectors');
  if (!Array.isArray(value)) return [];
  const items = value as readonly JsonValue[];
  const objects = items.every((item) => typeof item === 'object' && !Array.isArray(item) && item);
  return objects ? items.map((item, i) => new JsonShape(item, `vectors[${i}]`)) : [];
}

/** Reads a vector, and gives what verifies it. */
type Prepare = (vector: JsonShape) => () => void;

/** What each kind of proof has that no other has. */
const KINDS: readonly (readonly [readonly string[], Prepare])[] = [
  [
    ['leafIdx', 'treeSize'],
    (vector) => {
      const proof = { ...leafOf(vector), size: count(vector, 'treeSize') };
      return () => verifyInclusion(proof);
    },
  ],
  [
    ['leafIdx', 'start', 'end'],
    (vector) => {
      const proof = { ...leafOf(vector), ...rangeOf(vector) };
      return () => verifySubtreeInclusion(proof);
    },
  ],
  [
    ['size1', 'size2'],
    (vector) => {
      const [size1, size2] = [count(vector, 'size1'), count(vector, 'size2')];
      const [root1, root2] = [bytes(vector, 'root1'), bytes(vector, 'root2')];
      const hashes = hashesOf(vector);
      return () => verifyConsistency({ size1, root1, size2, root2, hashes });
    },
  ],
  [
    ['start', 'end', 'size'],
    (vector) => {
      const tree = { size: count(vector, 'size'), root: bytes(vector, 'root2') };
      const subtree = { ...rangeOf(vector), subtreeRoot: bytes(vector, 'root1') };
      const hashes = hashesOf(vector);
      return () => verifySubtreeConsistency({ ...tree, ...subtree, hashes });
    },
  ],
];

function kindOf(vector: JsonShape): Prepare | undefined {
  return KINDS.find(([members]) => members.every((name) => vector.has(name)))?.[1];
}

function leafOf(vector: JsonShape) {
  return {
    index: count(vector, 'leafIdx'),
    leaf: bytes(vector, 'leafHash'),
    hashes: hashesOf(vector),
    root: bytes(vector, 'root'),
  };
}

function rangeOf(vector: JsonShape) {
  return { start: count(vector, 'start'), end: count(vector, 'end') };
}

/**
 * Why the verifier refuses the proof; undefined when it does not.
 *
 * @throws Fault `malformed` for a vector that can't be read: it would pass for one refused.
 */
function refusalOf(vector: JsonShape): string | undefined {
  const verify = kindOf(vector)?.(vector);
  if (verify === undefined) throw malformed(vector.path, 'no known kind of proof');
  try {
    verify();
    return undefined;
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return error.message;
    throw error;
  }
}

function problemOf(vector: JsonShape, refusal: string | undefined): Mismatch | undefined {
  if (vector.boolean('wantErr') === (refusal !== undefined)) return undefined;
  const name = vector.string('name');
  return refusal === undefined
    ? { want: `${name} refused`, got: 'accepted' }
    : { want: `${name} accepted`, got: refusal };
}

function count(vector: JsonShape, name: string): bigint {
  return parseCount(vector.string(name), `${vector.path}.${name}`);
}

/** Of any length: what is no hash is for the verifier to refuse. */
function bytes(vector: JsonShape, name: string): Uint8Array {
  return fromBase64(vector.string(name), `${vector.path}.${name}`);
}

function hashesOf(vector: JsonShape): readonly Uint8Array[] {
  if (vector.value('proof') === null) return [];
  return vector.strings('proof').map((hash, i) => fromBase64(hash, `${vector.path}.proof[${i}]`));
}
