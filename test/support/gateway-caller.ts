import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { fromHex, toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { enrolmentTranscript } from '../../src/protocol/enrolment-transcript.ts';
import { BUNDLE_TYPE, JSON_TYPE, NONCE_HEADER } from '../../src/protocol/media-types.ts';
import { signRequest } from '../../src/protocol/request-signature/sign.ts';
import type { Member } from './fleet-bed.ts';
import type { WholeGateway } from './whole-gateway.ts';

/** An operator's key for a machine that need not be there. */
export type KeyOnly = Pick<Member, 'key' | 'privateKey' | 'inventory'>;

export function keyOnly(): KeyOnly {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key = { algorithm: 'ed25519', publicKey: raw.toString('hex') } as const;
  return { key, privateKey, inventory: { cpu: 'tdx', gpus: 0, switches: 0 } };
}

export interface Call {
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | string;
  /** An address of this machine to call from: each is a caller of its own. */
  readonly from?: string;
}

export interface Came {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what came is looked at by the test
  readonly json: () => any;
}

/** Asks a gateway that listens, on a connection of its own. */
export function call({ port }: Pick<WholeGateway, 'port'>, asked: Call): Promise<Came> {
  const { method = 'GET', path, headers = {}, body = '', from = '127.0.0.1' } = asked;
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        localAddress: from,
        agent: false,
        headers: { ...headers, ...(hasBody && { 'content-length': `${bytes.length}` }) } as never,
      },
      (answer) => {
        const chunks: Uint8Array[] = [];
        answer.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const all = Buffer.concat(chunks);
          const text = all.toString('utf8');
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            bytes: new Uint8Array(all),
            text,
            json: () => JSON.parse(text),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(hasBody ? bytes : undefined);
  });
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** What a node's key says of a request; `at` in milliseconds. */
export async function signedBy(
  { key, privateKey }: KeyOnly,
  gateway: Pick<WholeGateway, 'origin' | 'now'>,
  { method = 'GET', path, body = '' }: Call,
  at = gateway.now(),
): Promise<Readonly<Record<string, string>>> {
  const created = Math.floor(at / 1000);
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const signed = await signRequest(
    { method, url: gateway.origin + path, body: bytes },
    {
      created,
      expires: created + 120,
      nonce: new Uint8Array(randomBytes(16)),
      keyId: key.publicKey,
      algorithm: 'ed25519',
    },
    (base) => new Uint8Array(sign(null, base, privateKey)),
  );
  return { ...signed };
}

/** Sends what a node's key signed. */
export async function callAs(member: KeyOnly, gateway: WholeGateway, asked: Call): Promise<Came> {
  const headers = { ...asked.headers, ...(await signedBy(member, gateway, asked)) };
  return call(gateway, { ...asked, headers });
}

export interface Challenge {
  readonly nonce: Uint8Array;
  readonly purpose: string;
}

function challengeIn(came: Came): Challenge {
  if (came.status !== 200) throw new Error(`no challenge: ${came.status} ${came.text}`);
  const { nonce, purpose } = came.json() as { readonly nonce: string; readonly purpose: string };
  return { nonce: fromHex(nonce, 'nonce'), purpose };
}

export async function enrolmentChallenge(
  gateway: WholeGateway,
  { key }: KeyOnly,
  apiKey = gateway.keys.node,
): Promise<Challenge> {
  const headers = { ...bearer(apiKey), 'content-type': JSON_TYPE };
  const body = JSON.stringify({ key });
  return challengeIn(
    await call(gateway, { method: 'POST', path: '/v1/challenges', headers, body }),
  );
}

/** What is sent to enrol a machine, with whatever is wrong about it. */
export function enrolmentBody(
  { key, privateKey, inventory }: KeyOnly,
  {
    origin,
    nonce,
    name,
    pool = 'tdx',
  }: {
    readonly origin: string;
    readonly nonce: Uint8Array;
    readonly name: string;
    readonly pool?: string;
  },
): string {
  const enrolled = { name, key, pool, inventory };
  const message = enrolmentTranscript({ origin, nonce, enrolled });
  const signature = toHex(new Uint8Array(sign(null, message, privateKey)));
  return JSON.stringify({ ...enrolled, nonce: toHex(nonce), signature });
}

/** Enrols a machine, as who brings machines does. @returns its id. */
export async function enrolAt(gateway: WholeGateway, member: KeyOnly, name: string) {
  const { nonce } = await enrolmentChallenge(gateway, member);
  const body = enrolmentBody(member, { origin: gateway.origin, nonce, name });
  const headers = { ...bearer(gateway.keys.node), 'content-type': JSON_TYPE };
  const came = await call(gateway, { method: 'POST', path: '/v1/nodes', headers, body });
  if (came.status !== 201) throw new Error(`not enrolled: ${came.status} ${came.text}`);
  return String(came.json().id);
}

/** A challenge for a node, asked for by its own key. */
export async function challengeOf(gateway: WholeGateway, member: KeyOnly, node: string) {
  const asked = { method: 'POST', path: `/v1/nodes/${node}/challenges` };
  return challengeIn(await callAs(member, gateway, asked));
}

/** Shows evidence for a node, signed by its key. */
export function show(
  gateway: WholeGateway,
  member: KeyOnly,
  {
    node,
    nonce,
    bundle,
  }: { readonly node: string; readonly nonce: Uint8Array; readonly bundle: Uint8Array },
): Promise<Came> {
  const headers = { 'content-type': BUNDLE_TYPE, [NONCE_HEADER]: toHex(nonce) };
  const path = `/v1/nodes/${node}/attestations`;
  return callAs(member, gateway, { method: 'POST', path, headers, body: bundle });
}

/** What an honest node does. */
export async function attestAt(gateway: WholeGateway, member: Member, node: string): Promise<Came> {
  const { nonce, purpose } = await challengeOf(gateway, member, node);
  return show(gateway, member, { node, nonce, bundle: member.machine.bundle({ nonce, purpose }) });
}
