import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { digestOf } from '../../../src/appraisal/policy/signing/canonical-document.ts';
import { signEarJwt } from '../../../src/appraisal/result/ear-jwt.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import { Fault } from '../../../src/core/fault.ts';
import { checkRecord } from '../../../src/ledger/record/check-record.ts';
import { parseManifest } from '../../../src/ledger/record/manifest.ts';
import { Replayer } from '../../../src/ledger/record/replay.ts';
import { edited } from '../../support/bundle.ts';
import { issuerOf } from '../../support/ear.ts';
import { challenged, policyFor, wholeMachine } from '../../support/policy.ts';
import {
  captured,
  capturedWithToken,
  ENGINE,
  givenOf,
  lookup,
  used,
} from '../../support/record.ts';
import { alice, envelopeOf, mallory, written } from '../../support/signed-policy.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Members = Record<string, Json>;

const machine = await wholeMachine();
const other = await wholeMachine({ seed: 'another' });
const policy = readPolicy(utf8(JSON.stringify(policyFor(challenged(machine)))));
const otherPolicy = readPolicy(
  utf8(
    JSON.stringify(
      policyFor(challenged(machine), (draft) => {
        draft.metadata.name = 'other-name';
      }),
    ),
  ),
);
/** Manifests that came along would stand in for those that were found. */
const bundle = edited(machine.bundle, (document) => {
  const { nvidia_rims: _rims, ...rest } = document['endorsements'] as Members;
  return { ...document, endorsements: rest };
});
const given = givenOf(machine, {
  bundle,
  endorsements: machine.published,
  expected: {
    nonce: machine.plan.nonce,
    purpose: machine.plan.purpose,
    recipes: ['postern-v1'],
    devices: { gpu: 2, switch: 4 },
  },
  revocation: 'required',
  tdx: { minEvaluationDataNumber: 1 },
});
const decision = await capturedWithToken(
  given,
  used(policy, {
    envelope: written(envelopeOf(policy.canonical, [alice])),
    revocations: [],
    trust: {
      keyring: { keys: [utf8(alice.publicPem)], threshold: 1 },
      at: given.at.evidence,
    },
  }),
  async (claims) => utf8(await signEarJwt(claims, issuerOf('EdDSA', 'gateway').jwt)),
);
const foreign = captured(givenOf(other, { endorsements: other.published }));
/** Whoever alters a record may bring along whatever bytes he likes. */
const blobs = [
  ...decision.blobs,
  ...foreign.blobs,
  ...[new Uint8Array(), otherPolicy.canonical, utf8(mallory.publicPem)].map((bytes) => ({
    digest: digestOf(bytes),
    bytes,
  })),
];
const blobOf = lookup({ blobs });
const replayer = new Replayer({ engine: ENGINE });

const fresh = (): Members => JSON.parse(new TextDecoder().decode(decision.manifest));
const bytesOf = (value: Json) => utf8(canonicalJson(value));

function at(value: Members, path: string): Members {
  return path.split('.').reduce<Members>((inner, name) => inner[name] as Members, value);
}

it('unaltered it is the same', () => {
  expect(replayer.replay(bytesOf(fresh()), blobOf)).toMatchObject({
    outcome: 'same',
    verdict: 'accept',
  });
});

const YEAR = '2031-06-01T00:00:00.000Z';
const FOREIGN = JSON.parse(new TextDecoder().decode(foreign.manifest)) as Members;

