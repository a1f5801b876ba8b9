import { describe, expect, it } from 'vitest';
import { bindingOf } from '../../../src/appraisal/binding/recipe.ts';
import { transcriptHash } from '../../../src/appraisal/binding/transcript.ts';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { bundleClocksAt } from '../../../src/appraisal/bundle/input.ts';
import { verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../../src/evidence/nvidia/anchors.ts';
import type { UsedPolicy } from '../../../src/ledger/record/capture.ts';
import { checkRecord } from '../../../src/ledger/record/check-record.ts';
import { parseExport, writeExport } from '../../../src/ledger/record/export.ts';
import { parseManifest } from '../../../src/ledger/record/manifest.ts';
import { Replayer } from '../../../src/ledger/record/replay.ts';
import { standardKeyset } from '../../../src/simulator/bundle/plan.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';
import { azureSnp } from '../../support/azure.ts';
import { edited, verifiedBundle } from '../../support/bundle.ts';
import { gpu, jwks, KEY, nvSwitch, statement } from '../../support/nras.ts';
import { challenged, policyFor, wholeMachine } from '../../support/policy.ts';
import { captured, ENGINE, type Given, givenOf, lookup, used } from '../../support/record.ts';
import { alice, bob, envelopeOf, written } from '../../support/signed-policy.ts';
import { tlsCertificate } from '../../support/tls-certificates.ts';
import { NONCE, PCRS_JSON, quoted } from '../../support/tpm.ts';

const MONTH = 31 * 24 * 3600_000;

interface Case {
  readonly name: string;
  readonly given: Given;
  readonly policy?: UsedPolicy;
  readonly verdict: string;
  /** Hardware that the evidence names, by kind. */
  readonly names: Readonly<Record<string, number>>;
}

async function tdxCases(): Promise<readonly Case[]> {
  const node = await simulateBundle({ gpus: 8, switches: 4 });
  const found = givenOf(node, { endorsements: node.published });
  const names = { 'nvidia-ueid': 12, 'tdx-ppid': 1, 'tdx-piid': 1 };
  const { published } = node;
  return [
    { name: 'TDX, 8 GPUs and 4 switches', given: found, verdict: 'accept', names },
    {
      name: 'the same, by what the bundle carries along',
      given: givenOf(node),
      verdict: 'accept',
      names,
    },
    {
      name: 'the same without Intel’s word, and why',
      given: givenOf(node, {
        endorsements: { ...published, collateral: {}, collateralMissing: 'no route to \ud800' },
      }),
      verdict: 'indeterminate',
      names,
    },
    {
      name: 'the same under another root',
      given: { ...found, anchors: { ...found.anchors, tdx: found.anchors.snp } },
      verdict: 'reject',
      names,
    },
    {
      name: 'the same asked for another challenge',
      given: { ...found, expected: { nonce: new Uint8Array(32) } },
      verdict: 'reject',
      names,
    },
    {
      name: 'what is no bundle',
      given: { ...found, bundle: utf8('[]') },
      verdict: 'reject',
      names: {},
    },
    {
      name: 'nothing',
      given: { ...found, bundle: new Uint8Array() },
      verdict: 'reject',
      names: {},
    },
  ];
}

async function snpCases(): Promise<readonly Case[]> {
  const machine = await wholeMachine({ cpu: 'snp' });
  const { nonce } = machine.plan;
  const given = givenOf(machine, { endorsements: machine.published, expected: { nonce } });
  const names = { 'nvidia-ueid': 6, 'snp-chip-id': 1 };
  const policy = used(policyFor(challenged(machine)));
  const { crl: _crl, ...silent } = machine.published;
  return [
    { name: 'SEV-SNP and GPUs', given, verdict: 'accept', names },
    { name: 'the same under a policy', given, policy, verdict: 'accept', names },
    {
      name: 'the same where AMD’s list is required, and missing',
      given: {
        ...given,
        endorsements: { ...silent, crlMissing: 'kdsintf.amd.com: HTTP 429' },
        revocation: 'required',
      },
      policy,
      verdict: 'indeterminate',
      names,
    },
    {
      name: 'the same, with more asked of its firmware',
      given: { ...given, snp: { minimumTcb: { microcode: 255 }, fixes: ['AMD-SB-3019'] } },
      verdict: 'reject',
      names,
    },
  ];
}

async function policyCases(): Promise<readonly Case[]> {
  const machine = await wholeMachine();
  const { nonce } = machine.plan;
  const given = givenOf(machine, { endorsements: machine.published, expected: { nonce } });
  const names = { 'nvidia-ueid': 6, 'tdx-ppid': 1, 'tdx-piid': 1 };
  const policy = policyFor(challenged(machine));
  const { canonical } = readPolicy(utf8(JSON.stringify(policy)));
  const strict = policyFor(challenged(machine), (draft) => {
    draft.spec.bindings = { ...draft.spec.bindings, purposes: ['another'] } as never;
  });
  return [
    { name: 'under a policy', given, policy: used(policy), verdict: 'accept', names },
    {
      name: 'under a policy that was signed, with revocations at hand',
      given,
      policy: used(policy, {
        envelope: written(envelopeOf(canonical, [alice, bob])),
        revocations: [utf8('no envelope'), written(envelopeOf(utf8('{}'), [alice], 'x/y'))],
      }),
      verdict: 'accept',
      names,
    },
    {
      name: 'under a policy for others',
      given,
      policy: used(
        policyFor(challenged(machine), (draft) => {
          draft.metadata.lifecycle = { state: 'draft' };
        }),
      ),
      verdict: 'indeterminate',
      names,
    },
    { name: 'under a stricter policy', given, policy: used(strict), verdict: 'reject', names },
  ];
}

async function vtpmCase(): Promise<Case> {
  const { made, hcl } = await azureSnp();
  const nonce = new Uint8Array(32).fill(0x5a);
  const keyset = utf8(JSON.stringify(standardKeyset('azure', made.at)));
  const commitment = { purpose: 'client', nonce, keyset, deviceEvidence: new Uint8Array() };
  const quote = quoted({ extraData: transcriptHash(commitment) });
  const bundle = {
    v: 1,
    cpu: { kind: 'snp', report: toBase64(made.report) },
    vtpm: {
      hcl: toBase64(hcl),
      quote: toBase64(quote.message),
      signature: toBase64(quote.signature),
      pcrs: toBase64(PCRS_JSON),
    },
    binding: {
      recipe: 'postern-v1',
      purpose: 'client',
      nonce: toHex(nonce),
      keyset: toBase64(keyset),
    },
    endorsements: {
      snp_vek: toBase64(made.vek ?? new Uint8Array()),
      snp_chain: made.chain.map(toBase64),
    },
  };
  const anchors = {
    tdx: [],
    snp: [anchorFromCertificate(made.root, 'root')],
    nvidia: NVIDIA_ROOTS,
  };
  const given = {
    bundle: utf8(JSON.stringify(bundle)),
    at: bundleClocksAt(made.at),
    anchors,
    expected: { nonce },
  };
  return { name: 'a vTPM', given, verdict: 'accept', names: { 'snp-chip-id': 1 } };
}

async function nrasCase(): Promise<Case> {
  const made = await simulateBundle();
  const { parts } = verifiedBundle(made);
  const always = { iat: 0, nbf: 0, exp: 8e9 };
  const nras = (['nvidia-gpu', 'nvidia-switch'] as const).map((kind) => {
    const mine = parts.filter(({ evidence }) => evidence === kind);
    const members = { ...always, eat_nonce: `${mine[0]?.claims['nonce']}` };
    const of = kind === 'nvidia-gpu' ? gpu : nvSwitch;
    const devices = mine.map(({ claims }, i) => [`D-${i}`, of(`${claims['ueid']}`, members)]);
    return {
      eat: toBase64(statement({ overall: members, devices: Object.fromEntries(devices) })),
    };
  });
  const bundle = edited(made.bundle, (document) => ({ ...document, statements: { nras } }));
  const names = { 'nvidia-ueid': 12, 'tdx-ppid': 1, 'tdx-piid': 1 };
  const given = { ...givenOf(made), bundle, nrasKeys: jwks(KEY.jwk) };
  expect(verifyBundle(given).parts.at(-1)).toMatchObject({ evidence: 'nras', verdict: 'accept' });
  return { name: 'statements of NVIDIA’s service', given, verdict: 'accept', names };
}

async function raTlsCase(): Promise<Case> {
  const platform = await createTdxPlatform();
  const { at, root, collateral } = platform;
  const bundleOf = (certificate: Uint8Array) => {
    const binding = { recipe: 'dstack-ra-tls', certificate: toBase64(certificate) };
    return utf8(JSON.stringify({ v: 1, binding }));
  };
  const empty = new Uint8Array();
  const { reportData } = bindingOf(parseBundle(bundleOf(await tlsCertificate())).binding, empty);
  const extensions = { '1.3.6.1.4.1.62397.1.1': platform.quote({ reportData }) };
  const anchors = { tdx: [anchorFromCertificate(root, 'root')], snp: [], nvidia: NVIDIA_ROOTS };
  const given = {
    bundle: bundleOf(await tlsCertificate({ extensions })),
    at: bundleClocksAt(at),
    anchors,
    endorsements: { collateral: utf8(JSON.stringify(collateral)) },
  };
  const names = { 'tdx-ppid': 1, 'tdx-piid': 1 };
  return { name: 'a quote in a certificate', given, verdict: 'accept', names };
}

const cases: readonly Case[] = [
  ...(await tdxCases()),
  ...(await snpCases()),
  ...(await policyCases()),
  await vtpmCase(),
  await nrasCase(),
  await raTlsCase(),
];

const replayer = new Replayer({ engine: ENGINE });

describe('recorded, written, read, and made again', () => {
  it.each(cases)('$name', ({ given, policy, verdict, names }) => {
    const one = captured(given, policy);
    const { entry, manifest, leaf } = one;
    expect(leaf.verdict).toBe(verdict);
    const proof = 'a proof';
    const {
      record,
      blobOf,
      leaf: read,
    } = parseExport(writeExport({ index: 1, entry, proof, manifest }, lookup(one)));
    expect(checkRecord(read, record)).toEqual([]);
    const { codes } = leaf;
    expect(replayer.replay(record, blobOf)).toMatchObject({ outcome: 'same', verdict, codes });
    expect(verdict === 'accept').toBe(codes.length === 0);
    const kinds = record.subject.map(({ kind }) => kind);
    const count = Object.fromEntries(
      [...new Set(kinds)].map((kind) => [kind, kinds.filter((one) => one === kind).length]),
    );
    expect(count).toEqual(names);
    // Nothing of it stands in what everybody may read.
    const said = new TextDecoder().decode(entry);
    for (const { id } of record.subject) expect(said).not.toContain(id);
  });

  it.each(cases.filter(({ verdict }) => verdict === 'accept'))(
    '$name: a month on it was good then, and what has run out is not good now',
    ({ given, policy }) => {
      expect(
        replayer.replay(captured(given, policy).manifest, lookup(captured(given, policy))),
      ).toMatchObject({
        outcome: 'same',
        verdict: 'accept',
      });
      const at = bundleClocksAt(given.at.evidence + MONTH);
      const { until, verdict } = verifyBundle({ ...given, at });
      expect(until).toBeDefined();
      const ended = Date.parse(`${until}`) < at.evidence;
      expect(verdict === 'accept').toBe(!ended);
    },
  );

  it('most have run out by then', () => {
    const good = cases.filter(({ verdict }) => verdict === 'accept');
    const ended = good.filter(({ given }) => {
      const at = bundleClocksAt(given.at.evidence + MONTH);
      return verifyBundle({ ...given, at }).verdict !== 'accept';
    });
    expect(ended.length).toBeGreaterThan(good.length / 2);
  });
});

it('a policy’s own blobs are recorded: document, envelope, revocations', () => {
  const signed = cases.find(({ name }) => name.includes('signed'));
  if (signed?.policy?.envelope === undefined) throw new Error('no signed policy');
  const { manifest, blobs } = captured(signed.given, signed.policy);
  const { policy } = parseManifest(manifest);
  const digests = blobs.map(({ digest }) => digest);
  expect(digests).toContain(policy?.digest);
  const kept = blobs.map(({ bytes }) => toHex(bytes));
  const { envelope, revocations } = signed.policy;
  for (const file of [envelope, ...revocations]) expect(kept).toContain(toHex(file));
});

it('an envelope of another document than the one that decided is no record of it', () => {
  const signed = cases.find(({ name }) => name.includes('signed'));
  if (signed?.policy === undefined) throw new Error('no signed policy');
  const envelope = written(envelopeOf(NONCE, [alice, bob]));
  const one = captured(signed.given, { ...signed.policy, envelope });
  expect(replayer.replay(one.manifest, lookup(one))).toEqual({
    outcome: 'not-replayable',
    because: 'manifest.policy.envelope: holds another document than the one that decided',
  });
});
