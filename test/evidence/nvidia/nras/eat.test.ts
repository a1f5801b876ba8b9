import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../../src/core/bytes/writer.ts';
import { LARGEST_EAT, parseNrasEat } from '../../../../src/evidence/nvidia/nras/eat.ts';
import { faultOf } from '../../../support/fault-of.ts';
import {
  base64url,
  edited,
  expectRejected,
  GOOD,
  gpu,
  MACHINE,
  statement,
  type TokenWishes,
} from '../../../support/nras.ts';
import { asView } from '../../../support/view.ts';

const machine = statement({ devices: MACHINE });

it('reads every token', () => {
  const { overall, devices } = parseNrasEat(machine);
  expect(overall).toMatchObject({
    name: 'overall',
    path: 'eat.overall',
    algorithm: 'ES384',
    kid: 'key-1',
  });
  expect(devices.map(({ name, path }) => [name, path])).toEqual([
    ['GPU-0', 'eat.devices.GPU-0'],
    ['GPU-1', 'eat.devices.GPU-1'],
    ['SWITCH-0', 'eat.devices.SWITCH-0'],
  ]);
  const [, last] = JSON.parse(new TextDecoder().decode(machine));
  expect(devices.map(({ compact }) => new TextDecoder().decode(compact))).toEqual(
    Object.values(last),
  );
  for (const { compact, signed, signature } of [overall, ...devices]) {
    expect(signature.length).toBe(96);
    expect(compact.length).toBe(signed.length + 1 + 128);
  }
});

it('reads the same out of a larger buffer', () => {
  expect(parseNrasEat(asView(machine))).toEqual(parseNrasEat(machine));
});

it('reads a token without a signature or a key id, as NVIDIA’s tools make them', () => {
  const header = base64url('{"alg":"none"}');
  const eat = utf8(`[["JWT","${header}.${base64url('{}')}."],{"GPU-0":"${header}.e30."}]`);
  const { overall } = parseNrasEat(eat);
  expect(overall).toMatchObject({ algorithm: 'none', kid: undefined });
  expect(overall.signature.length).toBe(0);
});

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`GPU-${i}`, gpu(`${i}`)]));

it('reads 64 devices', () => {
  expect(parseNrasEat(statement({ devices: many(64) })).devices.length).toBe(64);
});

const overall = (change: (compact: string) => unknown) => statement({ signed: change });
const made = (wishes: TokenWishes) => statement({ overallToken: wishes });
const headed = (header: Readonly<Record<string, unknown>>) => made({ header });
const device = 'eat.devices.GPU-0';
const twice = (json: string) => json.replace('{', '{"measres":"fail",');

describe('refuses', () => {
  it.each([
    ['nothing', new Uint8Array(), 'eat'],
    ['bytes that are no UTF-8', Uint8Array.of(0x5b, 0xff), 'eat'],
    ['a byte order mark', concatBytes(Uint8Array.of(0xef, 0xbb, 0xbf), GOOD.eat), 'eat'],
    ['trailing text', concatBytes(GOOD.eat, utf8('x')), 'eat'],
    ['a NUL behind', concatBytes(GOOD.eat, new Uint8Array(1)), 'eat'],
    ['a byte too many', utf8(' '.repeat(LARGEST_EAT + 1)), 'eat'],
    ['claims without signatures', utf8('{"GPU-0":{}}'), 'eat'],
    ['one part', utf8('[["JWT","a.b.c"]]'), 'eat'],
    ['a third part', utf8('[["JWT","a.b.c"],{},{}]'), 'eat'],
    ['a token alone', utf8('["a.b.c",{}]'), 'eat.overall'],
    ['another kind of token', utf8('[["CWT","a.b.c"],{}]'), 'eat.overall'],
    ['an overall token that is an object', overall(() => ({})), 'eat.overall'],
    ['no devices', statement({ devices: {} }), 'eat.devices'],
    ['65 devices', statement({ devices: many(65) }), 'eat.devices'],
    ['a list of devices', utf8('[["JWT","a.b.c"],["a.b.c"]]'), 'eat.devices'],
    ['a device twice', utf8('[["JWT","a.b.c"],{"a":"","a":""}]'), 'eat[1]'],
    ['a device name with a line end', statement({ devices: { 'GPU\n': gpu('1') } }), 'eat.devices'],
    ['a device without a name', statement({ devices: { '': gpu('1') } }), 'eat.devices'],
    ['a device token that is an object', statement({ tokens: () => ({ 'GPU-0': {} }) }), device],
    ['a token of one part', overall(() => 'e30'), 'eat.overall'],
    ['a token of two parts', overall(() => 'e30.e30'), 'eat.overall'],
    ['a token of four parts', overall((text) => `${text}.e30`), 'eat.overall.payload'],
    ['an empty token', overall(() => '..'), 'eat.overall.header'],
    ['base64 with padding', overall((text) => `${text}==`), 'eat.overall.signature'],
    ['base64 of the other alphabet', overall((t) => t.replace(/.$/, '+')), 'eat.overall.signature'],
    ['a line end behind a token', overall((text) => `${text}\n`), 'eat.overall.signature'],
    ['a member twice', statement({ deviceTokens: { text: twice } }), `${device}.payload`],
    ['text behind the payload', made({ text: (json) => `${json}{}` }), 'eat.overall.payload'],
    ['a payload that is an array', made({ text: () => '[]' }), 'eat.overall.payload'],
    ['a header without alg', headed({ alg: undefined }), 'eat.overall.header.alg'],
    ['an alg of null', headed({ alg: null }), 'eat.overall.header.alg'],
    ['a key id of null', headed({ kid: null }), 'eat.overall.header.kid'],
  ])('%s', (_, eat, at) => {
    expect(faultOf(() => parseNrasEat(eat))).toMatchObject({ code: 'malformed', at });
    expectRejected(['', { ...GOOD, eat }, 'nras.eat.format']);
  });

  it.each([
    ['crit', { crit: ['exp'], exp: 1 }, 'crit'],
    ['an empty crit', { crit: [] }, 'crit'],
    ['b64', { b64: false, crit: ['b64'] }, 'crit'],
    ['b64 that is not critical', { b64: false }, 'b64'],
  ])('an extension: %s', (_, header, member) => {
    expect(faultOf(() => parseNrasEat(headed(header)))).toMatchObject({
      code: 'unsupported',
      at: `eat.overall.header.${member}`,
    });
    expectRejected(['', edited({ deviceTokens: { header } }), 'nras.eat.format']);
  });
});