describe('altered, it is never the same', () => {
  const altered: readonly { name: string; edit: (value: Members) => unknown }[] = [
    ...['evidence', 'tcbInfo', 'qeIdentity', 'crl', 'rim', 'ocsp', 'rimOcsp'].map((clock) => ({
      name: `the clock of ${clock}`,
      edit: (value: Members) => {
        at(value, 'input.at')[clock] = YEAR;
      },
    })),
    ...['collateral', 'rims', 'ocsp'].flatMap((name) => [
      {
        name: `${name} of another machine`,
        edit: (value: Members) => {
          at(value, 'input.endorsements')[name] = at(FOREIGN, 'input.endorsements')[name] as Json;
        },
      },
      {
        name: `no ${name}`,
        edit: (value: Members) => {
          delete at(value, 'input.endorsements')[name];
        },
      },
    ]),
    ...Object.keys(at(fresh(), 'input.endorsements.collateral'))
      // Only a CRL alone, without a quote, is verified with its own chain.
      .filter((name) => name !== 'pck_crl_issuer_chain')
      .map((name) => ({
        name: `${name} empty`,
        edit: (value: Members) => {
          at(value, 'input.endorsements.collateral')[name] = digestOf(new Uint8Array());
        },
      })),
    {
      name: 'the bundle of another machine',
      edit: (v) => {
        at(v, 'input')['bundle'] = at(FOREIGN, 'input')['bundle'] as Json;
      },
    },
    {
      name: 'another nonce',
      edit: (v) => {
        at(v, 'input.expected')['nonce'] = '00'.repeat(32);
      },
    },
    {
      name: 'no nonce',
      edit: (v) => {
        delete at(v, 'input.expected')['nonce'];
      },
    },
    {
      name: 'another purpose',
      edit: (v) => {
        at(v, 'input.expected')['purpose'] = 'client:2';
      },
    },
    {
      name: 'no purpose',
      edit: (v) => {
        delete at(v, 'input.expected')['purpose'];
      },
    },
    {
      name: 'another recipe',
      edit: (v) => {
        at(v, 'input.expected')['recipes'] = ['tinfoil-v2'];
      },
    },
    {
      name: 'a keyset asked for',
      edit: (v) => {
        at(v, 'input.expected')['keysetSha384'] = '00'.repeat(48);
      },
    },
    {
      name: 'a device nonce asked for',
      edit: (v) => {
        at(v, 'input.expected')['deviceNonce'] = '00'.repeat(32);
      },
    },
    {
      name: 'more GPUs',
      edit: (v) => {
        at(v, 'input.expected.devices')['gpu'] = 3;
      },
    },
    {
      name: 'a higher number of Intel’s',
      edit: (v) => {
        at(v, 'input.tdx')['minEvaluationDataNumber'] = 9999;
      },
    },
    {
      name: 'no number of Intel’s',
      edit: (v) => {
        delete at(v, 'input.tdx')['minEvaluationDataNumber'];
      },
    },
    ...['tdx', 'nvidia.device', 'nvidia.rim'].flatMap((slot) => {
      const [name, inner] = slot.split('.') as [string, string?];
      const set = (value: Members, to: Json) => {
        if (inner === undefined) at(value, 'anchors')[name] = to;
        else at(value, `anchors.${name}`)[inner] = to;
      };
      const vendor =
        {
          tdx: 'Intel SGX Root CA',
          'nvidia.device': 'NVIDIA Device Identity CA',
          'nvidia.rim': 'NVIDIA CoRIM signing Root CA',
        }[slot] ?? '';
      return [
        { name: `no anchor for ${slot}`, edit: (v: Members) => set(v, []) },
        { name: `the vendor’s anchor for ${slot}`, edit: (v: Members) => set(v, [{ vendor }]) },
        {
          name: `a root under the vendor’s name for ${slot}`,
          edit: (v: Members) => set(v, [{ vendor: 'Postern Simulator' }]),
        },
      ];
    }),
    {
      name: 'a simulator’s root as a custom one',
      edit: (v) => {
        ((at(v, 'anchors')['tdx'] as Json[])[0] as Members)['kind'] = 'custom';
      },
    },
    {
      name: 'a simulator’s root as a vendor’s',
      edit: (v) => {
        ((at(v, 'anchors')['tdx'] as Json[])[0] as Members)['kind'] = 'vendor';
      },
    },
    {
      name: 'a root with a vendor’s name beside',
      edit: (v) => {
        ((at(v, 'anchors')['tdx'] as Json[])[0] as Members)['vendor'] = 'Intel SGX Root CA';
      },
    },
    {
      name: 'no policy',
      edit: (v) => {
        v['policy'] = null;
      },
    },
    {
      name: 'another policy',
      edit: (v) => {
        at(v, 'policy')['document'] = otherPolicy.digest;
      },
    },
    {
      name: 'another policy, and no envelope',
      edit: (v) => {
        at(v, 'policy')['document'] = otherPolicy.digest;
        delete at(v, 'policy')['envelope'];
      },
    },
    {
      name: 'somebody else’s key',
      edit: (v) => {
        at(v, 'policy.trust.keyring')['keys'] = [digestOf(utf8(mallory.publicPem))];
      },
    },
    {
      name: 'one key more, and both wanted',
      edit: (v) => {
        const keyring = at(v, 'policy.trust.keyring');
        (keyring['keys'] as Json[]).push(digestOf(utf8(mallory.publicPem)));
        keyring['threshold'] = 2;
      },
    },
    {
      name: 'nobody wanted',
      edit: (v) => {
        at(v, 'policy.trust.keyring')['threshold'] = 0;
      },
    },
    {
      name: 'no trust, in a version that has it',
      edit: (v) => {
        delete at(v, 'policy')['trust'];
      },
    },
    {
      name: 'a trust, in a version that has none',
      edit: (v) => {
        v['v'] = 1;
      },
    },
    {
      name: 'no envelope',
      edit: (v) => {
        delete at(v, 'policy')['envelope'];
      },
    },
    {
      name: 'another name of the policy',
      edit: (v) => {
        at(v, 'policy')['name'] = 'another';
      },
    },
    {
      name: 'another revision of the policy',
      edit: (v) => {
        at(v, 'policy')['revision'] = 3;
      },
    },
    {
      name: 'another verdict',
      edit: (v) => {
        at(v, 'result')['verdict'] = 'reject';
      },
    },
    {
      name: 'the anchors of another kind',
      edit: (v) => {
        at(v, 'result')['anchors'] = 'vendor';
      },
    },
    {
      name: 'not authentic',
      edit: (v) => {
        at(v, 'result')['authentic'] = false;
      },
    },
    {
      name: 'a code',
      edit: (v) => {
        at(v, 'result')['codes'] = ['tdx.tcb.status'];
      },
    },
    {
      name: 'another digest of the result',
      edit: (v) => {
        at(v, 'result')['digest'] = digestOf(new Uint8Array());
      },
    },
    {
      name: 'a machine less',
      edit: (v) => {
        (v['subject'] as Json[]).pop();
      },
    },
    {
      name: 'another machine',
      edit: (v) => {
        ((v['subject'] as Json[]).at(-1) as Members)['id'] = 'ff'.repeat(16);
      },
    },
    {
      name: 'a member that is not known',
      edit: (v) => {
        at(v, 'input')['more'] = true;
      },
    },
  ];

  it.each(altered)('$name', ({ edit }) => {
    const value = fresh();
    edit(value);
    const manifest = bytesOf(value);
    expect(manifest).not.toEqual(decision.manifest);
    const replay = replayer.replay(manifest, blobOf);
    expect(replay.outcome).not.toBe('same');
    if (replay.outcome === 'different') expect(replay.which.length).toBeGreaterThan(0);
  });
});

