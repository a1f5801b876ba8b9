import '../../../src/core/x509/reflect-metadata.ts';
import { Extension, KeyUsageFlags } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { EXTENSION } from '../../../src/core/x509/extensions.ts';
import { type DeviceChain, readDeviceChain } from '../../../src/evidence/nvidia/chain.ts';
import { hex } from '../../support/hex.ts';
import {
  type ChainWishes,
  COMPOSITE_DEVICE_ID,
  compositeDeviceId,
  deviceChain,
  deviceInfo,
  deviceKeys,
  extension,
  fwid,
  fwidOf,
  type Generation,
  named,
  nvidiaCas,
  pemOf,
} from '../../support/nvidia-certificates.ts';
import { genuine, NVIDIA_VECTORS, vector, vendorAnchor } from '../../support/nvidia-vectors.ts';
import { certify, party, resign } from '../../support/pki.ts';
import { answers } from '../../support/snp.ts';
import { asView } from '../../support/view.ts';

const cas = await nvidiaCas();
const keys = await deviceKeys('hopper');
const five = await deviceChain(cas, keys);
const [leaf, brom, provisioner, identity, root] = five;
const anchors = [anchorFromCertificate(root, 'root')];

function read(ders: readonly Uint8Array[]): DeviceChain {
  return readDeviceChain(pemOf(ders), anchors);
}

/** Ids that did not pass. */
function wrong(chain: DeviceChain): string[] {
  return chain.checks.filter(({ outcome }) => outcome !== 'pass').map(({ id }) => id);
}

async function readMade(wishes: ChainWishes): Promise<DeviceChain> {
  return read(await deviceChain(cas, keys, wishes));
}

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine chains', () => {
  it.each([
    'h100-550',
    'gb100-575',
    'ls10-switch',
    'h100-bad-signature',
    'ppcie-8-gpu-4-switch/gpu-7',
    'ppcie-8-gpu-4-switch/switch-2',
  ])('%s', (folder) => {
    const { chain: pem } = genuine(folder);
    const chain = readDeviceChain(pem, [vendorAnchor()]);
    expect(wrong(chain)).toEqual([]);
    expect(answers(chain, 'pass')).toEqual([
      'nvidia.chain.format',
      'nvidia.chain.roles',
      'nvidia.chain.links',
      'nvidia.chain.root',
    ]);
    expect(chain.anchor).toBeDefined();
    expect(chain.fwid).toHaveLength(48);
    expect(wrong(readDeviceChain(asView(pem), [vendorAnchor()]))).toEqual([]);
  });

  it.each(['chain-root-only', 'chain-missing-intermediate', 'chain-missing-leaf'])(
    '%s is none',
    (name) => {
      const chain = readDeviceChain(vector('real', 'h100-550', `${name}.pem`), [vendorAnchor()]);
      expect(wrong(chain)).toEqual(['nvidia.chain.format']);
      expect(chain).toMatchObject({ certificates: [], identity: undefined, anchor: undefined });
    },
  );
});

describe.each<Generation>(['hopper', 'blackwell', 'switch'])('a chain of a %s', (generation) => {
  it('is good', async () => {
    const device = await deviceKeys(generation);
    const chain = read(await deviceChain(cas, device));
    expect(wrong(chain)).toEqual([]);
    expect(chain.identity).toMatchObject({
      kind: generation === 'switch' ? 'switch' : 'gpu',
      chip: device.chip,
      ueid: BigInt(`0x${device.serial}`).toString(),
    });
    expect(chain.fwid).toEqual(device.fwid);
    expect(chain.anchor).toBe(anchors[0]);
  });
});

