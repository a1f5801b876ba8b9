import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { readCertificates } from '../../../src/core/x509/certificate-files.ts';
import { fwidOf } from '../../../src/evidence/nvidia/fwid.ts';
import { parseOpaqueData } from '../../../src/evidence/nvidia/opaque.ts';
import { parseNvidiaReport } from '../../../src/evidence/nvidia/report.ts';
import { faultOf } from '../../support/fault-of.ts';
import { tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import {
  COMPOSITE_DEVICE_ID,
  compositeDeviceId,
  fwid,
  TCB_INFO,
  tcbInfo,
} from '../../support/nvidia-certificates.ts';
import { genuine, NVIDIA_VECTORS } from '../../support/nvidia-vectors.ts';

const one = new Uint8Array(48).fill(1);
const zero = new Uint8Array(48);

/** The firmware id of a certificate with these extensions. */
function read(extensions: Readonly<Record<string, Uint8Array>>): Uint8Array | undefined {
  const [certificate] = readCertificates(ANY, 'test');
  if (certificate === undefined) throw new Error('no certificate');
  const made = Object.entries(extensions).map(
    ([oid, value]) => [oid, { critical: false, value }] as const,
  );
  return fwidOf({ ...certificate, extensions: new Map(made) });
}

/** Whose extensions are exchanged. */
const ANY = await (async () => {
  const { certify, party } = await import('../../support/pki.ts');
  const someone = await party('GH100 A01 GSP FMC LF', 'P-384');
  return certify(someone, someone);
})();

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine leaves', () => {
  it.each(['h100-550', 'gb100-575', 'h100-rim-on-hold', 'ppcie-8-gpu-4-switch/gpu-3'])(
    '%s: the firmware that its report names',
    (folder) => {
      const { report, chain } = genuine(folder);
      const [leaf] = readCertificates(chain, 'chain');
      const { fwid: said } = parseOpaqueData(parseNvidiaReport(report).opaque, 'gpu');
      const found = leaf && fwidOf(leaf);
      expect(found && toHex(found)).toBe(said && toHex(said));
      expect(found).toHaveLength(48);
    },
  );

  it('of a switch name firmware too, which its report does not', () => {
    const [leaf] = readCertificates(genuine('ls10-switch').chain, 'chain');
    expect(leaf && fwidOf(leaf)).toHaveLength(48);
  });
});

describe('the firmware id', () => {
  it('of Hopper stands last', () => {
    expect(read({ [COMPOSITE_DEVICE_ID]: compositeDeviceId(fwid(one)) })).toEqual(one);
  });

  it('of Blackwell is the first of several, the last of which is zero', () => {
    expect(read({ [TCB_INFO]: tcbInfo([fwid(one), fwid(zero)]) })).toEqual(one);
    expect(read({ [TCB_INFO]: tcbInfo([fwid(zero), fwid(one)]) })).toEqual(zero);
    expect(read({ [TCB_INFO]: tcbInfo([fwid(one)]) })).toEqual(one);
  });

  it('of a leaf without either extension is none', () => {
    expect(read({})).toBeUndefined();
  });
});

describe('what is no firmware id', () => {
  const sha256 = hex('0609 608648016503040201');
  const hopper = (value: Uint8Array) => ({ [COMPOSITE_DEVICE_ID]: value });
  const blackwell = (value: Uint8Array) => ({ [TCB_INFO]: value });
  it.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      'two generations in one leaf',
      { ...hopper(compositeDeviceId(fwid(one))), ...blackwell(tcbInfo([fwid(one)])) },
      'two extensions',
    ],
    ['nothing', hopper(new Uint8Array()), ''],
    ['a bare digest', hopper(one), ''],
    ['a digest of 32 bytes', hopper(compositeDeviceId(fwid(one.subarray(0, 32)))), '32'],
    ['SHA-256 by name', hopper(compositeDeviceId(fwid(one, sha256))), 'want SHA-384'],
    ['two of them', hopper(compositeDeviceId(concatBytes(fwid(one), fwid(one)))), ''],
    ['none', hopper(compositeDeviceId(new Uint8Array())), ''],
    ['a byte behind', hopper(concatBytes(compositeDeviceId(fwid(one)), Uint8Array.of(0))), ''],
    ['DiceTcbInfo without fwids', blackwell(tlv(TAG.sequence, tlv(0x80, one))), 'without fwids'],
    ['an empty list', blackwell(tcbInfo([])), ''],
    ['SHA-256 in the first place', blackwell(tcbInfo([fwid(one, sha256), fwid(one)])), 'SHA-384'],
    ['an empty DiceTcbInfo', blackwell(tlv(TAG.sequence)), 'without fwids'],
    ['DiceTcbInfo of Hopper’s form', blackwell(compositeDeviceId(fwid(one))), 'without fwids'],
    ['Hopper’s of Blackwell’s form', hopper(tcbInfo([fwid(one)])), ''],
    ['DiceTcbInfo that is cut', blackwell(tcbInfo([fwid(one)]).subarray(0, -3)), ''],
    ['a byte behind DiceTcbInfo', blackwell(concatBytes(tcbInfo([fwid(one)]), zero)), ''],
    [
      'two lists of fwids',
      blackwell(tlv(TAG.sequence, tlv(0xa6, fwid(one)), tlv(0xa6, fwid(zero)))),
      '',
    ],
    [
      'rubbish behind the list',
      blackwell(tlv(TAG.sequence, tlv(0xa6, fwid(one)), Uint8Array.of(0x87, 9, 0))),
      '',
    ],
    [
      'rubbish behind the first',
      blackwell(tlv(TAG.sequence, tlv(0xa6, fwid(one), Uint8Array.of(0x30, 9)))),
      '',
    ],
  ])('%s', (_, extensions, detail) => {
    const fault = faultOf(() => read(extensions));
    expect(fault.code).toBe('malformed');
    expect(fault.at).toContain('chain.leaf.fwid');
    expect(fault.message).toContain(detail);
  });
});