/** Each value of a document with what it takes to replace it. */
function* places(value: Json): Generator<{ value: Json; set: (to: Json | undefined) => void }> {
  if (typeof value !== 'object' || value === null) return;
  for (const name of Object.keys(value)) {
    const inner = value as Members;
    yield {
      value: inner[name] as Json,
      set: (to) => {
        if (to !== undefined) inner[name] = to;
        else if (Array.isArray(value)) value.splice(Number(name), 1);
        else delete inner[name];
      },
    };
    yield* places(inner[name] as Json);
  }
}

function otherValues(value: Json): readonly (Json | undefined)[] {
  if (typeof value === 'number') return [value + 1, value + 0.5, -value, `${value}`, undefined];
  if (typeof value === 'boolean') return [!value, 1, undefined];
  if (typeof value !== 'string') return [undefined, null, [], {}, 'x'];
  const last = value.at(-1) === '0' ? '1' : '0';
  return [`${value.slice(0, -1)}${last}`, `${value}0`, '', 7, null, undefined];
}

it('whatever is altered, the leaf is not about it, or nobody can read it', () => {
  const { length } = [...places(fresh())];
  let read = 0;
  let refused = 0;
  for (let i = 0; i < length; i++) {
    const original = [...places(fresh())][i]?.value ?? null;
    for (const to of otherValues(original)) {
      const value = fresh();
      [...places(value)][i]?.set(to);
      const manifest = bytesOf(value);
      if (digestOf(manifest) === decision.record) continue;
      try {
        const findings = checkRecord(decision.leaf, parseManifest(manifest));
        expect(findings[0]?.at).toBe('leaf.record');
        read++;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        expect(error.code).toBe('malformed');
        expect(error.at).toMatch(/^manifest/);
        refused++;
      }
    }
  }
  expect(length).toBeGreaterThan(100);
  expect(read).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});

describe('a leaf that says something else than its record', () => {
  const manifest = parseManifest(decision.manifest);
  const { leaf } = decision;
  it.each([
    ['record', digestOf(new Uint8Array())],
    ['id', 'f'.repeat(32)],
    ['time', 0],
    ['engine', 'postern/0.0.0'],
    ['policy', null],
    ['policy', { ...leaf.policy, revision: 9 }],
    ['verdict', 'reject'],
    ['authentic', false],
    ['anchors', 'vendor'],
    ['codes', ['bundle.nonce']],
    ['subject', `hmac-sha256:${'0'.repeat(64)}`],
    ['ear', undefined],
    ['ear', digestOf(new Uint8Array())],
  ])('is found by its %s', (name, value) => {
    const findings = checkRecord({ ...leaf, [name]: value } as typeof leaf, manifest);
    expect(findings.map((finding) => finding.at)).toEqual([`leaf.${name}`]);
  });

  it('and one that is right by nothing', () => {
    expect(checkRecord(leaf, manifest)).toEqual([]);
  });
});
