import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { SealedFault } from '../../src/sealed/fault.ts';
import { openRequestHeader } from '../../src/sealed/open-request.ts';
import { sealRequest } from '../../src/sealed/request.ts';
import { LARGEST_REQUEST_HEADER } from '../../src/sealed/request-header.ts';
import { sealAll } from '../../src/sealed/seal-all.ts';
import { SUITE_HYBRID, SUITE_X25519 } from '../../src/sealed/suite.ts';
import { faultOf } from '../support/fault-of.ts';
import { bothEnds, chunksOf, keyPair, openAll, random, suites } from '../support/sealed.ts';
import { asView } from '../support/view.ts';

const parts = ['first', 'second', 'third', 'last'].map(utf8);
const whole = concatBytes(...parts);

function kindOf(act: () => unknown): string {
  const fault = faultOf(act);
  if (!(fault instanceof SealedFault)) throw fault;
  return fault.kind;
}

describe.each(suites)('%s', (_, suite) => {
  it('carries a request and its response, each chunk when it is there', () => {
    const pair = keyPair(suite);
    const client = sealRequest(pair.config);
    const wire = concatBytes(client.header, sealAll(client, whole));
    const { opener, enc, consumed } = openRequestHeader(asView(wire), () => pair);
    expect([enc, consumed]).toEqual([client.enc, client.header.length]);
    expect(openAll(opener, wire.subarray(consumed))).toEqual(whole);
    expect(opener.done).toBe(true);
    const sealer = opener.sealResponse(random);
    const response = client.openResponse();
    expect(response.push(sealer.nonce)).toEqual([]);
    for (const part of parts) expect(response.push(sealer.sealChunk(part))).toEqual([part]);
    expect(response.push(sealer.sealFinal(whole))).toEqual([]);
    expect(response.done).toBe(false);
    expect(response.end()).toEqual(whole);
    expect(response.done).toBe(true);
  });

  it('has the sizes of the draft', () => {
    const { client, sealer } = bothEnds(keyPair(suite));
    expect(client.header).toHaveLength(suite === SUITE_HYBRID ? LARGEST_REQUEST_HEADER : 39);
    expect(sealer.nonce).toHaveLength(32);
    expect(LARGEST_REQUEST_HEADER).toBe(1127);
    expect(client.sealChunk(new Uint8Array(1))).toHaveLength(18);
    expect(client.sealChunk(new Uint8Array(16_384))).toHaveLength(16_384 + 20);
    expect(client.sealFinal(new Uint8Array())).toHaveLength(17);
  });

  it('never makes the same twice', () => {
    const { config } = keyPair(suite);
    expect(sealRequest(config).header).not.toEqual(sealRequest(config).header);
  });
});

describe('a request header', () => {
  const pair = keyPair();
  const { header } = sealRequest(pair.config);
  const open = (bytes: Uint8Array) =>
    openRequestHeader(bytes, (id) => (id === 3 ? pair : undefined));

  it.each([
    { name: 'nothing', bytes: new Uint8Array(), kind: 'incomplete' },
    { name: 'half of it', bytes: header.subarray(0, 6), kind: 'incomplete' },
    { name: 'half of enc', bytes: header.subarray(0, 38), kind: 'incomplete' },
    { name: 'an unknown key', bytes: header.with(0, 4), kind: 'ohttp-key' },
    { name: 'another KEM', bytes: header.with(2, 0x10), kind: 'ohttp-key' },
    { name: 'another KDF', bytes: header.with(4, 2), kind: 'ohttp-key' },
    { name: 'a weaker AEAD', bytes: header.with(6, 1), kind: 'ohttp-key' },
    { name: 'enc of small order', bytes: header.slice().fill(0, 7), kind: 'decrypt' },
  ])('of $name is refused', ({ bytes, kind }) => {
    expect(kindOf(() => open(bytes))).toBe(kind);
  });

  it('of somebody else’s enc opens nothing', () => {
    const { opener } = open(concatBytes(header.subarray(0, 7), sealRequest(pair.config).enc));
    const client = sealRequest(pair.config);
    expect(kindOf(() => opener.push(client.sealChunk(whole)))).toBe('decrypt');
  });

  it('opens nothing once the key is erased', () => {
    const own = keyPair();
    const sealed = sealRequest(own.config).header;
    own.erase();
    expect(() => openRequestHeader(sealed, () => own)).toThrow(RangeError);
    own.erase();
  });
});

