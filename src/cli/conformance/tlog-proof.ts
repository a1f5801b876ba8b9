import { CheckList } from '../../evidence/check-list.ts';
import { conclude } from '../../evidence/verdict.ts';
import { parseTlogProof } from '../../ledger/proof/tlog-proof.ts';
import { leafHash } from '../../ledger/tree/hash.ts';
import { verifyInclusion } from '../../ledger/tree/inclusion.ts';
import { verifyCheckpoint } from '../../ledger/trust/judge.ts';
import type { PolicyWitness, TlogPolicy } from '../../ledger/trust/tlog-policy.ts';
import { readVerifierKey, trustedKeyFile } from './ledger-keys.ts';
import { checkpointClaims } from './note.ts';
import type { Runner } from './runner.ts';

const CHECKS = {
  'proof.format': { path: 'proof' },
  'proof.checkpoint': { path: 'proof.checkpoint' },
  'proof.inclusion': { path: 'proof.hashes' },
} as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** A proof of an entry in a log whose key is trusted; the witness, where one is named, has to have signed. */
export const tlogProofRunner: Runner = {
  name: 'tlog-proof',
  reads: ['proof', 'entry'],
  run: async (testCase, context) => {
    const checks = new CheckList(CHECKS);
    const [bytes, entry] = [await context.file('proof'), await context.file('entry')];
    const logKey = await trustedKeyFile(testCase, context);
    const witnessKey = context.has('witnessVkey') ? await context.file('witnessVkey') : undefined;
    const proof = checks.read('proof.format', () => parseTlogProof(bytes));
    if (proof) {
      const { index, hashes, signed } = proof;
      const { size, root } = signed.checkpoint;
      checks.read('proof.checkpoint', () =>
        verifyCheckpoint(proof.checkpoint, policyOf(logKey, witnessKey), 'proof.checkpoint'),
      );
      checks.read('proof.inclusion', () => {
        verifyInclusion({ index, size, leaf: leafHash(entry), hashes, root }, 'proof');
        return proof;
      });
    }
    return {
      verdict: conclude(checks.all, REQUIRED),
      authentic: checks.all.some(
        ({ id, outcome }) => id === 'proof.checkpoint' && outcome === 'pass',
      ),
      checks: checks.all,
      claims: proof
        ? { index: String(proof.index), ...checkpointClaims(proof.signed.checkpoint, testCase) }
        : {},
    };
  },
};

/** Whoever is named has to have signed. */
function policyOf(log: Uint8Array | undefined, witness: Uint8Array | undefined): TlogPolicy {
  const logs = log ? [{ key: readVerifierKey(log, 'logVkey'), url: undefined }] : [];
  const witnesses: PolicyWitness[] = witness
    ? [
        {
          kind: 'witness',
          name: 'witness',
          key: readVerifierKey(witness, 'witnessVkey'),
          url: undefined,
        },
      ]
    : [];
  return { logs, witnesses, quorum: witnesses[0] };
}
