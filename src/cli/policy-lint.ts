import { lintPolicy } from '../appraisal/policy/lint.ts';
import { tryPolicy } from '../appraisal/policy/read-policy.ts';
import { isEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import { problemLine } from '../core/document/problem.ts';
import { painter } from './paint.ts';
import { printJson } from './render.ts';
import type { Verb } from './verb.ts';
import { visible } from './visible.ts';

/** Its lines are nobody's to mend. */
const SIGNED = {
  read: undefined,
  problems: [
    {
      path: '',
      problem:
        'is the envelope of what was signed: lint the policy itself; postern policy verify says who signed this, postern policy explain what it lets in',
    },
  ],
};

export const policyLintVerb: Verb = {
  name: 'policy lint',
  summary: 'Say all that is wrong with a policy, with line and column, and what looks unwise.',
  operands: '<yaml|json>…',
  arity: { min: 1, max: 64 },
  options: {},
  notes: [
    'A problem makes the policy unusable. Advice does not: it is about what a policy lets pass.',
    'Exit code: 0 usable, 1 not.',
  ],
  run: async (io, args) => {
    const paint = painter(io.colours);
    const results = await Promise.all(
      args.operands.map(async (file) => {
        const bytes = await io.readFile(file);
        const { read, problems } = isEnvelope(bytes) ? SIGNED : tryPolicy(bytes);
        return { file, read, problems, advice: read ? lintPolicy(read.policy, io.now()) : [] };
      }),
    );
    const ok = results.every(({ read }) => read !== undefined);
    if (args.has('json')) {
      printJson(io, {
        ok,
        files: results.map(({ file, read, problems, advice }) => ({
          file,
          ok: read !== undefined,
          ...(read && { digest: read.digest }),
          problems,
          advice,
        })),
      });
      return ok ? 0 : 1;
    }
    for (const { file, read, problems, advice } of results) {
      for (const problem of problems) {
        io.out(`${paint('red', '✗')} ${visible(problemLine(file, problem))}\n`);
      }
      for (const one of advice) {
        io.out(`${paint('yellow', '!')} ${visible(problemLine(file, one))}\n`);
      }
      if (read) io.out(`${paint('green', '✓')} ${visible(file)} ${read.digest}\n`);
    }
    return ok ? 0 : 1;
  },
};
