import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { readCertificates } from '../../../src/core/x509/certificate-files.ts';
import { readAuthorities } from '../../../src/evidence/snp/authorities.ts';
import { publishedIntermediates } from '../../../src/evidence/snp/published-intermediates.ts';
import { vectorsFolder } from '../../support/vectors.ts';

/** By common name, the serial numbers that AMD's CRLs would revoke them by. */
const SERIALS = {
  'SEV-Milan': '010001',
  'SEV-VLEK-Milan': '010101',
  'SEV-Genoa': '020002',
  'SEV-VLEK-Genoa': '020101',
  'SEV-Turin': '030001',
  'SEV-VLEK-Turin': '030101',
};

it('are an ASK and an ASVK of each line', () => {
  const found = publishedIntermediates().map(({ subject, serial }) => [subject.commonName, serial]);
  expect(Object.fromEntries(found)).toEqual(SERIALS);
  expect(found).toHaveLength(6);
});

it('are read once', () => {
  expect(publishedIntermediates()).toBe(publishedIntermediates());
});

it.each(publishedIntermediates().map((one) => [one.subject.commonName, one] as const))(
  '%s is fit for its role and signed by AMD’s root of its line',
  (commonName, { der }) => {
    const [authority, ...more] = readAuthorities([der], AMD_ROOTS);
    expect(more).toEqual([]);
    expect(authority).toMatchObject({
      unfit: undefined,
      unlinked: undefined,
      untrusted: undefined,
    });
    expect(authority?.anchor?.name).toBe(`ARK-${commonName.split('-').at(-1)}`);
  },
);

const folder = vectorsFolder('snp');

describe.skipIf(folder === undefined)('are the same as those that others have of AMD', () => {
  const files = ['milan', 'genoa', 'turin'].flatMap((line) => [
    `${line}-ask-ark.pem`,
    `${line}-asvk-ark.pem`,
  ]);

  it.each(files)('%s', (file) => {
    const bytes = new Uint8Array(readFileSync(join(folder ?? '', 'roots', file)));
    const [intermediate, root] = readCertificates(bytes, file).map(({ der }) => toHex(der));
    expect(publishedIntermediates().map(({ der }) => toHex(der))).toContain(intermediate);
    expect(AMD_ROOTS.map(({ certificate }) => toHex(certificate.der))).toContain(root);
  });
});
