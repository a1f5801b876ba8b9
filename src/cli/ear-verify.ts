import type { EarExpectation } from '../appraisal/result/check-claims.ts';
import { EAR_CHECKS } from '../appraisal/result/checks.ts';
import { verifyEarCwt } from '../appraisal/result/ear-cwt.ts';
import { importIssuerKeys } from '../appraisal/result/issuer-keys.ts';
import {
  type EarVerification,
  type IssuerKey,
  verifyEarJwt,
} from '../appraisal/result/verify-ear.ts';
import { toHex } from '../core/bytes/hex.ts';
import { fromUtf8 } from '../core/bytes/text.ts';
import { formatTime } from '../core/encoding/time.ts';
import { parsePublicKeyPem } from '../core/x509/public-key.ts';
import { asConfiguration } from './configuration.ts';
import { AT_OPTION, asciiText, readAt, readBytes, readWholeNumber } from './input.ts';
import { EXIT, type Io, usage, warn } from './io.ts';
import { painter } from './paint.ts';
import { readPolicyDigests } from './policy-digest.ts';
import { asksFrom, printChecks, printJson, VERDICT_COLOURS } from './render.ts';
import type { Args, Verb } from './verb.ts';
import { visible } from './visible.ts';

export const earVerifyVerb: Verb = {
  name: 'ear verify',
  summary: 'Hold a token about a decision against what you want, offline.',
  operands: '<token>',
  arity: { min: 1, max: 1 },
  options: {
    jwks: { value: '<json>', help: 'the issuer’s keys, as you have pinned them' },
    'public-key': {
      value: '<pem>',
      multiple: true,
      help: 'or a key of the issuer’s, whatever its id',
    },
    issuer: { value: '<url>', help: 'who must have decided' },
    audience: { value: '<text>', help: 'for whom it must be' },
    nonce: { value: '<hex>', help: 'that you sent, 8 to 64 bytes; without it nothing is fresh' },
    'policy-digest': {
      value: '<sha256:…>',
      multiple: true,
      help: 'a policy that you rely on; every piece must be decided by one of them',
    },
    cpus: { value: '<n>', help: 'how many CPUs it must be about' },
    gpus: { value: '<n>', help: 'the same of GPUs' },
    switches: { value: '<n>', help: 'the same of NVSwitches' },
    'accept-warning': { help: 'take a status of warning for good enough' },
    ...AT_OPTION,
  },
  notes: [
    'The token is a JWT or a CWT. Keys that it brings along count for nothing.',
    'Without --policy-digest any policy will do, and without --nonce any recording.',
    'Exit code: 0 accept, 1 reject.',
  ],
  run: async (io, args) => {
    const wanted = readWanted(io, args);
    const keys = await readKeys(io, args);
    if (!wanted.policyDigests) warn(io, 'without --policy-digest, whatever policy decided will do');
    if (!wanted.nonce) warn(io, 'without --nonce, a recording will do');
    const token = await io.readFile(args.operand(0));
    // A CWT begins with the tag of COSE_Sign1, which is no text.
    const text = asciiText(token)?.trim();
    const result =
      text === undefined ? verifyEarCwt(token, keys, wanted) : verifyEarJwt(text, keys, wanted);
    if (args.has('json')) printJson(io, resultJson(result));
    else print(io, result);
    return EXIT[result.verdict];
  },
};

function readWanted(io: Io, args: Args): EarExpectation {
  const [issuer, audience] = [args.one('issuer'), args.one('audience')];
  if (issuer === undefined) throw usage('--issuer is missing');
  if (audience === undefined) throw usage('--audience is missing');
  const nonce = readBytes(args, 'nonce', 64);
  if (nonce && nonce.length < 8) throw usage('--nonce: want 8 to 64 bytes of hex');
  const digests = readPolicyDigests(args);
  const counts = { cpu: 'cpus', gpu: 'gpus', nvswitch: 'switches' } as const;
  const submods = Object.fromEntries(
    Object.entries(counts).flatMap(([kind, option]) => {
      const count = readWholeNumber(args, option);
      return count === undefined ? [] : [[kind, count]];
    }),
  );
  return {
    issuer,
    audience,
    now: readAt(io, args, []).all,
    ...(nonce && { nonce }),
    ...(digests.length > 0 && { policyDigests: digests }),
    ...(Object.keys(submods).length > 0 && { submods }),
    ...(args.has('accept-warning') && { accept: 'warning' as const }),
  };
}

async function readKeys(io: Io, args: Args): Promise<readonly IssuerKey[]> {
  const [path, paths] = [args.one('jwks'), args.many('public-key')];
  if ((path === undefined) === (paths.length === 0)) {
    throw usage('want either --jwks, or --public-key for each key');
  }
  if (path !== undefined) {
    const file = await io.readFile(path);
    return asConfiguration(`--jwks ${path}`, () => importIssuerKeys(file));
  }
  return Promise.all(
    paths.map(async (name) => {
      const file = await io.readFile(name);
      const read = () => parsePublicKeyPem(fromUtf8(file, name), name);
      return { keyId: undefined, key: asConfiguration(`--public-key ${name}`, read) };
    }),
  );
}

function resultJson({ verdict, checks, claims }: EarVerification) {
  return {
    verdict,
    checks,
    ...(claims && {
      claims: {
        issuer: claims.issuer,
        subject: claims.subject,
        audience: claims.audience,
        tokenId: claims.tokenId,
        issuedAt: formatTime(1000 * claims.issuedAt),
        expires: formatTime(1000 * claims.expires),
        ...(claims.nonce && { nonce: toHex(claims.nonce) }),
        status: claims.status,
        waived: claims.waived,
        submods: Object.fromEntries(
          [...claims.submods].map(([name, { status, policies }]) => [name, { status, policies }]),
        ),
      },
    }),
  };
}

function print(io: Io, { verdict, checks, claims }: EarVerification): void {
  printChecks(io, checks, asksFrom(EAR_CHECKS));
  if (claims) {
    const pieces = [...claims.submods].map(([name, { status }]) => `${name} ${status}`).join(', ');
    io.out(
      `\n${visible(claims.subject)}: ${claims.status}, until ${formatTime(1000 * claims.expires)}\n${visible(pieces)}\n`,
    );
    if (claims.waived.length > 0) {
      io.out(`let pass by the verifier’s caller: ${visible(claims.waived.join(', '))}\n`);
    }
  }
  const paint = painter(io.colours);
  io.out(`\n${paint('bold', paint(VERDICT_COLOURS[verdict], verdict.toUpperCase()))}\n`);
}
