import { readPolicy } from '../appraisal/policy/read-policy.ts';
import { isEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import {
  parseRevocation,
  REVOCATION_PAYLOAD_TYPE,
} from '../appraisal/policy/signing/revocation.ts';
import { POLICY_PAYLOAD_TYPE, readPayload } from '../appraisal/policy/signing/signed-policy.ts';
import { type Envelope, parseEnvelope, writeEnvelope } from '../core/encoding/dsse.ts';
import { signEnvelope } from '../core/encoding/dsse-signatures.ts';
import { type Io, usage, warn } from './io.ts';
import { KEY_OPTION, readSigningKeys } from './signing-key-file.ts';
import type { Verb } from './verb.ts';
import { OUT_OPTION, writeOut } from './write-file.ts';

export const policySignVerb: Verb = {
  name: 'policy sign',
  summary: 'Sign a policy, or add a signature to one that is signed, or to a revocation.',
  operands: '<policy|envelope>',
  arity: { min: 1, max: 1 },
  options: { ...KEY_OPTION, ...OUT_OPTION },
  notes: [
    'A policy in YAML or JSON becomes a DSSE envelope around its canonical JSON. To an envelope the signatures are added; what it holds stays as it is, byte by byte. Either way it is read first, and what is no policy or revocation is not signed.',
    'What is signed is said on stderr: name, revision and digest. Compare the digest with that of the policy that you mean.',
  ],
  run: async (io, args) => {
    const path = args.operand(0);
    const signers = await readSigningKeys(io, args);
    let envelope = envelopeOf(await io.readFile(path), path);
    tellWhat(io, envelope);
    for (const signer of signers) envelope = signEnvelope(envelope, signer);
    await writeOut(io, args, writeEnvelope(envelope));
    return 0;
  },
};

function envelopeOf(file: Uint8Array, path: string): Envelope {
  if (isEnvelope(file)) return parseEnvelope(file, path);
  const { canonical } = readPolicy(file, path);
  return { payload: canonical, payloadType: POLICY_PAYLOAD_TYPE, signatures: [] };
}

/** @throws Fault `malformed` or `usage` for what is not to be signed. */
function tellWhat(io: Io, { payload, payloadType }: Envelope): void {
  if (payloadType === REVOCATION_PAYLOAD_TYPE) {
    const { name, revision, digest, reason } = parseRevocation(payload, 'revocation');
    warn(io, `signing the revocation of ${name}, revision ${revision}, ${digest}: ${reason}`);
  } else if (payloadType === POLICY_PAYLOAD_TYPE) {
    const { policy, digest } = readPayload(payload);
    const { name, revision } = policy.metadata;
    warn(io, `signing the policy ${name}, revision ${revision}, ${digest}`);
  } else {
    const got = JSON.stringify(payloadType);
    throw usage(`want an envelope of a policy or of a revocation, got ${got}`);
  }
}
