import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPostern } from '../../src/client/create-postern.ts';
import { PosternError, STAGES } from '../../src/client/errors.ts';
import { memoryInProcess } from '../../src/client/memory.ts';
import type { PosternOptions } from '../../src/client/options.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../src/core/encoding/base64.ts';
import { SUITE_X25519 } from '../../src/sealed/suite.ts';
import { SIMULATED_NOW } from '../../src/simulator/tdx/plan.ts';
import { edited } from '../support/bundle.ts';
import { type ClientBed, clientBed, NODE } from '../support/client/bed.ts';
import { GATEWAY, POOL, StandInGateway } from '../support/client/gateway.ts';
import { TLOG_POLICY } from '../support/client/ledger.ts';
import { StandInMachine } from '../support/client/machine.ts';
import { openAiServer } from '../support/client/openai-server.ts';
import { codeOfRejection, readOutcome } from '../support/client/outcome.ts';
import { ORIGIN } from '../support/ledger-writing.ts';

let bed: ClientBed;
let other: StandInMachine;

beforeAll(async () => {
  bed = await clientBed();
  other = await StandInMachine.create('bb'.repeat(16), openAiServer, {
    machine: { machine: 'another' },
  });
}, 120_000);

let gateway: StandInGateway;

beforeEach(async () => {
  gateway = new StandInGateway();
  await gateway.admit(bed.machine);
});

function options(more: Partial<PosternOptions> = {}): PosternOptions {
  return { ...bed.options, fetch: gateway.fetch, now: () => gateway.now, ...more };
}

function created(more: Partial<PosternOptions> = {}): Promise<string | undefined> {
  return codeOfRejection(createPostern(options(more)));
}

/** Lies about one path, by a change of what an honest gateway says. */
function lie(path: RegExp, change: (bytes: Uint8Array) => Uint8Array): void {
  gateway.answering = async (asked, honest) => {
    const response = await honest();
    if (!path.test(asked.path)) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    return new Response(change(bytes) as BodyInit, response);
  };
}

// biome-ignore lint/suspicious/noExplicitAny: documents of a test, changed anywhere in them
function lieJson(path: RegExp, change: (value: any) => void): void {
  lie(path, (bytes) => {
    const value = JSON.parse(new TextDecoder().decode(bytes));
    change(value);
    return utf8(JSON.stringify(value));
  });
}

interface Leaf {
  entry: string;
  proof: string;
  salt?: string;
}

/** A candidate, as JSON. */
interface Said {
  proofs: [Leaf, Leaf, Leaf];
  decision: string;
  keysetSha384: string;
}

const EVIDENCE = /\/evidence$/;
const CANDIDATES = /^\/v1\/candidates/;

describe('a machine that is verified', () => {
  it('is shown with all that was found', async () => {
    const postern = await createPostern(options());
    const { gateway: origin, policy, ledger, nodes } = postern.verification();
    expect(origin).toBe(GATEWAY);
    expect(policy).toMatchObject({ pinnedBy: 'file', deployment: 'platform-instance-ids' });
    expect(ledger).toMatchObject({ state: 'checked', origin: ORIGIN, size: 3, firstContact: true });
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({
      node: NODE,
      pool: POOL,
      state: 'verified',
      evidence: { verdict: 'accept', anchors: 'simulator', revocation: 'checked' },
      keys: { suite: 'mlkem768-x25519', deployment: 'stand-in', signsReceipts: true },
      freshness: 'challenge',
      until: SIMULATED_NOW + 600_000,
    });
    expect(nodes[0]?.admission?.leaves.map(({ type }) => type)).toEqual([
      'decision',
      'admission.granted',
      'key.bound',
    ]);
  });

  it('is asked once, however many wait, and again when its time is over', async () => {
    const postern = await createPostern(options({ pool: undefined } as never));
    const target = { pool: POOL };
    await Promise.all(Array.from({ length: 5 }, () => postern.verify(target)));
    const asked = () => gateway.paths().filter((path) => path.endsWith('/evidence')).length;
    expect(asked()).toBe(1);
    gateway.now += 300_000;
    await postern.verify(target);
    expect(asked()).toBe(1);
    gateway.now += 200_000; // the last part of its time: anew, beside its use
    await postern.verify(target);
    const until = () => postern.verification().nodes[0]?.until;
    await expect.poll(until).toBe(gateway.now + 600_000);
    expect(asked()).toBe(2);
    gateway.now += 601_000;
    await postern.verify(target);
    expect(asked()).toBe(3);
    expect(postern.verification().nodes[0]?.state).toBe('verified');
    gateway.now += 601_000;
    expect(postern.verification().nodes[0]?.state).toBe('expired');
  });

  it('is another one where the first does not hold', async () => {
    await gateway.admit(other);
    const postern = await createPostern(options());
    expect(postern.verification().nodes[0]?.node).toBe(NODE);
    for (let i = 0; i < 4; i++) await postern.verify({ model: `m${i}` });
    const failed = postern.verification().nodes.filter(({ state }) => state === 'failed');
    for (const { node, error } of failed) {
      expect(node).toBe(other.node);
      expect(error?.code).toBe('appraisal.reject');
    }
  });
});