describe('a key that can’t be sealed to', () => {
  const { config } = keyPair();
  it.each([
    { name: 'without the suite', act: () => sealRequest(config, { ...SUITE_X25519, aead: 1 }) },
    { name: 'of another KEM', act: () => sealRequest(config, SUITE_HYBRID) },
    { name: 'without any', act: () => sealRequest({ ...config, suites: [] }) },
    {
      name: 'of small order',
      act: () => sealRequest({ ...config, publicKey: new Uint8Array(32) }),
    },
    {
      name: 'that is none',
      act: () =>
        sealRequest({ ...keyPair(SUITE_HYBRID).config, publicKey: new Uint8Array(1216).fill(255) }),
    },
  ])('$name', ({ act }) => {
    expect(kindOf(act)).toBe('ohttp-key');
  });
});

describe('of suites it prefers', () => {
  it('AES-256-GCM, wherever it stands, or the first', () => {
    const { config } = keyPair();
    const aeadOf = (aeads: number[]) =>
      sealRequest({ ...config, suites: aeads.map((aead) => ({ kdf: 1, aead })) }).header[6];
    expect([aeadOf([1, 3, 2]), aeadOf([3, 1])]).toEqual([2, 3]);
  });
});

/** Ways to damage a stream of four chunks, and what an opener says. */
const DAMAGE: readonly {
  readonly name: string;
  readonly damage: (chunks: Uint8Array[]) => (Uint8Array | undefined)[];
  readonly kind: string;
}[] = [
  { name: 'the final chunk dropped', damage: ([a, b, c]) => [a, b, c], kind: 'incomplete' },
  { name: 'nothing at all', damage: () => [], kind: 'incomplete' },
  { name: 'a middle chunk dropped', damage: ([a, , c, d]) => [a, c, d], kind: 'decrypt' },
  { name: 'the first dropped', damage: ([, b, c, d]) => [b, c, d], kind: 'decrypt' },
  { name: 'two swapped', damage: ([a, b, c, d]) => [a, c, b, d], kind: 'decrypt' },
  { name: 'one twice', damage: ([a, b, c, d]) => [a, b, b, c, d], kind: 'decrypt' },
  { name: 'the final chunk twice', damage: ([a, b, c, d]) => [a, b, c, d, d], kind: 'decrypt' },
  { name: 'a tail', damage: ([a, b, c, d]) => [a, b, c, d, new Uint8Array(1)], kind: 'decrypt' },
  {
    name: 'a middle chunk cut',
    damage: ([a, b, c]) => [a, b, c?.subarray(0, -1), new Uint8Array(17)],
    kind: 'decrypt',
  },
  {
    name: 'an end within a chunk',
    damage: ([a, b]) => [a, b?.subarray(0, -1)],
    kind: 'incomplete',
  },
  { name: 'an end within a length', damage: ([a]) => [a, Uint8Array.of(0x40)], kind: 'incomplete' },
  {
    name: 'the final chunk cut',
    damage: ([a, b, c, d]) => [a, b, c, d?.subarray(0, -1)],
    kind: 'decrypt',
  },
  { name: 'a final chunk of nothing', damage: () => [Uint8Array.of(0)], kind: 'decrypt' },
  {
    name: 'a chunk passed off as the final one',
    damage: ([a, b]) => [a, Uint8Array.of(0), b?.subarray(1)],
    kind: 'decrypt',
  },
  {
    name: 'the final chunk passed off as another',
    damage: ([a, b, c, d]) => [a, b, c, Uint8Array.of(20), d?.subarray(1), Uint8Array.of(0)],
    kind: 'decrypt',
  },
  {
    name: 'a chunk of a tag alone',
    damage: () => [new Uint8Array(17).fill(16, 0, 1)],
    kind: 'decrypt',
  },
  {
    name: 'a chunk above the limit',
    damage: () => [Uint8Array.of(0x80, 0, 0x40, 0x11)],
    kind: 'oversized',
  },
  {
    name: 'a length that no number holds',
    damage: () => [new Uint8Array(8).fill(0xff)],
    kind: 'oversized',
  },
  {
    name: 'an endless final chunk',
    damage: ([a]) => [a, Uint8Array.of(0), new Uint8Array(16_401)],
    kind: 'oversized',
  },
];

