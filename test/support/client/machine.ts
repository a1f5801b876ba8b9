import { generateKeyPairSync, type KeyObject, randomBytes as nodeRandom } from 'node:crypto';
import { sha256 } from '#crypto';
import { keysetDigest } from '../../../src/appraisal/binding/keyset.ts';
import { possessionTranscript, type ShownUse } from '../../../src/appraisal/binding/possession.ts';
import { signStatement } from '../../../src/appraisal/result/signed-statement.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { toBase64Url } from '../../../src/core/encoding/base64url.ts';
import { formatTime } from '../../../src/core/encoding/time.ts';
import type { Services } from '../../../src/protocol/node.ts';
import { sessionId } from '../../../src/protocol/session/session-id.ts';
import {
  RECEIPT_TYPE,
  type ReceiptClaims,
  USAGE_TYPE,
  type UsageClaims,
} from '../../../src/protocol/session/usage.ts';
import { decodeRequest } from '../../../src/sealed/bhttp/decode.ts';
import { MessageWriter } from '../../../src/sealed/bhttp/encode.ts';
import type { Field, RequestMessage } from '../../../src/sealed/bhttp/message.ts';
import { encodeKeyConfig } from '../../../src/sealed/key-config.ts';
import { makeKeyPair, type SealedKeyPair } from '../../../src/sealed/key-pair.ts';
import { openRequestHeader } from '../../../src/sealed/open-request.ts';
import { SUITE_HYBRID, type Suite } from '../../../src/sealed/suite.ts';
import {
  type BundleMachine,
  type BundleMachineOptions,
  createBundleMachine,
} from '../../../src/simulator/bundle/simulate.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import { edited } from '../bundle.ts';

/** What the model's server behind a machine answers. */
export interface Served {
  readonly status?: number;
  readonly fields?: readonly Field[];
  /** Each a chunk of its own. */
  readonly parts: readonly Uint8Array[];
}

export type Serve = (request: RequestMessage, machine: StandInMachine) => Served;

export interface MachineKeys {
  readonly pair: SealedKeyPair;
  readonly receipt: KeyObject;
  readonly keyset: Uint8Array;
  /** Lower-case hex. */
  readonly keysetSha384: string;
}

/** A key that a machine serves SSH or TLS with. */
export interface ServingKey {
  readonly use: ShownUse;
  /** Its entry in the keyset. */
  readonly listed: Readonly<Record<string, string>>;
  /** As it is shown beside the keyset. */
  readonly key: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export interface MachineChanges {
  readonly serving?: readonly ServingKey[];
  readonly suite?: Suite;
  /** Milliseconds that its keyset lasts. */
  readonly life?: number;
  readonly receipts?: boolean;
  readonly machine?: BundleMachineOptions;
}

const MINUTE = 60_000;

/** A simulated enclave with an agent in it that does what one has to, in memory. */
export class StandInMachine {
  readonly node: string;
  readonly hardware: BundleMachine;
  readonly #changes: MachineChanges;
  keys: MachineKeys;
  serve: Serve;
  /** Listed in its keyset from the next rotation on, and shown. */
  serving: readonly ServingKey[];
  services: Services = {};
  /** Connections that were begun with its keys: purpose and session, in lower-case hex. */
  readonly begun = new Set<string>();
  /** Requests as they came out of their seals. */
  readonly opened: RequestMessage[] = [];
  readonly sessions = new Set<string>();
  /** Changes what is signed of a session. */
  claims: (claims: ReceiptClaims) => ReceiptClaims = (claims) => claims;
  /** Changes the claims of the statement that is billed by. */
  billed: (claims: UsageClaims) => UsageClaims = (claims) => claims;
  #seq = 0;
  #previous: string | null = null;

  private constructor(
    node: string,
    hardware: BundleMachine,
    changes: MachineChanges,
    serve: Serve,
  ) {
    this.node = node;
    this.hardware = hardware;
    this.#changes = changes;
    this.serve = serve;
    this.serving = changes.serving ?? [];
    this.keys = this.#makeKeys(1);
  }

  static async create(
    node: string,
    serve: Serve,
    changes: MachineChanges = {},
  ): Promise<StandInMachine> {
    const hardware = await createBundleMachine({
      gpus: 0,
      switches: 0,
      revocation: 'published',
      ...changes.machine,
    });
    return new StandInMachine(node, hardware, changes, serve);
  }

  /** New keys, and evidence of these from now on. */
  rotate(keyId = 2): void {
    this.keys = this.#makeKeys(keyId);
  }