describe('evidence that is refused', () => {
  it.each([
    [
      'that was made before',
      () => bed.machine.attest(new Uint8Array(32), 'client'),
      'freshness.challenge',
    ],
    [
      'that was made for another purpose',
      (bytes: Uint8Array) => {
        const { nonce } = JSON.parse(new TextDecoder().decode(bytes)).binding;
        return bed.machine.attest(new Uint8Array(Buffer.from(nonce, 'hex')), 'admission:x');
      },
      'freshness.challenge',
    ],
    [
      'of a keyset that reads the same in other bytes',
      (bytes: Uint8Array) =>
        edited(bytes, (document) => {
          const binding = document['binding'] as { keyset: string };
          const keyset = new TextDecoder().decode(fromBase64(binding.keyset, 'keyset'));
          return { ...document, binding: { ...binding, keyset: toBase64(utf8(`${keyset} `)) } };
        }),
      'appraisal.reject',
    ],
    [
      'of a keyset that is another machine’s',
      (bytes: Uint8Array) =>
        edited(bytes, (document) => ({
          ...document,
          binding: { ...(document['binding'] as object), keyset: toBase64(other.keys.keyset) },
        })),
      'appraisal.reject',
    ],
    ['that is cut', (bytes: Uint8Array) => bytes.subarray(0, 999), 'evidence.malformed'],
    ['that is none', () => utf8('{}'), 'evidence.malformed'],
  ] as const)('%s', async (_, change, want) => {
    lie(EVIDENCE, change);
    expect(await created()).toBe(want);
    expect(gateway.paths().some((path) => path.startsWith('POST /ohttp'))).toBe(false);
  });

  it('of another genuine machine with the same software', async () => {
    gateway = new StandInGateway();
    await gateway.admit(other);
    expect(await created()).toBe('appraisal.reject');
  });

  it('under simulator roots that nobody named', async () => {
    const { anchors: _, ...vendors } = options();
    expect(await codeOfRejection(createPostern(vendors))).toBe('appraisal.reject');
  });

  it('with no key for the suite, though it has another', async () => {
    const weaker = await clientBed({ suite: SUITE_X25519 });
    expect(await codeOfRejection(createPostern(weaker.options))).toBe('appraisal.suite');
    const postern = await createPostern({ ...weaker.options, suite: 'x25519' });
    expect((await readOutcome(postern.fetch(`${GATEWAY}/v1/models`))).status).toBe(200);
  });

  it('with keys that last too long', async () => {
    const lasting = await clientBed({ life: 3 * 3_600_000 });
    expect(await codeOfRejection(createPostern(lasting.options))).toBe('appraisal.key-life');
    const taken = { ...lasting.options, longestKeyLife: 4 * 3_600_000 };
    expect(await codeOfRejection(createPostern(taken))).toBeUndefined();
  });

  it('with keys that are over', async () => {
    gateway.now += 71 * 60_000;
    expect(await created()).toMatch(/^appraisal\./);
  });
});