describe('five certificates, leaf first', () => {
  it.each<[string, readonly Uint8Array[]]>([
    ['the root alone', [root]],
    ['the leaf alone', [leaf]],
    ['no leaf', [brom, provisioner, identity, root]],
    ['no intermediate', [leaf, brom, identity, root]],
    ['no root', [leaf, brom, provisioner, identity]],
    ['one more', [leaf, brom, provisioner, identity, root, root]],
    ['one before', [leaf, leaf, brom, provisioner, identity, root]],
    ['two chains', [...five, ...five]],
  ])('%s: the number is wrong', (_, ders) => {
    const chain = read(ders);
    expect(wrong(chain)).toEqual(['nvidia.chain.format']);
    expect(chain).toMatchObject({ certificates: [], identity: undefined, anchor: undefined });
  });

  it('no CERTIFICATE, rubbish, and too many', () => {
    const rubbish = [new Uint8Array(), hex('00'), pemOf([hex('3003020100')]), leaf, hex('30')];
    for (const bytes of [...rubbish, pemOf(Array(200).fill(leaf)), new Uint8Array(1 << 20)]) {
      expect(wrong(readDeviceChain(bytes, anchors))).toEqual(['nvidia.chain.format']);
    }
  });

  it('root first is another order', () => {
    const chain = read(five.toReversed());
    expect(wrong(chain)).toEqual(['nvidia.chain.roles', 'nvidia.chain.links', 'nvidia.chain.root']);
    expect(chain.anchor).toBeUndefined();
  });

  it.each<[string, readonly Uint8Array[], string[]]>([
    ['two CAs exchanged', [leaf, brom, identity, provisioner, root], ['nvidia.chain.links']],
    [
      'leaf and BROM exchanged',
      [brom, leaf, provisioner, identity, root],
      ['nvidia.chain.roles', 'nvidia.chain.links'],
    ],
    [
      'the root in the place of a CA',
      [leaf, brom, provisioner, root, root],
      ['nvidia.chain.links'],
    ],
    [
      'a CA twice',
      [leaf, brom, provisioner, identity, identity],
      ['nvidia.chain.links', 'nvidia.chain.root'],
    ],
  ])('%s', (_, ders, failed) => {
    const chain = read(ders);
    expect(wrong(chain)).toEqual(failed);
    expect(chain.anchor).toBeUndefined();
  });
});

describe('each certificate is fit for its place', async () => {
  const p256 = await party('GH100 A01 GSP FMC LF', 'P-256');
  const usages = KeyUsageFlags.digitalSignature;
  const crlOnly = KeyUsageFlags.cRLSign;
  it.each<[string, ChainWishes, string]>([
    ['a leaf that may sign certificates', { leaf: { basicConstraints: 'ca', without: [] } }, 'cA'],
    ['a leaf without key usage', { leaf: { without: [EXTENSION.keyUsage] } }, 'extensions'],
    ['a leaf for other signatures', { leaf: { usages: crlOnly } }, 'digitalSignature'],
    ['a BROM certificate of no CA', { brom: { basicConstraints: 'end-entity' } }, 'cA'],
    ['a provisioner without keyCertSign', { provisioner: { usages } }, 'keyCertSign'],
    [
      'an identity CA without basic constraints',
      { identity: { without: [EXTENSION.basicConstraints] } },
      'extensions',
    ],
    ['a root of no CA', { root: { basicConstraints: 'end-entity' } }, 'cA'],
  ])('%s', async (_, wishes, want) => {
    const chain = await readMade(wishes);
    expect(wrong(chain)).toEqual(['nvidia.chain.roles']);
    expect(chain.checks.find(({ outcome }) => outcome === 'fail')).toMatchObject({
      want: expect.stringContaining(want),
    });
  });

  it('a leaf of another curve', async () => {
    const made = await deviceChain(cas, { ...keys, leaf: p256 });
    expect(wrong(read(made))).toEqual(['nvidia.chain.roles']);
  });

  it.each<[string, ChainWishes]>([
    ['a leaf of nobody’s name', { leaf: { subject: named('GH100') } }],
    ['a switch’s leaf under a GPU', { leaf: { subject: named('LS_10 A01 FSP FMC LF') } }],
    [
      'device information of another chip',
      { leafExtensions: [deviceInfo('NVIDIA:GB100:1'), fwidOf(keys)] },
    ],
    [
      'device information that can’t be read',
      { leafExtensions: [extension('2.5.29.17', hex('3004 a008 0603')), fwidOf(keys)] },
    ],
  ])('%s', async (_, wishes) => {
    const chain = await readMade(wishes);
    expect(wrong(chain)).toEqual(['nvidia.chain.roles']);
    expect(chain.identity).toBeUndefined();
  });

  it('a switch posing as a GPU: its own key vouches for a leaf of another name', async () => {
    const device = await deviceKeys('switch');
    const wishes = { leaf: { subject: named('GH100 A01 GSP FMC LF') } };
    const chain = read(await deviceChain(cas, device, wishes));
    expect(wrong(chain)).toEqual(['nvidia.chain.roles']);
  });

  it('critical extensions that nobody here honours', async () => {
    const usage = new Extension('2.5.29.37', true, new Uint8Array(hex('300a06082b06010505070309')));
    const chain = await readMade({ leaf: { more: [usage] } });
    expect(wrong(chain)).toEqual(['nvidia.chain.format']);
  });
});

