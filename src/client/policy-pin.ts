import { type CompiledPolicy, compilePolicy } from '../appraisal/appraise/compiled-policy.ts';
import { type ReadPolicy, readPolicy } from '../appraisal/policy/read-policy.ts';
import { type Keyring, keyringOfKeys, parseKeyring } from '../appraisal/policy/signing/keyring.ts';
import { isEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import { utf8 } from '../core/bytes/text.ts';
import { parsePublicKeyPem } from '../core/x509/public-key.ts';
import { PosternError } from './errors.ts';
import type { PolicyPin, PosternOptions } from './options.ts';
import type { PolicyView } from './view.ts';

/** A policy to judge by, and on whose word. */
export interface HeldPolicy {
  readonly compiled: CompiledPolicy;
  readonly view: PolicyView;
}

/** The signers of a pin, read. */
export interface SignerPin {
  readonly name: string;
  readonly keyring: Keyring;
  readonly leastRevision: number;
}

const KINDS = ['file', 'digest', 'name'] as const;

/**
 * What names two kinds would be held to one of them.
 *
 * @throws PosternError `policy.usage`
 */
export function wantOneKind(pin: PolicyPin): void {
  const given = KINDS.filter((kind) => kind in pin);
  if (given.length === 1) return;
  const got = given.join(' and ') || 'none';
  throw new PosternError('policy.usage', `policy: want one of ${KINDS.join(', ')}, got ${got}`);
}

/** @throws PosternError `policy.usage` for a pin that pins nothing. */
export function readSignerPin(pin: Extract<PolicyPin, { name: string }>): SignerPin {
  const { name, signers, leastRevision } = pin;
  if (!Number.isSafeInteger(leastRevision) || leastRevision < 1) {
    throw new PosternError('policy.usage', 'leastRevision: want 1 or more');
  }
  return { name, keyring: keyringOf(signers), leastRevision };
}

function keyringOf(signers: Extract<PolicyPin, { name: string }>['signers']): Keyring {
  if ('keyring' in signers) return parseKeyring(asBytes(signers.keyring), 'signers.keyring');
  const { keys: pems, threshold } = signers;
  const keys = pems.map((pem, i) => ({
    owner: `key ${i + 1}`,
    publicKey: parsePublicKeyPem(pem, `signers.keys[${i}]`),
  }));
  if (new Set(keys.map(({ publicKey }) => publicKey.keyId)).size < keys.length) {
    throw new PosternError('policy.usage', 'signers.keys: the same key twice');
  }
  if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw new PosternError('policy.usage', `signers.threshold: want 1 to ${keys.length}`);
  }
  return keyringOfKeys(keys, threshold);
}

/** The policy that the caller has himself: whoever wrote it, it is his word. */
export function policyOfFile(file: Uint8Array | string): ReadPolicy {
  const bytes = asBytes(file);
  if (isEnvelope(bytes)) {
    throw new PosternError(
      'policy.usage',
      'file: is a signed policy: pin its name and signers, or give the policy itself',
    );
  }
  return readPolicy(bytes);
}

export function asBytes(text: Uint8Array | string): Uint8Array {
  return typeof text === 'string' ? utf8(text) : text;
}

/**
 * A policy that is ready to judge.
 *
 * @throws PosternError `policy.deployment` for one that takes anybody's machines, unless the options
 *   take them too.
 */
export function hold(
  read: ReadPolicy,
  pinnedBy: PolicyView['pinnedBy'],
  signedBy: readonly string[],
  { acceptAnyDeployment }: Pick<PosternOptions, 'acceptAnyDeployment'>,
): HeldPolicy {
  const { metadata, spec } = read.policy;
  const deployment = deploymentOf(spec.deployment);
  const { name, revision } = metadata;
  if (deployment === 'any' && acceptAnyDeployment !== true) {
    throw new PosternError(
      'policy.deployment',
      `${name} revision ${revision} pins nothing that only its operator’s machines have, so that anybody’s own genuine machine with the same software would do: acceptAnyDeployment takes it all the same`,
    );
  }
  return {
    compiled: compilePolicy(read),
    view: { name, revision, digest: read.digest, pinnedBy, signedBy, deployment },
  };
}

function deploymentOf(rule: ReadPolicy['policy']['spec']['deployment']): PolicyView['deployment'] {
  if ('chipIds' in rule) return 'chip-ids';
  if ('platformInstanceIds' in rule) return 'platform-instance-ids';
  return 'register' in rule ? 'register' : 'any';
}