describe.each(['request', 'response'] as const)('a %s', (direction) => {
  const ends = () => {
    const { client, agent, sealer, opener } = bothEnds();
    if (direction === 'request') return { sealer: client, opener: agent };
    opener.push(sealer.nonce);
    return { sealer, opener };
  };

  it('is the same however it is cut', () => {
    const { sealer, opener } = ends();
    const stream = concatBytes(...chunksOf(sealer, parts));
    const opened = Array.from(stream).flatMap((byte) => opener.push(Uint8Array.of(byte)));
    expect(concatBytes(...opened, opener.end())).toEqual(whole);
  });

  it('takes lengths that are not the shortest', () => {
    const { sealer, opener } = ends();
    const [a, b] = chunksOf(sealer, [utf8('a'), utf8('b')]);
    const long = concatBytes(Uint8Array.of(0xc0, 0, 0, 0, 0, 0, 0, 17), a?.subarray(1) ?? whole);
    const final = concatBytes(Uint8Array.of(0x80, 0, 0, 0), b?.subarray(1) ?? whole);
    expect(openAll(opener, long, final)).toEqual(utf8('ab'));
  });

  it.each(DAMAGE)('with $name is refused', ({ damage, kind }) => {
    const { sealer, opener } = ends();
    const pieces = damage(chunksOf(sealer, parts)).filter((piece) => piece !== undefined);
    expect(kindOf(() => openAll(opener, ...pieces))).toBe(kind);
    expect(opener.done).toBe(false);
    // What failed does not come back, and a stream that ended early is no good stream either.
    expect(() => opener.end()).toThrow(SealedFault);
  });

  it('has chunks of the sizes that receivers must take, and ends once', () => {
    const { sealer, opener } = ends();
    const largest = random(16_384);
    expect(() => sealer.sealChunk(new Uint8Array())).toThrow(RangeError);
    expect(() => sealer.sealChunk(new Uint8Array(16_385))).toThrow(RangeError);
    expect(() => sealer.sealFinal(new Uint8Array(16_385))).toThrow(RangeError);
    const stream = chunksOf(sealer, [largest, largest]);
    expect(openAll(opener, ...stream)).toEqual(concatBytes(largest, largest));
    expect(() => sealer.sealChunk(largest)).toThrow(RangeError);
    expect(() => sealer.sealFinal(largest)).toThrow(RangeError);
    expect(() => opener.push(largest)).toThrow(RangeError);
    expect(() => opener.end()).toThrow(RangeError);
  });

  it('of any length is cut into chunks', () => {
    for (const length of [0, 1, 16_384, 16_385, 40_000]) {
      const { sealer, opener } = ends();
      const message = random(length);
      expect(openAll(opener, sealAll(sealer, message))).toEqual(message);
    }
  });
});

describe('a response over a connection that broke', () => {
  it('goes on with the next chunk', () => {
    const { client, sealer } = bothEnds();
    const chunks = chunksOf(sealer, parts);
    const wire = concatBytes(sealer.nonce, ...chunks);
    // Everywhere: within the nonce, lengths, chunks and the final one.
    for (let cut = 0; cut < wire.length; cut++) {
      const opener = client.openResponse();
      const first = opener.push(wire.subarray(0, cut));
      expect(['incomplete', 'decrypt']).toContain(kindOf(() => opener.end()));
      opener.dropPartial();
      expect(opener.chunksOpened).toBe(first.length);
      const rest = opener.started ? chunks.slice(first.length) : [sealer.nonce, ...chunks];
      expect(concatBytes(...first, openAll(opener, ...rest))).toEqual(whole);
    }
  });

  it('does not with a chunk that was there already, or another stream’s', () => {
    const { agent, sealer, opener } = bothEnds();
    const [a, b] = chunksOf(sealer, parts);
    opener.push(concatBytes(sealer.nonce, a ?? whole));
    opener.dropPartial();
    expect(kindOf(() => opener.push(a ?? whole))).toBe('decrypt');
    const second = bothEnds();
    second.opener.push(concatBytes(second.sealer.nonce, second.sealer.sealChunk(whole)));
    expect(kindOf(() => second.opener.push(b ?? whole))).toBe('decrypt');
    expect(agent.done).toBe(false);
  });

  it('takes larger chunks where it is told to, and never smaller limits than all must take', () => {
    const { client } = bothEnds();
    expect(client.openResponse({ largestChunk: 65_536 }).done).toBe(false);
    expect(() => client.openResponse({ largestChunk: 16_383 })).toThrow(RangeError);
  });
});
