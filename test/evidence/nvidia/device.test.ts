import type { Extension } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { isMismatch } from '../../../src/core/mismatch.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { readCertificates } from '../../../src/core/x509/certificate-files.ts';
import { type DeviceIdentity, identifyDevice } from '../../../src/evidence/nvidia/device.ts';
import { faultOf } from '../../support/fault-of.ts';
import { tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import {
  deviceInfo,
  deviceKeys,
  extension,
  named,
  subjectAltName,
} from '../../support/nvidia-certificates.ts';
import { genuine, NVIDIA_VECTORS } from '../../support/nvidia-vectors.ts';
import { certify, type Party, party } from '../../support/pki.ts';

const keys = await deviceKeys('hopper');

/** Names and numbers of the two certificates that say which device it is. */
interface Said {
  readonly leaf?: string;
  readonly brom?: string;
  readonly leafSerial?: string;
  readonly bromSerial?: string;
  readonly more?: readonly Extension[];
}

async function identify(said: Said): Promise<ReturnType<typeof identifyDevice>> {
  const { leaf = 'GH100 A01 GSP FMC LF', brom = 'GH100 A01 GSP BROM', more = [] } = said;
  const made = async (subject: Party, name: string, serial: string, extensions = more) =>
    parseCertificate(
      await certify(subject, keys.brom, { serial, subject: named(name), more: extensions }),
      'test',
    );
  return identifyDevice(
    await made(keys.leaf, leaf, said.leafSerial ?? '53c2'),
    await made(keys.brom, brom, said.bromSerial ?? '41431d480fe5e87274', []),
  );
}

async function identityOf(said: Said): Promise<DeviceIdentity> {
  const found = await identify(said);
  if (isMismatch(found)) throw new Error(`want ${found.want}, got ${found.got}`);
  return found;
}

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine devices', () => {
  it.each([
    ['h100-550', 'gpu', 'GH100', 'GH100 A01 GSP BROM', '431d480fe5e87274'],
    ['gb100-575', 'gpu', 'GB100', 'GB100 A01 GSP BROM', 'e6de55c3bdc14277'],
    ['ls10-switch', 'switch', 'LS_10', 'LS_10 A01 FSP BROM', '203eb31ad9ed0008'],
  ])('%s', (folder, kind, chip, hwModel, pdi) => {
    const [leaf, brom] = readCertificates(genuine(folder).chain, 'chain');
    if (!leaf || !brom) throw new Error('no chain');
    const identity = identifyDevice(leaf, brom);
    expect(identity).toMatchObject({ kind, chip, hwModel });
    expect('pdi' in identity && identity.pdi && toHex(identity.pdi)).toBe(pdi);
  });
});

describe('who a device is', () => {
  it.each([
    // As the certificates of each product call its chip.
    ['GH100', 'GSP', 'gpu'], // H100, H200, H20, H800
    ['GB100', 'GSP', 'gpu'], // B200
    ['GB110', 'GSP', 'gpu'], // B300
    ['GB20X', 'GSP', 'gpu'], // RTX PRO 6000
    ['GR100', 'FSP', 'gpu'],
    ['LS_10', 'FSP', 'switch'],
    ['LS10', 'FSP', 'switch'],
  ])('%s %s: a %s', async (chip, part, kind) => {
    const identity = await identityOf({
      leaf: `${chip} A01 ${part} FMC LF`,
      brom: `${chip} A01 ${part} BROM`,
      more: [deviceInfo(`NVIDIA:${chip}:48B02D00`)],
    });
    expect(identity).toMatchObject({ kind, chip, hwModel: `${chip} A01 ${part} BROM` });
  });

  it('its ueid is the leaf’s serial number in decimal, however long', async () => {
    const leafSerial = '53c22ba15e5d68088282da074ed9fb37aa585771';
    expect((await identityOf({ leafSerial })).ueid).toBe(
      '478176379286082186618948445787393647364802107249',
    );
    expect((await identityOf({ leafSerial: '01' })).ueid).toBe('1');
  });

  it.each<[string, string, string, string | undefined, string]>([
    ['GSP', 'GH100', '41000102030405060708', undefined, 'ten bytes'],
    ['GSP', 'GH100', '4100010203040506', undefined, 'eight bytes'],
    ['GSP', 'GH100', '500001020304050607', undefined, 'the first byte of a switch'],
    ['GSP', 'GH100', '410001020304050607', '0001020304050607', 'as it should be'],
    ['FSP', 'LS_10', '410001020304050607', undefined, 'the first byte of a GPU'],
    ['FSP', 'LS_10', '500001020304050607', '0001020304050607', 'as it should be'],
  ])('%s of a %s with the serial %s has the PDI %s: %s', async (part, chip, bromSerial, pdi) => {
    const [leaf, brom] = [`${chip} A01 ${part} FMC LF`, `${chip} A01 ${part} BROM`];
    const identity = await identityOf({ leaf, brom, bromSerial });
    expect(identity.pdi && toHex(identity.pdi)).toBe(pdi);
  });

  it('needs no device information, and no other names', async () => {
    const dns = extension('2.5.29.17', tlv(TAG.sequence, tlv(0x82, utf8('gpu.test'))));
    const other = extension(
      '2.5.29.17',
      tlv(TAG.sequence, tlv(0xa0, hex('0603 2a0304'), tlv(0xa0, tlv(TAG.utf8String, utf8('x'))))),
    );
    // What names no product says nothing against the leaf’s own name.
    const odd = [deviceInfo('NVIDIA'), subjectAltName(tlv(TAG.octetString, hex('00ff')))];
    for (const more of [[], [dns], [other], ...odd.map((one) => [one])]) {
      expect(await identityOf({ more })).toMatchObject({ chip: 'GH100' });
    }
  });
});