  attest(nonce: Uint8Array, purpose: string): Uint8Array {
    const { keyset } = this.keys;
    this.hardware.plan.keyset = keyset;
    const bundle = this.hardware.bundle({ nonce, purpose });
    if (this.serving.length === 0) return bundle;
    const possession = this.serving.map((own) => {
      const transcript = possessionTranscript({ purpose, nonce, keyset }, own);
      const signature = toBase64(own.sign(transcript));
      return { use: own.use, key: toBase64(own.key), signature };
    });
    return edited(bundle, (document) => {
      return { ...document, binding: { ...(document['binding'] as object), possession } };
    });
  }

  /**
   * What an agent sends for a sealed request, in pieces as it would: nonce and each chunk.
   *
   * @returns undefined for a key that it does not have.
   */
  async answer(sealed: Uint8Array): Promise<readonly Uint8Array[] | undefined> {
    const { pair } = this.keys;
    if (sealed[0] !== pair.config.keyId) return undefined;
    const { opener, enc, consumed } = openRequestHeader(sealed, (id) =>
      id === pair.config.keyId ? pair : undefined,
    );
    const plain = concatBytes(...opener.push(sealed.subarray(consumed)), opener.end());
    const session = sessionId(enc);
    if (this.sessions.has(session)) throw new Error('a request that came twice');
    this.sessions.add(session);
    const request = decodeRequest(plain);
    this.opened.push(request);
    const { status = 200, fields = [], parts } = this.serve(request, this);
    const writer = new MessageWriter();
    const sealer = opener.sealResponse(nodeRandom);
    const head = sealer.sealChunk(writer.responseHead({ status, fields }));
    const content = parts.map((part) => sealer.sealChunk(writer.content(part)));
    const trailers = await this.#trailers(request, {
      session,
      status,
      requestSha256: toHex(sha256(plain)),
      responseSha256: toHex(sha256(concatBytes(...parts))),
    });
    return [sealer.nonce, head, ...content, sealer.sealFinal(writer.end(trailers))];
  }

  async #trailers(
    request: RequestMessage,
    about: Pick<ReceiptClaims, 'session' | 'status' | 'requestSha256' | 'responseSha256'>,
  ): Promise<readonly Field[]> {
    if (this.#changes.receipts === false) return [];
    const { session, ...inside } = about;
    const usage: UsageClaims = {
      v: 1,
      session,
      keyset: this.keys.keysetSha384,
      model: modelOf(request),
      outcome: 'complete',
      promptTokens: 3,
      completionTokens: 5,
      counted: true,
      at: formatTime(SIMULATED_NOW),
      account: '-',
      seq: ++this.#seq,
      prev: this.#previous,
    };
    const claims = this.claims({ ...usage, ...inside });
    const signer = { algorithm: 'EdDSA' as const, keyId: 'receipt', privateKey: this.keys.receipt };
    const { requestSha256: _q, responseSha256: _r, status: _s, ...billed } = claims;
    const statement = await signStatement(USAGE_TYPE, { ...this.billed(billed) }, signer);
    this.#previous = toHex(sha256(utf8(statement)));
    return [
      ['postern-receipt', await signStatement(RECEIPT_TYPE, { ...claims }, signer)],
      ['postern-usage', statement],
    ];
  }

  #makeKeys(keyId: number): MachineKeys {
    const { suite = SUITE_HYBRID, life = 70 * MINUTE, receipts = true } = this.#changes;
    const pair = makeKeyPair({ keyId, suite, randomBytes: nodeRandom });
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const at = this.hardware.at.evidence;
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const document = {
      v: 1,
      deployment: 'stand-in',
      not_before: formatTime(at - MINUTE),
      not_after: formatTime(at - MINUTE + life),
      agent_config_sha256: 'c3'.repeat(32),
      keys: [
        { use: 'ohttp', config: toBase64Url(encodeKeyConfig(pair.config)) },
        ...(receipts
          ? [
              {
                use: 'receipt',
                alg: 'ed25519',
                pub: toBase64Url(new Uint8Array(spki.subarray(-32))),
              },
            ]
          : []),
        ...this.serving.map(({ listed }) => listed),
      ],
    };
    const keyset = utf8(JSON.stringify(document));
    return { pair, receipt: privateKey, keyset, keysetSha384: toHex(keysetDigest(keyset)) };
  }
}

function modelOf({ content }: RequestMessage): string {
  try {
    const { model } = JSON.parse(new TextDecoder().decode(content));
    return typeof model === 'string' ? model : '';
  } catch {
    return '';
  }
}
