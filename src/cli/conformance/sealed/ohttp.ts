import { fromHex, toHex } from '../../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { keySchedule } from '../../../sealed/hpke/key-schedule.ts';
import { encapsulateWith } from '../../../sealed/kem/encapsulate-with.ts';
import { type Encapsulated, KEM_SECRET_SIZE } from '../../../sealed/kem/kem.ts';
import { encodeKeyConfig, parseKeyConfig } from '../../../sealed/key-config.ts';
import { keyPairFrom, type SealedKeyPair } from '../../../sealed/key-pair.ts';
import { NonceCounter } from '../../../sealed/nonce-counter.ts';
import { openRequestHeader } from '../../../sealed/open-request.ts';
import { type RequestSealer, sealRequestWith } from '../../../sealed/request.ts';
import { type Framing, HEADER_SIZE, LABELS, requestInfo } from '../../../sealed/request-header.ts';
import { responseKeys, responseNonceSize } from '../../../sealed/response-keys.ts';
import type { Suite } from '../../../sealed/suite.ts';
import { openWholeRequest, sealWholeRequest } from '../../../sealed/whole-message.ts';
import type { Runner } from '../runner.ts';
import { firstMismatch, memberMismatch, outcomeOf } from './vectors.ts';

/** One exchange of Oblivious HTTP, in one piece or in chunks, with its middle values. */
export const ohttpRunner: Runner = {
  name: 'Oblivious HTTP',
  reads: ['vector'],
  takes: async ({ file }) => shapeOf(await file('vector')).has('encapsulatedRequest'),
  run: async (_, { file }) => {
    const shape = shapeOf(await file('vector'));
    return outcomeOf([{ problem: () => exchangeMismatch(shape) }]);
  },
};

function shapeOf(file: Uint8Array): JsonShape {
  return new JsonShape(parseJson(fromUtf8(file, 'vector'), 'vector').value, 'vector');
}

function exchangeMismatch(shape: JsonShape): Mismatch | undefined {
  const sealed = bytesOf(shape, 'encapsulatedRequest');
  const config = parseKeyConfig(bytesOf(shape, 'keyConfig'), 'vector.keyConfig');
  const pair = keyPairFrom(secretIn(shape), config);
  const framing: Framing = shape.has('requestChunksPlain') ? 'chunked' : 'whole';
  const header = sealed.subarray(0, HEADER_SIZE);
  const suite = suiteOf(header);
  const made = encapsulateWith(config.kem, config.publicKey, bytesOf(shape, 'skE'));
  if (!made) throw malformed('vector.skE', 'makes no encapsulation');
  return firstMismatch(
    () => memberMismatch(shape, 'keyConfig', encodeKeyConfig({ ...config, ...pair.config })),
    () => memberMismatch(shape, 'pkE', made.enc),
    () => memberMismatch(shape, 'info', requestInfo(framing, header)),
    () => middleMismatch(shape, framing, suite, header, made),
    () =>
      framing === 'chunked'
        ? chunkedMismatch(shape, pair, suite, made)
        : wholeMismatch(shape, pair, suite, made),
  );
}

/** The keys of the response, one derivation after the other. */
function middleMismatch(
  shape: JsonShape,
  framing: Framing,
  suite: Suite,
  header: Uint8Array,
  { enc, sharedSecret }: Encapsulated,
): Mismatch | undefined {
  const schedule = keySchedule(suite, sharedSecret, requestInfo(framing, header));
  const responseLabel = LABELS[framing].response;
  const exported = schedule.export(utf8(responseLabel), responseNonceSize(suite));
  const nonce = bytesOf(shape, 'responseNonce');
  const keys = responseKeys({ suite, schedule, enc, responseLabel }, nonce);
  return firstMismatch(
    () => memberMismatch(shape, 'exportedSecret', exported),
    () => memberMismatch(shape, 'aeadKey', keys.key),
    () => memberMismatch(shape, 'aeadNonce', keys.baseNonce),
    () => nonceMismatch(shape, keys.baseNonce),
  );
}

