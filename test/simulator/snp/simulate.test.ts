import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { parseSnpReport } from '../../../src/evidence/snp/report.ts';
import { deriveBytes } from '../../../src/simulator/keys.ts';
import { createSnpPlatform } from '../../../src/simulator/snp/platform.ts';
import { simulateSnp } from '../../../src/simulator/snp/simulate.ts';
import { hex } from '../../support/hex.ts';

it('makes the same bytes every time, and others for another seed', async () => {
  const [first, again, other] = await Promise.all([
    simulateSnp({ fault: 'table_with_crl' }),
    simulateSnp({ fault: 'table_with_crl' }),
    simulateSnp({ fault: 'table_with_crl', seed: 'elsewhere' }),
  ]);
  expect(again.extendedReport).toEqual(first.extendedReport);
  expect(again.root).toEqual(first.root);
  expect(other.root).not.toEqual(first.root);
  expect(other.report).not.toEqual(first.report);
});

it.each([2, 3, 4, 5] as const)('makes a report of version %i', async (version) => {
  const reportData = deriveBytes('test', 'report data', 64);
  const { report } = await simulateSnp({ version, request: { reportData } });
  const parsed = parseSnpReport(report);
  expect(parsed.version).toBe(version);
  expect(parsed.reportData).toEqual(reportData);
  expect(parsed.cpuid).toEqual(
    version > 2 ? { family: 0x19, model: 0x11, stepping: 1 } : undefined,
  );
});

it('makes one report after another on one platform', async () => {
  const { report } = await createSnpPlatform({ product: 'turin' });
  const [first, second] = [1, 2].map((byte) =>
    report({ reportData: new Uint8Array(64).fill(byte) }),
  );
  expect(second).not.toEqual(first);
  expect(parseSnpReport(second ?? new Uint8Array()).reportData).toEqual(new Uint8Array(64).fill(2));
});

it('names itself in its root, so that nobody takes it for AMD’s', async () => {
  const { root } = await simulateSnp();
  expect(anchorFromCertificate(root, 'root').kind).toBe('simulator');
  expect(new X509Certificate(root).subject).toContain('O=Postern Simulator');
});

describe('lays out the extensions as AMD does', () => {
  const AMD = '1.3.6.1.4.1.3704.1';
  const shared = ['1', '2', '3.1', '3.2', '3.4', '3.5', '3.6', '3.7', '3.3', '3.8'];
  const turin = ['1', '2', '3.9', '3.1', '3.2', '3.3', '3.5', '3.6', '3.7', '3.8'];

  it.each([
    { product: 'milan', signer: 'vcek', arcs: [...shared, '4'] },
    { product: 'genoa', signer: 'vlek', arcs: [...shared, '5'] },
    { product: 'turin', signer: 'vcek', arcs: [...turin, '4'] },
    { product: 'turin', signer: 'vlek', arcs: [...turin, '5'] },
  ] as const)('in the $signer of $product', async ({ product, signer, arcs }) => {
    const { vek } = await simulateSnp({ product, signer });
    const { extensions } = parseCertificate(vek ?? new Uint8Array(), 'vek');
    expect([...extensions.keys()]).toEqual(arcs.map((arc) => `${AMD}.${arc}`));
  });

  it('in root and intermediate', async () => {
    const { root, chain } = await simulateSnp();
    const order = (der: Uint8Array | undefined) => [
      ...parseCertificate(der ?? new Uint8Array(), 'ca').extensions.keys(),
    ];
    expect(order(root)).toEqual(['2.5.29.15', '2.5.29.14', '2.5.29.19', '2.5.29.31']);
    expect(order(chain[0])).toEqual([
      '2.5.29.14',
      '2.5.29.35',
      '2.5.29.19',
      '2.5.29.15',
      '2.5.29.31',
    ]);
  });
});

describe('writes the parameters of RSASSA-PSS', () => {
  const short = hex(
    '3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130',
  );

  it('without the trailer field in newer certificates, with it in older ones', async () => {
    const { vek, chain } = await simulateSnp();
    expect(count(vek, short)).toBe(2);
    expect(count(chain[0], short)).toBe(0);
    const trailer = hex('a203020130a303020101');
    expect(count(vek, trailer)).toBe(0);
    expect(count(chain[0], trailer)).toBe(2);
  });

  function count(der: Uint8Array | undefined, part: Uint8Array): number {
    const text = Buffer.from(der ?? []).toString('latin1');
    return text.split(Buffer.from(part).toString('latin1')).length - 1;
  }
});

it('pads the certificate table to pages, as hosts do', async () => {
  const { report, extendedReport } = await simulateSnp({ fault: 'table_vcek' });
  expect(extendedReport?.subarray(0, 1184)).toEqual(report);
  expect(((extendedReport?.length ?? 0) - 1184) % 4096).toBe(0);
});
