import { basename, dirname } from 'node:path';
import { sha256 } from '#crypto';
import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import { type EarContext, earClaims } from '../appraisal/result/ear-claims.ts';
import { signEarCwt } from '../appraisal/result/ear-cwt.ts';
import { signEarJwt } from '../appraisal/result/ear-jwt.ts';
import { isAppraisal } from '../appraisal/result/result-json.ts';
import { toHex } from '../core/bytes/hex.ts';
import { utf8 } from '../core/bytes/text.ts';
import type { Verification } from '../evidence/verification.ts';
import { type Io, usage } from './io.ts';
import { packageVersion } from './package-version.ts';
import { readSigningKey } from './signing-key-file.ts';
import type { Args, Options } from './verb.ts';
import { writeFiles } from './write-files.ts';

/** What every verb takes that decides by a policy. */
export const EAR_OPTIONS: Options = {
  ear: {
    value: '<file>',
    help: 'write the decision there, as a signed token (EAT in the shape of an EAR)',
  },
  'ear-key': { value: '<pem>', help: 'Ed25519 or P-256 private key that signs it' },
  'ear-issuer': { value: '<url>', help: 'who decides' },
  'ear-audience': { value: '<text>', help: 'for whom' },
  'ear-subject': {
    value: '<text>',
    help: 'what is decided about; the evidence’s digest unless said',
  },
  'ear-format': { value: '<jwt|cwt>', help: 'jwt by default' },
};

/**
 * Refuses what does not go together, before anything is verified.
 *
 * @throws Fault `usage` naming the option.
 */
export function checkEarOptions(args: Args): void {
  const given = Object.keys(EAR_OPTIONS).filter((name) => args.has(name));
  const [first] = given;
  if (first === undefined) return;
  if (!args.has('policy')) throw usage(`--${first} is about a decision: give --policy as well`);
  const missing = ['ear', 'ear-key', 'ear-issuer', 'ear-audience'].find((name) => !args.has(name));
  if (missing !== undefined)
    throw usage(`--${missing} is missing: a token says who decided, for whom, and where it goes`);
  const format = args.one('ear-format') ?? 'jwt';
  if (format !== 'jwt' && format !== 'cwt')
    throw usage(`--ear-format: want jwt or cwt, got ${JSON.stringify(format)}`);
}

/** Writes the token where `--ear` says; does nothing without. */
export async function writeEar(
  io: Io,
  args: Args,
  result: Verification,
  evidence: Uint8Array,
): Promise<void> {
  await putEar(args, await makeEar(io, args, result, evidence));
}

/**
 * @param tokenId of the decision where it has one.
 * @returns the token's bytes; undefined where `--ear` asks for none.
 */
export async function makeEar(
  io: Io,
  args: Args,
  result: Verification,
  evidence: Uint8Array,
  tokenId = toHex(io.randomBytes(16)),
): Promise<Uint8Array | undefined> {
  if (!args.has('ear') || !isAppraisal(result)) return undefined;
  const key = await readSigningKey(io, args.one('ear-key') ?? '', 'ear-key');
  const algorithm = key.publicKey.algorithm === 'p256' ? 'ES256' : 'EdDSA';
  const claims = earClaims(result, await contextOf(args, result, evidence, tokenId));
  const { keyId } = key.publicKey;
  return args.one('ear-format') === 'cwt'
    ? signEarCwt(claims, { algorithm, keyId, sign: key.sign })
    : utf8(await signEarJwt(claims, { algorithm, keyId, privateKey: key.privateKey }));
}

/** Puts it where `--ear` says. */
export async function putEar(args: Args, token: Uint8Array | undefined): Promise<void> {
  const path = args.one('ear');
  if (path === undefined || token === undefined) return;
  await writeFiles(dirname(path), { [basename(path)]: token });
}

async function contextOf(
  args: Args,
  result: Appraisal,
  evidence: Uint8Array,
  tokenId: string,
): Promise<EarContext> {
  const evidenceSha256 = toHex(sha256(evidence));
  return {
    issuer: args.one('ear-issuer') ?? '',
    audience: args.one('ear-audience') ?? '',
    subject: args.one('ear-subject') ?? `sha256:${evidenceSha256}`,
    tokenId,
    issuedAt: Date.parse(result.at),
    build: await packageVersion(),
    evidenceSha256,
  };
}
