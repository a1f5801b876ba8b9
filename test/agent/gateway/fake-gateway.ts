import { generateKeyPairSync, sign } from 'node:crypto';
import type { Static, TSchema } from 'typebox';
import type { NodeSigner } from '../../../src/agent/gateway/proof.ts';
import { bindingOf } from '../../../src/appraisal/binding/recipe.ts';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { schemaMisfits } from '../../../src/core/document/schema-misfits.ts';
import type { JsonValue } from '../../../src/core/encoding/json.ts';
import { parseSignedCheckpoint } from '../../../src/ledger/note/checkpoint.ts';
import { AttestationAnswerSchema } from '../../../src/protocol/attestation.ts';
import { CertificateRequest, IssuedCertificateSchema } from '../../../src/protocol/certificate.ts';
import {
  ChallengeSchema,
  EnrolmentChallengeRequest,
  EnrolmentRequest,
} from '../../../src/protocol/enrolment.ts';
import { NodeSchema } from '../../../src/protocol/node.ts';
import {
  PROBLEMS,
  type ProblemCode,
  ProblemSchema,
  problemType,
} from '../../../src/protocol/problem.ts';
import {
  type UsageFate,
  UsageFatesSchema,
  UsageRequest,
} from '../../../src/protocol/session/usage.ts';

export const ORIGIN = 'https://gate.example';
export const NODE = '0a'.repeat(16);
export const ENROLMENT_KEY = 'postern_node_0123456789abcdef_secret';

