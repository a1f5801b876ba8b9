import { defineConfig } from 'vitest/config';
import { project, shared } from './support/project.ts';

const LONG = '**/*.long.test.ts';
const usual = { exclude: [LONG], testTimeout: 60_000 };

/**
 * They sign machines of many devices, which takes portable crypto minutes. That its answers are
 * the same is shown by cases of `fixtures/`, by genuine evidence and by samples of fuzzing.
 */
const SIGN_MUCH = [
  'test/evidence/nvidia/{attacks,claims,manifests,measurements,node}.test.ts',
  'test/evidence/nvidia/{ocsp,ocsp-checks,topology,verifier,verifier-memory}.test.ts',
  'test/evidence/nvidia/nras/{claims,statements,verify-nras,verify-nras.fuzz}.test.ts',
  'test/appraisal/{appraise,result}/*.test.ts',
  'test/appraisal/bundle/{nras-statements,ra-tls,verifier,vtpm}.test.ts',
];

/**
 * They read texts and compare policies with each other, hundreds of them, and ask crypto for next
 * to nothing: a digest of SHA-256, which tests of policies elsewhere ask both for.
 */
const NO_CRYPTO = [
  'test/appraisal/policy/{diff,explain}/*.test.ts',
  'test/appraisal/policy/schema.test.ts',
  'test/core/document/*.test.ts',
];

/** `npm test`: the evidence suite must give the same answers under both crypto implementations. */
export default defineConfig({
  test: {
    ...shared,
    projects: [
      project('node', { ...usual, include: ['test/**/*.test.ts'] }),
      project('portable', {
        ...usual,
        exclude: [LONG, ...SIGN_MUCH, ...NO_CRYPTO],
        include: [
          'test/core/**/*.test.ts',
          'test/evidence/**/*.test.ts',
          'test/appraisal/**/*.test.ts',
          'test/protocol/**/*.test.ts',
          'test/sealed/**/*.test.ts',
          'test/ledger/{tree,note,tiles,proof,trust}/*.test.ts',
          'test/ledger/vectors.test.ts',
          'test/fuzz/**/sample.test.ts',
        ],
      }),
    ],
  },
});