describe('who a device is not', () => {
  it.each<[string, Said, string, string]>([
    [
      'a BROM certificate in the leaf’s place',
      { leaf: 'GH100 A01 GSP BROM' },
      'a leaf of a GPU',
      'CN=GH100 A01 GSP BROM',
    ],
    ['a CA', { leaf: 'NVIDIA GH100 Identity' }, 'a leaf of a GPU', 'NVIDIA GH100 Identity'],
    ['a chip of nobody', { leaf: 'XX100 A01 GSP FMC LF' }, 'a leaf of a GPU', 'XX100'],
    ['more before the name', { leaf: 'A GH100 A01 GSP FMC LF' }, 'a leaf of a GPU', 'A GH100'],
    ['more behind it', { leaf: 'GH100 A01 GSP FMC LF 2' }, 'a leaf of a GPU', 'LF 2'],
    ['in lower case', { leaf: 'gh100 a01 gsp fmc lf' }, 'a leaf of a GPU', 'gh100'],
    [
      'a GPU’s leaf under a switch’s own key: a switch posing as a GPU',
      { brom: 'LS_10 A01 FSP BROM' },
      'GH100 A01 GSP BROM above the leaf',
      'LS_10 A01 FSP BROM',
    ],
    [
      'a switch’s leaf under a GPU’s own key',
      { leaf: 'LS_10 A01 FSP FMC LF' },
      'LS_10 A01 FSP BROM above the leaf',
      'GH100 A01 GSP BROM',
    ],
    [
      'a leaf of another step of the chip',
      { leaf: 'GH100 B01 GSP FMC LF' },
      'GH100 B01 GSP BROM above the leaf',
      'GH100 A01 GSP BROM',
    ],
    [
      'a leaf that a provisioner signed',
      { brom: 'NVIDIA GH100 Provisioner ICA 1' },
      'GH100 A01 GSP BROM above the leaf',
      'Provisioner',
    ],
    [
      'a leaf whose device information names a switch',
      { more: [deviceInfo('NVIDIA:LS_10:48B02D00')] },
      'a leaf whose device information names GH100',
      'LS_10',
    ],
    [
      'device information of no product',
      { more: [deviceInfo('NVIDIA::1')] },
      'a leaf whose device information names GH100',
      '(no product)',
    ],
  ])('%s', async (_, said, want, got) => {
    const mismatch = await identify(said);
    expect(mismatch).toMatchObject({
      want: expect.stringContaining(want),
      got: expect.stringContaining(got),
    });
  });
});

describe('a subjectAltName that can’t be read', async () => {
  it.each<[string, Uint8Array]>([
    ['empty', new Uint8Array()],
    ['no sequence', hex('0403 000000')],
    ['a name that ends too late', hex('3004 a008 0603')],
    ['a name without a value', tlv(TAG.sequence, tlv(0xa0, hex('060a 2b06010401831c821201')))],
    [
      'two values',
      tlv(
        TAG.sequence,
        tlv(
          0xa0,
          hex('060a 2b06010401831c821201'),
          tlv(0xa0, tlv(TAG.utf8String, utf8('NVIDIA:GH100:1')), tlv(TAG.utf8String, utf8('x'))),
        ),
      ),
    ],
    ['a name of no type', tlv(TAG.sequence, tlv(0xa0))],
  ])('%s', async (_, value) => {
    const subject = await party('GH100 A01 GSP FMC LF', 'P-384');
    const leaf = parseCertificate(
      await certify(subject, keys.brom, { more: [extension('2.5.29.17', value)] }),
      'test',
    );
    const fault = faultOf(() =>
      identifyDevice(leaf, {
        ...leaf,
        subject: { ...leaf.subject, commonName: 'GH100 A01 GSP BROM' },
      }),
    );
    expect(fault.code).toBe('malformed');
    expect(fault.at).toContain('chain.leaf.subjectAltName');
  });
});
