import { generateKeyPairSync, sign } from 'node:crypto';
import type { NodeSigner } from '../../../src/agent/gateway/proof.ts';
import { bindingOf } from '../../../src/appraisal/binding/recipe.ts';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import type { UsageFate } from '../../../src/protocol/session/usage.ts';

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

/** What a gateway says to an agent, by a switch for each of its moods. */
export class FakeGateway {
  /** `POST /v1/nodes`, without the id of a node. */
  readonly asked: string[] = [];
  /** Digests of the keysets that it let in, and the nonces that they were shown with. */
  readonly admitted: string[] = [];
  readonly usage: string[] = [];
  /** What becomes of the statements that are handed in next; taken where nothing is said. */
  readonly usageFates: UsageFate[] = [];
  readonly enrolled: unknown[] = [];
  mood: 'well' | 'down' | 'silent' | 'rejects' | 'forgot' | 'other-purpose' | 'lapsed' = 'well';
  checkpoint =
    'log.example/1\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— log.example/1 AAAAAGFi\n';
  /** How long an admission lasts, in milliseconds. */
  ttl = 3_600_000;
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
    return this.#answer(route, headers, body);
  };

  #answer(route: string, headers: Headers, body: Uint8Array): Response {
    const isNode = headers.has('signature');
    switch (route) {
      case 'POST /v1/challenges':
        return json(this.#challenge(`enrolment:${ORIGIN}`));
      case 'POST /v1/nodes':
        if (headers.get('authorization') !== `Bearer ${ENROLMENT_KEY}`) return problem(401);
        this.enrolled.push(JSON.parse(Buffer.from(body).toString()));
        if (this.mood === 'forgot') this.mood = 'well';
        return json(this.#node(), 201);
      case 'POST /v1/nodes/:node/challenges': {
        if (!isNode || this.mood === 'forgot') return problem(404);
        const other = this.mood === 'other-purpose';
        return json(this.#challenge(other ? 'client' : `admission:${ORIGIN}`));
      }
      case 'POST /v1/nodes/:node/attestations':
        return this.#attested(body, headers.get('postern-nonce') ?? '');
      case 'GET /v1/nodes/:node':
        return this.mood === 'forgot' ? problem(404) : json(this.#node());
      case 'GET /checkpoint':
        return new Response(this.checkpoint);
      case 'POST /v1/usage':
        return json({ fates: this.#handIn(JSON.parse(Buffer.from(body).toString()).usage) });
      default:
        return problem(404);
    }
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
      return json(
        {
          type: 'urn:postern:problem:attestation-rejected',
          title: 'The evidence was rejected',
          status: 403,
          decision: 'ab'.repeat(16),
        },
        403,
        'application/problem+json',
      );
    }
    this.mood = 'well';
    this.admitted.push(toHex(keyset.sha384));
    return json({
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
}

function json(value: unknown, status = 200, type = 'application/json'): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': type } });
}

function problem(status: 401 | 404): Response {
  const code = status === 404 ? 'missing' : 'unauthenticated';
  const body = { type: `urn:postern:problem:${code}`, title: 'no', status };
  return json(body, status, 'application/problem+json');
}