describe('each is issued by the next', async () => {
  const stranger = await nvidiaCas();
  const others = await deviceChain(stranger, await deviceKeys('hopper'));

  it.each([0, 1, 2, 3])('certificate %i of another device', (at) => {
    const chain = read(five.with(at, others[at] as Uint8Array));
    expect(wrong(chain)).toEqual(['nvidia.chain.links']);
    expect(chain.anchor).toBeUndefined();
  });

  it.each([0, 1, 2, 3])('certificate %i with one bit of its signature changed', (at) => {
    const der = five[at as 0];
    const chain = read(five.with(at, der.with(-1, (der.at(-1) ?? 0) ^ 1)));
    expect(wrong(chain)).toEqual(['nvidia.chain.links']);
  });

  it('a CA that may have none below it', async () => {
    expect(wrong(await readMade({ provisioner: { pathLength: 0 } }))).toEqual([
      'nvidia.chain.links',
    ]);
    expect(wrong(await readMade({ identity: { pathLength: 2 } }))).toEqual([]);
    expect(wrong(await readMade({ brom: { pathLength: 0 } }))).toEqual([]);
  });

  it('key identifiers that differ', async () => {
    const issuerKeyId = '00'.repeat(20);
    expect(wrong(await readMade({ brom: { issuerKeyId } }))).toEqual(['nvidia.chain.links']);
  });

  it('a certificate that was signed again by a stranger', async () => {
    const chain = read(five.with(1, await resign(brom, stranger.provisioner)));
    expect(wrong(chain)).toEqual(['nvidia.chain.links']);
  });
});

describe('the root', async () => {
  it('of the pinned key in another certificate is as good: NVIDIA has issued two', async () => {
    const again = await certify(cas.root, cas.root, { kind: 'ca', serial: '77' });
    expect(again).not.toEqual(root);
    const chain = read(five.with(4, again));
    expect(wrong(chain)).toEqual([]);
    expect(chain.anchor).toBe(anchors[0]);
  });

  it('of the pinned key must be signed by it', async () => {
    const stranger = await party('NVIDIA Device Identity CA', 'P-384');
    const chain = read(five.with(4, await resign(root.with(15, 0x35), stranger)));
    expect(wrong(chain)).not.toEqual([]);
    expect(chain.anchor).toBeUndefined();
    const altered = await certify(cas.root, stranger, { kind: 'ca' });
    expect(wrong(read(five.with(4, altered)))).toEqual(['nvidia.chain.root']);
  });

  it('of a like name with another key is nobody’s', async () => {
    const rogue = await nvidiaCas();
    const device = await deviceKeys('hopper');
    const chain = read(await deviceChain(rogue, device));
    expect(wrong(chain)).toEqual(['nvidia.chain.root']);
    expect(chain.anchor).toBeUndefined();
  });

  it('is nobody’s where there are no anchors', () => {
    expect(wrong(readDeviceChain(pemOf(five), []))).toEqual(['nvidia.chain.root']);
  });
});

describe('the firmware that the leaf names', () => {
  const oid = COMPOSITE_DEVICE_ID;
  it.each<[string, ChainWishes]>([
    ['twice the wrong way', { leafExtensions: [extension(oid, hex('3000'))] }],
    [
      'as SHA-256',
      { leafExtensions: [extension(oid, compositeDeviceId(fwid(new Uint8Array(32))))] },
    ],
  ])('can’t be read: %s', async (_, wishes) => {
    const chain = await readMade(wishes);
    expect(wrong(chain)).toEqual(['nvidia.device.fwid']);
    expect(chain.fwid).toBe('unreadable');
  });

  it('may be missing', async () => {
    const chain = await readMade({ leafExtensions: [] });
    expect(wrong(chain)).toEqual([]);
    expect(chain.fwid).toBeUndefined();
  });
});

it('what was read does not change with the caller’s buffer', () => {
  const bytes = pemOf(five);
  const chain = readDeviceChain(bytes, anchors);
  const before = chain.certificates.map(({ der }) => toHex(der));
  bytes.fill(0);
  expect(chain.certificates.map(({ der }) => toHex(der))).toEqual(before);
});

it('every byte of every certificate counts', () => {
  // Of the leaf and the root, since both ends are looked at by code of their own.
  for (const at of [0, 4]) {
    const der = five[at as 0];
    for (let i = 0; i < der.length; i += 23) {
      const chain = read(five.with(at, der.with(i, (der[i] ?? 0) ^ 1)));
      expect([at, i, wrong(chain).length > 0 || chain.anchor !== undefined]).toEqual([at, i, true]);
      if (wrong(chain).length === 0) expect(chain.anchor).toBeUndefined();
    }
  }
});

it('certificates in DER, one behind the other, are one that goes on behind its end', () => {
  expect(wrong(readDeviceChain(concatBytes(...five), anchors))).toEqual(['nvidia.chain.format']);
});