export function testSigner(): NodeSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return {
    kind: 'signature',
    publicKey: toHex(new Uint8Array(spki.subarray(-32))),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

/**
 * What a gateway says to an agent, by a switch for each of its moods. What it says and what it is
 * told is of the protocol's own shapes, or noted as a misfit and thrown.
 */
export class FakeGateway {
  /** `POST /v1/nodes`, without the id of a node. */
  readonly asked: string[] = [];
  /** What was not as the protocol has it, of either side. */
  readonly misfits: string[] = [];
  /** Digests of the keysets that it let in, and the nonces that they were shown with. */
  readonly admitted: string[] = [];
  readonly usage: string[] = [];
  /** What becomes of the statements that are handed in next; taken where nothing is said. */
  readonly usageFates: UsageFate[] = [];
  readonly enrolled: unknown[] = [];
  mood: 'well' | 'down' | 'silent' | 'rejects' | 'forgot' | 'other-purpose' | 'lapsed' = 'well';
  /** By both keys of the log, and nobody else's. */
  checkpoint = [
    'log.example/1\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n',
    '— log.example/1 AAAAAGFi\n— log.example/1 AAAAAmFi\n',
  ].join('');
  /** How long an admission lasts, in milliseconds. */
  ttl = 3_600_000;
  /** Certifies a key, or is the problem that is answered with. */
  certify: ProblemCode | ((asked: Static<typeof CertificateRequest>) => Promise<string>) =
    'missing';
  readonly #now: () => number;
  #nonces = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(String(input));
    const route = `${init?.method} ${pathname.replace(NODE, ':node')}`;
    this.asked.push(route);
    if (this.mood === 'down') throw new TypeError('fetch failed');
    if (this.mood === 'silent') {
      const { promise, reject } = Promise.withResolvers<never>();
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      if (init?.signal?.aborted) reject(init.signal.reason);
      return promise;
    }
    const headers = new Headers(init?.headers);
    const body = new Uint8Array(await new Response(init?.body ?? null).arrayBuffer());
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
    return Promise.race([this.#answer(route, headers, body), givenUp]);
  };

  async #answer(route: string, headers: Headers, body: Uint8Array): Promise<Response> {
    const isNode = headers.has('signature');
    switch (route) {
      case 'POST /v1/challenges':
        this.#read(EnrolmentChallengeRequest, body, route);
        return this.#json(ChallengeSchema, this.#challenge(`enrolment:${ORIGIN}`));
      case 'POST /v1/nodes':
        if (headers.get('authorization') !== `Bearer ${ENROLMENT_KEY}`)
          return this.#problem('unauthenticated');
        this.enrolled.push(this.#read(EnrolmentRequest, body, route));
        if (this.mood === 'forgot') this.mood = 'well';
        return this.#json(NodeSchema, this.#node(), 201);
      case 'POST /v1/nodes/:node/challenges': {
        if (!isNode || this.mood === 'forgot') return this.#problem('missing');
        const other = this.mood === 'other-purpose';
        return this.#json(
          ChallengeSchema,
          this.#challenge(other ? 'client' : `admission:${ORIGIN}`),
        );
      }
      case 'POST /v1/nodes/:node/attestations':
        return this.#attested(body, headers.get('postern-nonce') ?? '');
      case 'GET /v1/nodes/:node':
        return this.mood === 'forgot'
          ? this.#problem('missing')
          : this.#json(NodeSchema, this.#node());
      case 'POST /v1/nodes/:node/certificates': {
        const asked = this.#read(CertificateRequest, body, route);
        const { certify } = this;
        if (!isNode || typeof certify === 'string') {
          return this.#problem(typeof certify === 'string' ? certify : 'unauthenticated');
        }
        return this.#json(IssuedCertificateSchema, await this.#issued(asked, certify), 201);
      }
      case 'GET /checkpoint':
        parseSignedCheckpoint(Buffer.from(this.checkpoint), 'checkpoint');
        return new Response(this.checkpoint);
      case 'POST /v1/usage':
        return this.#json(UsageFatesSchema, {
          fates: this.#handIn(this.#read(UsageRequest, body, route).usage),
        });
      default:
        throw this.#misfit(route, 'is nothing that an agent asks');
    }
  }

  async #issued(
    asked: Static<typeof CertificateRequest>,
    certify: (asked: Static<typeof CertificateRequest>) => Promise<string>,
  ) {
    const at = new Date(this.#now()).toISOString();
    return {
      use: asked.use,
      certificate: await certify(asked),
      sha256: '0'.repeat(64),
      names: ['n.p.fleet.example'],
      notBefore: at,
      notAfter: at,
      decision: 'cd'.repeat(16),
      leaf: { origin: 'log.example/1', index: 2 },
    };
  }

  #handIn(usage: readonly string[]): readonly UsageFate[] {
    const fate = this.usageFates.shift() ?? 'taken';
    if (fate === 'taken') this.usage.push(...usage);
    return usage.map(() => fate);
  }

  #attested(body: Uint8Array, nonce: string): Response {
    const { binding, devices } = parseBundle(body);
    const { keyset, nonce: answered, purpose } = bindingOf(binding, devices);
    const isRight = toHex(answered ?? new Uint8Array()) === nonce;
    if (this.mood === 'rejects' || !isRight || purpose !== `admission:${ORIGIN}` || !keyset) {
      return this.#problem('attestation-rejected', { decision: 'ab'.repeat(16) });
    }
    this.mood = 'well';
    this.admitted.push(toHex(keyset.sha384));
    return this.#json(AttestationAnswerSchema, {
      decision: 'cd'.repeat(16),
      verdict: 'accept',
      authentic: true,
      node: this.#node(),
      leaf: { origin: 'log.example/1', index: 1, size: 2 },
    });
  }

  #challenge(purpose: string) {
    this.#nonces += 1;
    const nonce = this.#nonces.toString(16).padStart(64, '0');
    return { nonce, purpose, expiresAt: new Date(this.#now() + 60_000).toISOString() };
  }

  #node() {
    const at = new Date(this.#now()).toISOString();
    const until = new Date(this.#now() + this.ttl).toISOString();
    const id = 'ef'.repeat(16);
    const policy = `sha256:${'0'.repeat(64)}`;
    const isIn = this.mood !== 'lapsed' && this.admitted.length > 0;
    const admission = { id, decision: id, until, evidenceAt: at, policy };
    return {
      id: NODE,
      name: 'n',
      key: { algorithm: 'ed25519', publicKey: '11'.repeat(32) },
      pool: 'p',
      declared: { cpu: 'snp', gpus: 0, switches: 0 },
      enrolledAt: at,
      version: 1,
      standing: { state: isIn ? 'admitted' : 'lapsed', since: at, ...(isIn && { admission }) },
      admittedNow: isIn,
    };
  }

  #problem(code: ProblemCode, more: object = {}): Response {
    const { status, title } = PROBLEMS[code];
    const problem = { type: problemType(code), title, status, ...more };
    return this.#json(ProblemSchema, problem, status, 'application/problem+json');
  }

  #json(schema: TSchema, value: object, status = 200, type = 'application/json'): Response {
    const text = JSON.stringify(value);
    this.#want(schema, JSON.parse(text), `answer ${status}`);
    return new Response(text, { status, headers: { 'content-type': type } });
  }

  #read<Schema extends TSchema>(schema: Schema, body: Uint8Array, what: string): Static<Schema> {
    const value = JSON.parse(Buffer.from(body).toString());
    this.#want(schema, value, what);
    return value as Static<Schema>;
  }

  #want(schema: TSchema, value: JsonValue, what: string): void {
    const [misfit] = schemaMisfits(schema, value);
    if (misfit) throw this.#misfit(`${what}: ${misfit.path}`, misfit.problem);
  }

  #misfit(at: string, problem: string): Error {
    this.misfits.push(`${at}: ${problem}`);
    return new Error(`${at}: ${problem}`);
  }
}
