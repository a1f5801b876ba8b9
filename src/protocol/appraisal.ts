import Type from 'typebox';
import { closed } from '../appraisal/policy/schema/values.ts';
import { Code, Digest, VerdictWord } from './values.ts';

/** One answer that stands in the way of an acceptance. */
export const ReasonSchema = closed({
  code: Code,
  outcome: Type.Enum(['fail', 'unresolved']),
  path: Type.String(),
  text: Type.String(),
});

/** The reference set that the evidence comes closest to. */
export const NearestSchema = closed({
  id: Type.String(),
  equal: Type.Integer({ minimum: 0 }),
  compared: Type.Integer({ minimum: 0 }),
  differs: Type.Array(Type.String()),
  departs: Type.Optional(Type.String()),
});

/** The policy that decided. */
export const PolicyNameSchema = closed({
  name: Type.String(),
  revision: Type.Integer({ minimum: 0 }),
  digest: Digest,
});

/**
 * What `postern verify … --json` prints. Claims and parts are as many as there are kinds of
 * evidence, and grow with them: their members are not listed.
 */
export const VerificationSchema = Type.Object(
  {
    verdict: VerdictWord,
    authentic: Type.Boolean(),
    evidence: Type.String(),
    anchors: Type.String(),
    revocation: Type.Enum(['checked', 'unchecked']),
    at: Type.String(),
    checks: Type.Array(
      Type.Object({
        id: Code,
        outcome: Type.Enum(['pass', 'fail', 'unresolved', 'skipped']),
        path: Type.String(),
      }),
    ),
    claims: Type.Object({}),
  },
  { description: 'one JSON object, as the command line prints it; more members may come' },
);
