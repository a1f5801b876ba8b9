import { isEnvelope, readPolicyEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import { revisionOf } from '../appraisal/policy/signing/revision.ts';
import { makeRevocation } from '../appraisal/policy/signing/revocation.ts';
import { writeEnvelope } from '../core/encoding/dsse.ts';
import { signEnvelope } from '../core/encoding/dsse-signatures.ts';
import { Fault, malformed } from '../core/fault.ts';
import { usage, warn } from './io.ts';
import { NOT_SIGNED } from './policy-file.ts';
import { KEY_OPTION, readSigningKeys } from './signing-key-file.ts';
import type { Verb } from './verb.ts';
import { OUT_OPTION, writeOut } from './write-file.ts';

export const policyRevokeVerb: Verb = {
  name: 'policy revoke',
  summary: 'Revoke a signed revision of a policy at once, with a signed statement that says why.',
  operands: '<envelope>',
  arity: { min: 1, max: 1 },
  options: {
    reason: { value: '<text>', help: 'why, in 8 to 500 characters; for everybody to read' },
    ...KEY_OPTION,
    ...OUT_OPTION,
  },
  notes: [
    'The statement names the digest of the policy, and holds from now on, without the delay that revisions have. Where the keyring wants several signatures, the others add theirs with postern policy sign. It can’t be taken back: publish a new revision instead.',
  ],
  run: async (io, args) => {
    const reason = args.one('reason');
    if (reason === undefined) throw usage('--reason is missing');
    const signers = await readSigningKeys(io, args);
    const path = args.operand(0);
    const file = await io.readFile(path);
    if (!isEnvelope(file)) throw malformed(path, NOT_SIGNED);
    const revision = revisionOf(readPolicyEnvelope(file, path));
    let envelope = asReason(() => makeRevocation(revision, reason, io.now()));
    for (const signer of signers) envelope = signEnvelope(envelope, signer);
    const { name, revision: number } = revision.policy.metadata;
    warn(io, `revoking ${name}, revision ${number}, ${revision.digest}`);
    await writeOut(io, args, writeEnvelope(envelope));
    return 0;
  },
};

/** All but the reason is ours. */
function asReason<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    throw usage(`--reason: ${error.detail}`);
  }
}
