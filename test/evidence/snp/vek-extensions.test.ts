import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { AMD_ARK_MILAN } from '../../../src/core/x509/amd-roots.ts';
import type { ProductLine } from '../../../src/evidence/snp/product.ts';
import { parseVekExtensions } from '../../../src/evidence/snp/vek-extensions.ts';
import { faultOf } from '../../support/fault-of.ts';
import { tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import {
  extensionList,
  goodExtensions,
  ia5,
  spl,
  type VekExtensionName,
  type VekExtensionValues,
} from '../../support/snp-certificates.ts';
import { type LineName, MACHINES } from '../../support/snp-machines.ts';

const LINES = Object.keys(MACHINES) as LineName[];

/** What is parsed of a certificate with these extensions, whatever else it says. */
function parse(line: LineName, values: VekExtensionValues, commonName = 'neither') {
  const extensions = new Map(
    extensionList(values).map(([oid, value]) => [oid, { critical: false, value }]),
  );
  const { certificate: other } = AMD_ARK_MILAN;
  const certificate = {
    ...other,
    extensions,
    subject: { ...other.subject, commonName },
    issuer: {
      ...other.issuer,
      commonName: commonName === 'SEV-VLEK' ? 'SEV-VLEK-Genoa' : 'SEV-Genoa',
    },
  };
  return parseVekExtensions(certificate, line.toLowerCase() as ProductLine, 'vek.extensions');
}

/** The fault of a certificate that is good but for this. */
function refused(line: LineName, change: VekExtensionValues, kind: 'vcek' | 'vlek' = 'vcek') {
  const { code, at, detail } = faultOf(() =>
    parse(line, { ...goodExtensions(line, kind), ...change }, `SEV-${kind.toUpperCase()}`),
  );
  expect(code).toBe('malformed');
  return { at, detail };
}

const EARLY_SPLS = [
  'blSPL',
  'teeSPL',
  'spl4',
  'spl5',
  'spl6',
  'spl7',
  'snpSPL',
  'ucodeSPL',
] as const;
const TURIN_SPLS = [
  'fmcSPL',
  'blSPL',
  'teeSPL',
  'snpSPL',
  'spl5',
  'spl6',
  'spl7',
  'ucodeSPL',
] as const;
const SPLS: Readonly<Record<LineName, readonly VekExtensionName[]>> = {
  Milan: EARLY_SPLS,
  Genoa: EARLY_SPLS,
  Turin: TURIN_SPLS,
};
const NUMBERS = LINES.flatMap((line) =>
  ['structVersion' as const, ...SPLS[line]].map((name) => [line, name] as const),
);

describe('a good certificate', () => {
  it.each(LINES)('of a chip of %s', (line) => {
    const { tcb, chipId, hwIdLength } = MACHINES[line];
    expect(parse(line, goodExtensions(line))).toEqual({
      structVersion: line === 'Turin' ? 1 : 0,
      productName: line === 'Milan' ? 'Milan-B0' : line,
      tcb,
      hwId: chipId.slice(0, hwIdLength),
      cspId: undefined,
    });
  });

  it.each(LINES)('of a cloud provider with %s', (line) => {
    expect(parse(line, goodExtensions(line, 'vlek'), 'SEV-VLEK')).toMatchObject({
      productName: line,
      hwId: undefined,
      cspId: 'CN=cloud.example',
    });
  });

  it.each(LINES)('has the SPLs of %s where they stand in a TCB_VERSION', (line) => {
    const tcb = hex('01 02 03 04 05 06 07 f8');
    expect(toHex(parse(line, goodExtensions(line, 'vcek', tcb)).tcb)).toBe(toHex(tcb));
  });

  it('may have both hwID and CSP_ID: that neither kind has both is asked elsewhere', () => {
    const both = { ...goodExtensions('Genoa'), cspID: ia5('x') };
    expect(parse('Genoa', both)).toMatchObject({ cspId: 'x', hwId: expect.anything() });
  });
});

describe('an extension that is not there', () => {
  const names = LINES.flatMap((line) =>
    (['productName', 'hwID'] as const).map((name) => [line, name] as const),
  );
  it('CSP_ID of a VLEK', () => {
    expect(refused('Genoa', { cspID: undefined }, 'vlek')).toEqual({
      at: 'vek.extensions.cspID',
      detail: 'no extension 1.3.6.1.4.1.3704.1.5',
    });
  });

  it.each([...NUMBERS, ...names])('%s: %s', (line, name) => {
    const { at, detail } = refused(line, { [name]: undefined });
    expect(at).toBe(`vek.extensions.${name}`);
    expect(detail).toMatch(/^no extension 1\.3\.6\.1\.4\.1\.3704\.1\./);
  });
});

describe('an SPL of the other generation', () => {
  it.each([
    ['Milan', 'fmcSPL'],
    ['Genoa', 'fmcSPL'],
    ['Turin', 'spl4'],
  ] as const)('%s with %s', (line, name) => {
    expect(refused(line, { [name]: spl(0) })).toEqual({
      at: `vek.extensions.${name}`,
      detail: `certificates of ${line} have none`,
    });
  });
});

describe.each(NUMBERS)('%s: %s', (line, name) => {
  it.each([0, 1, 127, 128, 255])('may be %i', (value) => {
    const { tcb, structVersion } = parse(line, { ...goodExtensions(line), [name]: spl(value) });
    const at = SPLS[line].indexOf(name);
    expect(name === 'structVersion' ? structVersion : tcb[at]).toBe(value);
  });

  it.each([
    ['of two bytes that is the same modulo 256', '02 02 01 04', 'want at most 255, got 260'],
    ['just above 255', '02 02 01 00', 'want at most 255, got 256'],
    ['of four bytes', '02 04 7f ff ff ff', 'want at most 255, got 2147483647'],
    ['beyond any number of ours', '02 05 01 00 00 00 00', 'INTEGER 0100000000 is out of range'],
    ['below zero', '02 01 ff', 'INTEGER ff is out of range'],
    ['far below zero', '02 02 80 00', 'INTEGER 8000 is out of range'],
    ['with a zero in front', '02 02 00 04', 'INTEGER is not minimal'],
    ['with ones in front', '02 02 ff 80', 'INTEGER is not minimal'],
    ['with a long form of its length', '02 81 01 04', 'length is not minimal'],
    ['with nothing in it', '02 00', 'empty INTEGER'],
    ['with a byte behind it', '02 01 04 00', '1 bytes after the last element'],
    ['cut short', '02 02 04', 'needs 2 bytes at 2, 1 left'],
    ['as an ENUMERATED', '0a 01 04', 'want tag 0x2, got tag 0xa'],
    ['as an OCTET STRING', '04 01 04', 'want tag 0x2, got tag 0x4'],
    ['as a raw byte', '04', 'want tag 0x2, got tag 0x4'],
    ['of no bytes', '', 'want tag 0x2, got the end'],
  ])('is no number %s', (_, value, detail) => {
    const fault = refused(line, { [name]: hex(value) });
    expect(fault.at).toMatch(new RegExp(`^vek\\.extensions\\.${name}(\\.|$)`));
    expect(fault.detail).toBe(detail);
  });
});

describe.each(LINES)('hwID of %s', (line) => {
  const { hwIdLength: size } = MACHINES[line];
  const LENGTHS = [0, 1, 7, 8, 9, 10, 11, 62, 63, 64, 65, 66, 67, 128];
  const read = (hwID: Uint8Array) => parse(line, { ...goodExtensions(line), hwID }).hwId;
  const id = Uint8Array.from({ length: size }, (_, i) => 0xa0 + i);

  it('is as long as its line has it, raw or wrapped', () => {
    expect(read(id)).toEqual(id);
    expect(read(tlv(TAG.octetString, id))).toEqual(id);
  });

  it.each(LENGTHS.filter((length) => length !== size))('is not %i bytes', (length) => {
    const { at, detail } = refused(line, { hwID: new Uint8Array(length).fill(0xab) });
    expect(at).toBe('vek.extensions.hwID');
    expect(detail).toMatch(`want ${size} bytes, got ${length} (`);
  });

  it.each(LENGTHS.filter((length) => length !== size && length + 2 !== size))(
    'is not %i bytes in an OCTET STRING',
    (length) => {
      refused(line, { hwID: tlv(TAG.octetString, new Uint8Array(length).fill(0xab)) });
    },
  );

  it.each(['04', '02', '30'])(
    'that begins like an element of tag %s is raw all the same',
    (tag) => {
      const alike = concatBytes(hex(tag), Uint8Array.of(size - 2), id.subarray(2));
      expect(read(alike)).toEqual(alike);
      const wrapper = concatBytes(hex(tag), Uint8Array.of(size), id.subarray(2));
      expect(read(wrapper)).toEqual(wrapper);
    },
  );

  it.each([
    ['another tag', concatBytes(Uint8Array.of(TAG.bitString, size), id)],
    ['another length', concatBytes(Uint8Array.of(TAG.octetString, size + 1), id)],
    ['a shorter length', concatBytes(Uint8Array.of(TAG.octetString, size - 1), id)],
    ['a byte behind it', concatBytes(tlv(TAG.octetString, id), Uint8Array.of(0))],
  ])('in a wrapper with %s is none', (_, hwID) => {
    expect(refused(line, { hwID }).at).toBe('vek.extensions.hwID');
  });
});

describe.each(['productName', 'cspID'] as const)('%s', (name) => {
  const read = (value: Uint8Array) => {
    const { productName, cspId } = parse('Genoa', {
      ...goodExtensions('Genoa', 'vlek'),
      [name]: value,
    });
    return name === 'cspID' ? cspId : productName;
  };

  it.each([' ', '~', 'x'.repeat(256), 'CN=cc-us-east-2.amazonaws.com'])('may be “%s”', (text) => {
    expect(read(ia5(text))).toBe(text);
  });

  it.each([
    ['empty', ia5(''), 'want 1 to 256 characters, got 0'],
    ['long', ia5('x'.repeat(257)), 'want 1 to 256 characters, got 257'],
    ['with a line break', ia5('a\nb'), 'want printable ASCII'],
    ['with a NUL', ia5('a\0'), 'want printable ASCII'],
    ['with a DEL', ia5('a\x7f'), 'want printable ASCII'],
    ['with a letter above ASCII', ia5('é'), 'want printable ASCII'],
    ['a UTF8String', tlv(TAG.utf8String, hex('41')), 'want tag 0x16, got tag 0xc'],
    ['a PrintableString', tlv(TAG.printableString, hex('41')), 'want tag 0x16, got tag 0x13'],
    ['followed by a byte', concatBytes(ia5('a'), hex('00')), '1 bytes after the last element'],
    ['bare text', hex('47 65'), 'want tag 0x16, got tag 0x47'],
    ['of no bytes', hex(''), 'want tag 0x16, got the end'],
  ])('is not %s', (_, value, detail) => {
    const fault = refused('Genoa', { [name]: value }, 'vlek');
    expect(fault.at).toMatch(new RegExp(`^vek\\.extensions\\.${name}(\\.|$)`));
    expect(fault.detail).toBe(detail);
  });
});
