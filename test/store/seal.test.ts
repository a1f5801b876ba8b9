import sodium from 'libsodium-wrappers';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/appraisal/policy/signing/canonical-document.ts';
import { Fault } from '../../src/core/fault.ts';
import { Sealer } from '../../src/store/seal.ts';
import { faultOf } from '../support/fault-of.ts';

const KEY = new Uint8Array(32).fill(1);
const CHUNK = 65_536;
const sealer = await Sealer.open(KEY);
const bytesOf = (length: number) => new Uint8Array(length).map((_, i) => i * 31 + (i >> 8));

describe('a sealed blob opens again', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])(
    'of %i bytes',
    (length) => {
      const bytes = bytesOf(length);
      const digest = digestOf(bytes);
      const sealed = sealer.seal(digest, bytes);
      expect(sealer.open(digest, sealed)).toEqual(bytes);
      expect(sealed).toHaveLength(24 + length + 17 * Math.max(1, Math.ceil(length / CHUNK)));
    },
  );

  it('as libsodium itself does it, chunk by chunk', () => {
    const bytes = bytesOf(CHUNK + 10);
    const digest = digestOf(bytes);
    const sealed = sealer.seal(digest, bytes);
    const pull = sodium.crypto_secretstream_xchacha20poly1305_pull;
    const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(sealed.slice(0, 24), KEY);
    const first = pull(state, sealed.slice(24, 24 + CHUNK + 17), digest);
    const second = pull(state, sealed.slice(24 + CHUNK + 17), digest);
    expect(first).toEqual({ message: bytes.slice(0, CHUNK), tag: 0 });
    expect(second).toEqual({ message: bytes.slice(CHUNK), tag: 3 });
  });

  it('and leaves nothing behind on the heap of libsodium', () => {
    const { libsodium } = sodium as unknown as {
      libsodium: { _malloc: (size: number) => number; _free: (at: number) => void };
    };
    const digest = digestOf(bytesOf(9));
    const room = () => {
      const at = libsodium._malloc(52);
      libsodium._free(at);
      return at;
    };
    sealer.open(digest, sealer.seal(digest, bytesOf(9)));
    const before = room();
    for (let i = 0; i < 100; i++) sealer.open(digest, sealer.seal(digest, bytesOf(9)));
    faultOf(() => sealer.open(digest, new Uint8Array(100)));
    expect(room()).toBe(before);
  });

  it('never twice to the same bytes', () => {
    const digest = digestOf(bytesOf(9));
    expect(sealer.seal(digest, bytesOf(9))).not.toEqual(sealer.seal(digest, bytesOf(9)));
  });

  it('given as a view into a larger buffer', () => {
    const bytes = bytesOf(100);
    const sealed = sealer.seal(digestOf(bytes), bytes);
    const padded = new Uint8Array([9, 9, ...sealed, 9]);
    expect(sealer.open(digestOf(bytes), padded.subarray(2, -1))).toEqual(bytes);
  });
});

describe('is refused', () => {
  const bytes = bytesOf(2 * CHUNK + 100);
  const digest = digestOf(bytes);
  const sealed = sealer.seal(digest, bytes);
  const piece = CHUNK + 17;
  const chunk = (n: number) => sealed.slice(24 + n * piece, 24 + (n + 1) * piece);
  const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
  const header = sealed.slice(0, 24);
  const flip = (at: number) => sealed.with(at, (sealed[at] ?? 0) ^ 1);

  it.each([
    { name: 'nothing', damaged: new Uint8Array() },
    { name: 'a header alone', damaged: header },
    { name: 'a byte of the header', damaged: flip(3) },
    { name: 'a byte of the first chunk', damaged: flip(30) },
    { name: 'a byte of the last chunk', damaged: flip(sealed.length - 1) },
    { name: 'no last chunk', damaged: join(header, chunk(0), chunk(1)) },
    { name: 'the last chunk alone', damaged: join(header, chunk(2)) },
    { name: 'chunks that changed places', damaged: join(header, chunk(1), chunk(0), chunk(2)) },
    { name: 'a chunk twice', damaged: join(header, chunk(0), chunk(0), chunk(1), chunk(2)) },
    { name: 'a cut chunk', damaged: sealed.slice(0, -1) },
    { name: 'bytes after the last chunk', damaged: join(sealed, Uint8Array.of(0)) },
    { name: 'a chunk after the last', damaged: join(sealed, chunk(2)) },
  ])('$name', ({ damaged }) => {
    const fault = faultOf(() => sealer.open(digest, damaged));
    expect(fault).toMatchObject({ code: 'malformed', at: `blobs[${digest}]` });
  });

  it('one blob in the place of another', () => {
    const another = digestOf(bytesOf(5));
    expect(faultOf(() => sealer.open(another, sealed)).at).toBe(`blobs[${another}]`);
  });

  it('one that was sealed under a digest that was not its own', () => {
    const another = digestOf(bytesOf(5));
    const lying = sealer.seal(another, bytes);
    expect(faultOf(() => sealer.open(another, lying)).detail).toContain('another digest');
  });

  it('another key', async () => {
    const stranger = await Sealer.open(new Uint8Array(32).fill(2));
    expect(faultOf(() => stranger.open(digest, sealed)).detail).toContain('archive key');
    expect(stranger.keyId).not.toBe(sealer.keyId);
  });

  it.each([0, 16, 31, 33])('a key of %i bytes', async (length) => {
    const fault = await Sealer.open(new Uint8Array(length)).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ code: 'usage', at: 'archiveKey' });
  });
});
