import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import { digestOf } from '../../src/appraisal/policy/signing/canonical-document.ts';
import { verifyBundleFile } from '../../src/cli/bundle-evidence.ts';
import { readBundle } from '../../src/cli/bundle-file.ts';
import type { Io } from '../../src/cli/io.ts';
import { decide, readPolicyOption } from '../../src/cli/policy-decision.ts';
import { Args } from '../../src/cli/verb.ts';
import { verifyBundleVerb } from '../../src/cli/verify-bundle.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { writeEnvelope } from '../../src/core/encoding/dsse.ts';
import { canonicalJson } from '../../src/core/encoding/jcs.ts';
import type { JsonObject } from '../../src/core/encoding/json.ts';
import { wishOf } from '../../src/endorsements/revocation-wish.ts';
import { captureDecision } from '../../src/ledger/record/capture.ts';
import { parseManifest } from '../../src/ledger/record/manifest.ts';
import { recordedResult } from '../../src/ledger/record/outcome.ts';
import { replayDecision } from '../../src/ledger/record/replay.ts';
import { emptyFolder } from '../endorsements/world.ts';
import { ENGINE, lookup } from '../support/record.ts';
import { alice, envelopeOf } from '../support/signed-policy.ts';
import {
  bundleFiles,
  bundleFilesOf,
  honestBundle,
  honestSmall,
  smallFiles,
  VERIFY_BUNDLE,
} from './bundle-files.ts';
import { type Files, jsonOf, postern } from './fake-io.ts';

const { published } = honestSmall;
const pieces: Files = {
  'vek.der': published.vek ?? '',
  'chain.der': published.chain?.[0] ?? '',
  'rim.xml': honestBundle.published.rims?.[0] ?? '',
};

const from = await postern(
  ['policy', 'from', ...VERIFY_BUNDLE.slice(1), '--name', 'bundle'],
  bundleFiles,
);
const plain = from.out.replace('state: draft', 'state: active');
const envelope = writeEnvelope(envelopeOf(readPolicy(utf8(plain)).canonical, [alice]));
const policies: Files = {
  'plain.yaml': plain,
  'signed.dsse': envelope,
  'revocation.dsse': '{}',
  'alice.pem': alice.publicPem,
};

const nonce = toHex(honestBundle.plan.nonce);
const empty = await emptyFolder();

interface Row {
  readonly name: string;
  readonly files: Files;
  readonly options: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'a machine of twelve devices', files: bundleFiles, options: [] },
  { name: 'a challenge', files: bundleFiles, options: ['--nonce', nonce, '--purpose', 'client'] },
  {
    name: 'requests',
    files: bundleFiles,
    options: [
      ...['--recipe', 'postern-v1', '--gpus', '8', '--switches', '4', '--require-ocsp'],
      ...['--min-tcb-evaluation-data-number', '1', '--allow-expired-rim', '--allow-rim-hold'],
      ...['--rim', 'rim.xml', '--endorsements', empty],
    ],
  },
  {
    name: 'an instant for each kind',
    files: bundleFiles,
    options: ['--at', '2026-06-01T00:00:00Z', '--at', 'rim=2026-06-02T00:00:00Z'],
  },
  { name: 'an SEV-SNP machine', files: smallFiles, options: [] },
  {
    name: 'the same with files of its own',
    files: smallFiles,
    options: [
      ...['--vek', 'vek.der', '--chain', 'chain.der', '--min-tcb', 'snp=1', '--require-crl'],
      ...['--endorsements', empty],
    ],
  },
  { name: 'a policy', files: bundleFiles, options: ['--policy', 'plain.yaml'] },
  {
    name: 'a signed policy',
    files: bundleFiles,
    options: [
      ...['--policy', 'signed.dsse', '--public-key', 'alice.pem'],
      ...['--policy-revocation', 'revocation.dsse'],
    ],
  },
  {
    name: 'what is no bundle',
    files: bundleFilesOf({ ...honestBundle, bundle: utf8('{"v":1}') }),
    options: [],
  },
];

/** A process that has these files and no network. */
function ioOf(files: Files): Io {
  return {
    out: () => undefined,
    err: () => undefined,
    readFile: async (path) => {
      const file = files[path];
      if (file === undefined) throw new Error(`no file ${path}`);
      return typeof file === 'string' ? utf8(file) : file;
    },
    fetch: () => Promise.reject(new Error('this test must not use the network')),
    now: () => Date.UTC(2026, 5, 1),
    pause: () => Promise.resolve(),
    randomBytes: (length) => new Uint8Array(length),
    env: () => undefined,
    envNames: () => [],
    colours: false,
  };
}

describe('what a command line was verified with can be recorded, and made again', () => {
  it.each(rows)('$name', async ({ files: given, options }) => {
    const files = { ...given, ...pieces, ...policies };
    const argv = [...VERIFY_BUNDLE.slice(2), ...options];
    const io = ioOf(files);
    const args = new Args(verifyBundleVerb, argv);
    const policy = await readPolicyOption(io, args);
    const bytes = await readBundle(io, args.operand(0));
    const { input, verified } = await verifyBundleFile(io, args, bytes, wishOf(policy?.compiled));
    const appraisal = decide(verified, policy);
    const decision = captureDecision({
      id: '0'.repeat(32),
      time: io.now(),
      engine: ENGINE,
      salt: new Uint8Array(32),
      input,
      verified,
      result: recordedResult(appraisal),
      ...(policy && 'reasons' in appraisal && { decided: { policy, appraisal } }),
    });
    const replay = replayDecision(decision.manifest, lookup(decision), { engine: ENGINE });
    expect(replay).toMatchObject({ outcome: 'same', verdict: appraisal.verdict });
    // The digest is over what people see.
    const printed = jsonOf(await postern([...VERIFY_BUNDLE, ...options, '--json'], files));
    const { clocks: _clocks, notes: _notes, ...result } = printed;
    const { result: recorded, policy: named } = parseManifest(decision.manifest);
    expect(recorded.digest).toBe(digestOf(utf8(canonicalJson(result as JsonObject))));
    expect(named !== null).toBe(options.includes('--policy'));
  });
});