describe('a gateway that takes its time', () => {
  /** Hours go by while a client waits for one path. */
  function wait(path: RegExp, ms: number): void {
    gateway.answering = async (asked, honest) => {
      const response = await honest();
      if (path.test(asked.path)) gateway.now += ms;
      return response;
    };
  }

  it.each([
    ['with the evidence', EVIDENCE, 600_000],
    ['with the log, until the keys are over', /^\/tile\//, 3 * 3_600_000],
    ['with the log, until the evidence is old', /^\/tile\//, 600_000],
  ])('%s: it is not taken for that of now', async (_, path, ms) => {
    wait(path, ms);
    expect(await created()).toBe('freshness.late');
  });

  it('counts the age of evidence from when it was asked for', async () => {
    const asked = gateway.now;
    wait(EVIDENCE, 599_000);
    const postern = await createPostern(options());
    expect(postern.verification().nodes[0]?.until).toBe(asked + 600_000);
  });
});

describe('what the ledger has to show', () => {
  it.each([
    [
      'a decision that was none to let it in',
      { decision: { verdict: 'reject' } },
      'ledger.verdict',
    ],
    ['a decision on what was not authentic', { decision: { authentic: false } }, 'ledger.verdict'],
    ['an admission on another decision', { rests: 'ee'.repeat(16) }, 'ledger.admission'],
    ['an admission that is over', { until: SIMULATED_NOW - 1 }, 'ledger.lapsed'],
    ['another keyset', { keyset: utf8('another') }, 'ledger.keyset'],
    [
      'another machine',
      { decision: { subject: `hmac-sha256:${'0'.repeat(64)}` } },
      'ledger.subject',
    ],
  ] as const)('not %s', async (_, changes, want) => {
    gateway = new StandInGateway();
    await gateway.admit(bed.machine, changes as never);
    expect(await created()).toBe(want);
  });

  it.each([
    ['a leaf left out', (c) => c.proofs.pop(), 'ledger.leaves'],
    ['a leaf twice', (c) => c.proofs.push(c.proofs[0]), 'ledger.leaves'],
    [
      'a leaf that is not the proven one',
      (c) => {
        c.proofs[0].entry = c.proofs[1].entry;
      },
      'ledger.malformed',
    ],
    [
      'a changed proof',
      (c) => {
        c.proofs[0].proof = c.proofs[1].proof;
      },
      'ledger.malformed',
    ],
    [
      'no salt',
      (c) => {
        for (const p of c.proofs) delete p.salt;
      },
      'ledger.keyset',
    ],
    [
      'another decision named',
      (c) => {
        c.decision = 'ee'.repeat(16);
      },
      'ledger.decision',
    ],
    [
      'a proof that is none',
      (c) => {
        c.proofs[2].proof = 'AAAA';
      },
      'ledger.malformed',
    ],
    [
      'another keyset proposed',
      (c) => {
        c.keysetSha384 = '00'.repeat(48);
      },
      'ledger.rotated',
    ],
  ] as [string, (candidate: Said) => void, string][])('with %s', async (_, change, want) => {
    lieJson(CANDIDATES, ({ candidates }) => change(candidates[0]));
    expect(await created()).toBe(want);
  });

  it('in this very log', async () => {
    lieJson(CANDIDATES, (value) => {
      value.ledger.origin = 'other.example/log';
    });
    expect(await created()).toBe('candidates.ledger');
  });

  it('on the vendors’ roots, unless others are named', async () => {
    expect(await created({ ledger: 'unchecked' })).toBeUndefined();
    const postern = await createPostern(options({ ledger: 'unchecked' }));
    expect(postern.verification().ledger).toEqual({ state: 'unchecked' });
  });
});

describe('the log, between runs', () => {
  it('goes on from what was seen', async () => {
    const memory = memoryInProcess();
    await createPostern(options({ memory }));
    await gateway.admit(bed.machine);
    const postern = await createPostern(options({ memory }));
    expect(postern.verification().ledger).toMatchObject({ size: 6, firstContact: false });
  });

  it('is not another one of the same keys', async () => {
    const memory = memoryInProcess();
    await createPostern(options({ memory }));
    gateway = new StandInGateway();
    await gateway.admit(bed.machine);
    expect(await created({ memory })).toBe('ledger.fork');
    await gateway.admit(bed.machine);
    expect(await created({ memory })).toBe('ledger.fork');
  });

  it('that turns out to be two ends all that rested on it', async () => {
    const postern = await createPostern(options());
    const two = new StandInGateway();
    await two.admit(bed.machine);
    gateway.answering = ({ method, path, headers, body }) =>
      two.fetch(`${GATEWAY}${path}`, {
        method,
        headers,
        ...(body.length > 0 && { body }),
      } as never);
    gateway.now += 500_000; // the last part of its time: looked at beside its use
    await postern.verify();
    await expect.poll(() => postern.verification().nodes[0]?.error?.code).toBe('ledger.fork');
    expect(await codeOfRejection(postern.verify())).toBe('ledger.fork');
  });

  it('is not a shorter one', async () => {
    const memory = memoryInProcess();
    const short = await gateway.ledger.checkpoint();
    const candidates = await (await gateway.fetch(`${GATEWAY}/v1/candidates?pool=${POOL}`)).json();
    await gateway.admit(bed.machine);
    await createPostern(options({ memory }));
    gateway.answering = async (asked, honest) => {
      if (asked.path === '/checkpoint') return new Response(short as BodyInit);
      return CANDIDATES.test(asked.path) ? Response.json(candidates) : honest();
    };
    expect(await created({ memory })).toBe('ledger.rollback');
  });

  it('may be proven by an older state, where the gateway has the last one too', async () => {
    const memory = memoryInProcess();
    const candidates = await (await gateway.fetch(`${GATEWAY}/v1/candidates?pool=${POOL}`)).json();
    await gateway.ledger.admit(bed.machine);
    const whole = options({ memory });
    await createPostern(whole);
    await gateway.ledger.admit(bed.machine);
    lieJson(CANDIDATES, (value) => Object.assign(value, candidates));
    const postern = await createPostern(whole);
    expect(postern.verification().ledger).toMatchObject({ state: 'checked', size: 9 });
  });
});

describe('an epoch', () => {
  const epoch: Partial<PosternOptions> = {
    freshness: 'epoch',
    ledger: { tlogPolicy: TLOG_POLICY },
  };
  const seconds = (ms: number) => BigInt(Math.floor(ms / 1000));
  let policy: Uint8Array;

  beforeAll(async () => {
    const { policyOf } = await import('../support/client/bed.ts');
    policy = policyOf(bed.machine, (draft) => {
      draft.spec.bindings = { ...draft.spec.bindings, purposes: [`epoch:${ORIGIN}`] } as never;
    });
  });

  it.each([
    ['that was cosigned just now', 0, undefined],
    ['that was cosigned ten minutes ago', -600_000, undefined],
    ['that was cosigned more than ten minutes ago', -601_000, 'freshness.epoch'],
    ['that will be cosigned', 1000, 'freshness.epoch'],
    ['that will be cosigned when no calendar goes on', 8.64e15, 'freshness.epoch'],
  ])('%s', async (_, offset, want) => {
    gateway.ledger.witnessedAt = seconds(gateway.now + offset);
    expect(await created({ ...epoch, policy: { file: policy } })).toBe(want);
  });

  it('that was recent when it was asked for', async () => {
    gateway.ledger.witnessedAt = seconds(gateway.now - 600_000);
    gateway.answering = async (asked, honest) => {
      const response = await honest();
      if (asked.path.endsWith('/epoch')) gateway.now += 1000;
      return response;
    };
    expect(await created({ ...epoch, policy: { file: policy } })).toBe('freshness.epoch');
  });

  it('is no younger by a slow clock, for who has seen the same state cosigned later', async () => {
    const memory = memoryInProcess();
    const by = { ...epoch, policy: { file: policy } };
    gateway.now += 400_000;
    const { now } = gateway;
    gateway.ledger.witnessedAt = seconds(now - 605_000);
    const candidates = await (await gateway.fetch(`${GATEWAY}/v1/candidates?pool=${POOL}`)).json();
    gateway.ledger.witnessedAt = seconds(now);
    lieJson(CANDIDATES, (value) => Object.assign(value, candidates));
    expect(await created({ ...by, memory })).toBeUndefined();
    gateway.ledger.witnessedAt = seconds(now - 605_000);
    gateway.now -= 400_000;
    expect(await created(by)).toBeUndefined();
    expect(await created({ ...by, memory })).toBe('freshness.epoch');
  });

  it('that no witness cosigned', async () => {
    expect(await created({ ...epoch, policy: { file: policy } })).toBe('freshness.malformed');
  });

  it('whose evidence is for an older checkpoint', async () => {
    gateway.ledger.witnessedAt = seconds(gateway.now);
    const old = new Uint8Array(32).fill(1);
    lieJson(/\/epoch$/, (value) => {
      value.bundle = toBase64(bed.machine.attest(old, `epoch:${ORIGIN}`));
    });
    expect(await created({ ...epoch, policy: { file: policy } })).toBe('freshness.challenge');
  });

  it('needs witnesses to be named', async () => {
    expect(await created({ freshness: 'epoch' })).toBe('freshness.usage');
  });
});

describe('options that would leave something open', () => {
  it.each([
    ['a gateway in clear text', { gateway: 'http://gateway.example' }, 'candidates.usage'],
    ['a gateway that is none', { gateway: 'gateway.example' }, 'candidates.usage'],
    ['a digest that is none', { policy: { digest: 'abc' } }, 'policy.usage'],
    ['a policy that is none', { policy: { file: 'kind: Nonsense' } }, 'policy.malformed'],
    ['no policy', { policy: {} }, 'policy.usage'],
    [
      'a policy by two pins, of which one would be passed over',
      { policy: { digest: `sha256:${'0'.repeat(64)}`, file: 'kind: Policy' } },
      'policy.usage',
    ],
    ['a time that is none', { verifiedFor: Number.NaN }, 'freshness.usage'],
    ['a time to look that is none', { longestLook: 0 }, 'candidates.usage'],
    ['a life of keys that is none', { longestKeyLife: Number.NaN }, 'appraisal.usage'],
    ['a size that is none', { largestRequest: Number('64M') }, 'seal.usage'],
    ['a key that is none', { ledger: { verifierKey: 'x' } }, 'ledger.malformed'],
    [
      'no signers',
      { policy: { name: 'p', signers: { keys: [], threshold: 1 }, leastRevision: 1 } },
      'policy.usage',
    ],
  ] as const)('%s', async (_, more, want) => {
    expect(await created(more as never)).toBe(want);
  });

  it('a policy for anybody’s machines, unless it is said in so many words', async () => {
    const any = await clientBed({
      policy: (draft) => {
        draft.spec.deployment = { skip: 'any machine with this software' };
      },
    });
    expect(await codeOfRejection(createPostern(any.options))).toBe('policy.deployment');
    const postern = await createPostern({ ...any.options, acceptAnyDeployment: true });
    expect(postern.verification().policy?.deployment).toBe('any');
  });
});

it('every error says what failed, and where trust ended', async () => {
  lie(EVIDENCE, () => bed.machine.attest(new Uint8Array(32), 'client'));
  const error = await createPostern(options()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PosternError);
  const { message, stage, trust, node, checks } = error as PosternError;
  expect({ stage, trust, node }).toEqual({
    stage: 'freshness',
    trust: STAGES.freshness,
    node: NODE,
  });
  expect(message).toContain('does not answer the challenge of this client');
  expect(message).toContain(trust);
  expect(checks.map(({ id }) => id)).toEqual(['bundle.nonce']);
});
