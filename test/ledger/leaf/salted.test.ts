import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import {
  type HardwareId,
  saltedKeyset,
  saltedSubject,
  sortedIds,
} from '../../../src/ledger/leaf/salted.ts';
import { faultOf } from '../../support/fault-of.ts';

const SALT = new Uint8Array(32).fill(7);
const GPU: HardwareId = { kind: 'nvidia-ueid', id: '421011431794752269040253' };
const OTHER: HardwareId = { kind: 'nvidia-ueid', id: '51' };
const CHIP: HardwareId = { kind: 'snp-chip-id', id: 'ab'.repeat(64) };

/** By another implementation, from the text in the docstring. */
function reckoned(...parts: readonly (string | Uint8Array)[]): string {
  const mac = createHmac('sha256', SALT);
  for (const part of parts) {
    const bytes = Buffer.from(typeof part === 'string' ? utf8(part) : part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    mac.update(length).update(bytes);
  }
  return `hmac-sha256:${mac.digest('hex')}`;
}

it('a subject is the HMAC of its identities, each with its length', () => {
  const want = reckoned(
    'postern/subject/v1',
    GPU.kind,
    GPU.id,
    OTHER.kind,
    OTHER.id,
    CHIP.kind,
    CHIP.id,
  );
  expect(saltedSubject(SALT, [GPU, OTHER, CHIP])).toBe(want);
});

it('the order in which devices came, and a device that came twice, say nothing', () => {
  const want = saltedSubject(SALT, [GPU, OTHER, CHIP]);
  expect(saltedSubject(SALT, [CHIP, OTHER, GPU, OTHER])).toBe(want);
  expect(sortedIds([CHIP, OTHER, GPU, OTHER])).toEqual([GPU, OTHER, CHIP]);
});

it('evidence that names nobody has a subject too, one for each salt', () => {
  expect(saltedSubject(SALT, [])).toBe(reckoned('postern/subject/v1'));
  expect(saltedSubject(SALT.with(0, 8), [])).not.toBe(saltedSubject(SALT, []));
});

it('what is an id of one kind is none of another', () => {
  expect(saltedSubject(SALT, [{ kind: 'tdx-ppid', id: '00' }])).not.toBe(
    saltedSubject(SALT, [{ kind: 'tdx-piid', id: '00' }]),
  );
});

it('two ids never read as one', () => {
  const [one, two, both] = ['1', '2', '12'].map((id) => ({ kind: 'nvidia-ueid' as const, id }));
  if (!one || !two || !both) throw new Error('three ids');
  expect(saltedSubject(SALT, [one, two])).not.toBe(saltedSubject(SALT, [both]));
});

it('a keyset is hashed under a label of its own', () => {
  const digest = new Uint8Array(48).fill(3);
  expect(saltedKeyset(SALT, digest)).toBe(reckoned('postern/keyset/v1', digest));
});

it('a salt is 32 bytes', () => {
  expect(faultOf(() => saltedSubject(SALT.subarray(1), []))).toMatchObject({
    code: 'usage',
    at: 'salt',
  });
});
