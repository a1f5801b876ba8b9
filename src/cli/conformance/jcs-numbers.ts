import { fromUtf8 } from '../../core/bytes/text.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { conclude } from '../../evidence/verdict.ts';
import type { Runner } from './runner.ts';

const CHECKS = { 'jcs.number': { path: 'vectors' } } as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** RFC 8785 section 3.2.2.3: doubles by their bits, and the text of each. */
export const jcsNumbersRunner: Runner = {
  name: 'canonical JSON numbers',
  reads: ['vectors'],
  takes: async ({ file }) => {
    const value = listOf(await file('vectors'));
    return value.length > 0 && value.every((item) => new JsonShape(item, 'vectors').has('ieee754'));
  },
  run: async (_, { file }) => {
    const vectors = listOf(await file('vectors')).map((item, i) => {
      return new JsonShape(item, `vectors[${i}]`);
    });
    const checks = new CheckList(CHECKS);
    for (const vector of vectors) {
      checks.read('jcs.number', () => numberProblem(vector) ?? vector);
    }
    return {
      verdict: conclude(checks.all, REQUIRED),
      checks: checks.all,
      claims: { vectors: vectors.length },
    };
  },
};

/** Empty when the file is no list of objects. */
function listOf(file: Uint8Array): readonly JsonValue[] {
  const { value } = parseJson(fromUtf8(file, 'vectors'), 'vectors');
  const objects = Array.isArray(value) && value.every((item) => typeof item === 'object' && item);
  return objects ? (value as readonly JsonValue[]) : [];
}

function numberProblem(vector: JsonShape): Mismatch | undefined {
  const bits = vector.hex('ieee754', 8);
  const number = new DataView(bits.buffer, bits.byteOffset).getFloat64(0);
  const [want, got] = [vector.string('json'), canonicalJson(number)];
  return want === got ? undefined : { want, got };
}
