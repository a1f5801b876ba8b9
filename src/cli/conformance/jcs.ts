import { sha256 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { conclude } from '../../evidence/verdict.ts';
import type { Runner } from './runner.ts';

const CHECKS = {
  'jcs.input': { path: 'input' },
  'jcs.output': { path: 'output' },
} as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** RFC 8785: the canonical form of `input` is `output`, byte for byte. */
export const jcsRunner: Runner = {
  name: 'canonical JSON',
  reads: ['input', 'output'],
  run: async (_, { file }) => {
    const checks = new CheckList(CHECKS);
    const [input, output] = [await file('input'), await file('output')];
    const got = checks.read('jcs.input', () =>
      utf8(canonicalJson(parseJson(fromUtf8(input, 'input'), 'input').value)),
    );
    if (got) {
      const same = equalBytes(got, output);
      checks.answer('jcs.output', same ? undefined : { want: toHex(output), got: toHex(got) });
    }
    return {
      verdict: conclude(checks.all, REQUIRED),
      checks: checks.all,
      claims: got ? { outputSha256: toHex(sha256(got)) } : {},
    };
  },
};