function wholeMismatch(
  shape: JsonShape,
  pair: SealedKeyPair,
  suite: Suite,
  made: Encapsulated,
): Mismatch | undefined {
  const [request, response] = [bytesOf(shape, 'binaryRequest'), bytesOf(shape, 'binaryResponse')];
  const client = sealWholeRequest(pair.config.keyId, suite, made, request);
  const agent = openWholeRequest(client.sealed, () => pair);
  const answer = agent.sealResponse(bytesOf(shape, 'responseNonce'), response);
  return firstMismatch(
    () => memberMismatch(shape, 'encapsulatedRequest', client.sealed),
    () => memberMismatch(shape, 'binaryRequest', agent.message),
    () => memberMismatch(shape, 'encapsulatedResponse', answer),
    () => memberMismatch(shape, 'binaryResponse', client.openResponse(answer)),
  );
}

function chunkedMismatch(
  shape: JsonShape,
  pair: SealedKeyPair,
  suite: Suite,
  made: Encapsulated,
): Mismatch | undefined {
  const sealed = bytesOf(shape, 'encapsulatedRequest');
  const client = sealRequestWith(pair.config.keyId, suite, made);
  const { opener, consumed } = openRequestHeader(sealed, () => pair);
  const opened = concatBytes(...opener.push(sealed.subarray(consumed)), opener.end());
  const agent = opener.sealResponse(() => bytesOf(shape, 'responseNonce'));
  const answer = client.openResponse();
  const response = bytesOf(shape, 'encapsulatedResponse');
  const pieces = [...answer.push(response), answer.end()];
  return firstMismatch(
    () => memberMismatch(shape, 'binaryRequest', opened),
    () => {
      const lengths = shape.array('requestChunksPlain').map(Number);
      const chunks = inPieces(bytesOf(shape, 'binaryRequest'), lengths);
      return memberMismatch(
        shape,
        'encapsulatedRequest',
        concatBytes(client.header, ...all(client, chunks)),
      );
    },
    () => memberMismatch(shape, 'binaryResponse', concatBytes(...pieces)),
    () =>
      memberMismatch(
        shape,
        'encapsulatedResponse',
        concatBytes(agent.nonce, ...all(agent, pieces)),
      ),
  );
}

function nonceMismatch(shape: JsonShape, baseNonce: Uint8Array): Mismatch | undefined {
  if (!shape.has('chunkNonces')) return undefined;
  const want = shape.strings('chunkNonces').join(' ').toLowerCase();
  const got = shape
    .strings('chunkNonces')
    .map((_, i) => toHex(new NonceCounter(baseNonce, i).current()));
  const text = got.join(' ');
  return text === want ? undefined : { want, got: text };
}

/** The last of them is the final chunk. */
function all(
  sealer: Pick<RequestSealer, 'sealChunk' | 'sealFinal'>,
  pieces: readonly Uint8Array[],
): readonly Uint8Array[] {
  const last = pieces.length - 1;
  return pieces.map((piece, i) => (i < last ? sealer.sealChunk(piece) : sealer.sealFinal(piece)));
}

function inPieces(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return bytes.subarray(end - length, end);
  });
}

function suiteOf(header: Uint8Array): Suite {
  const u16 = (at: number) => (header[at] ?? 0) * 256 + (header[at + 1] ?? 0);
  return { kem: u16(1), kdf: u16(3), aead: u16(5) };
}

/** The gateway's secret, under whichever name. */
function secretIn(shape: JsonShape): Uint8Array {
  const name = shape.names().find((member) => /^(?:gateway_)?skR/.test(member));
  return shape.hex(name ?? 'skR', KEM_SECRET_SIZE);
}

function bytesOf(shape: JsonShape, name: string): Uint8Array {
  return fromHex(shape.string(name), `${shape.path}.${name}`);
}
