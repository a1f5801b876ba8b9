import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/cli/inspect-formats.ts';
import { fromHex, toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { simulateSnp } from '../../src/simulator/snp/simulate.ts';
import { createTdxPlatform } from '../../src/simulator/tdx/platform.ts';
import { simulateTdx } from '../../src/simulator/tdx/simulate.ts';
import { hcl } from '../support/hcl.ts';
import { sshHostCertificate } from '../support/ssh-certificate.ts';
import { tpmQuote } from '../support/tpm.ts';
import { expectErrorJson } from './design-json.ts';
import { honest, jsonOf, postern, UNSAFE } from './fake-io.ts';
import { LEDGER_FORMATS, LEDGER_KEY, LEDGER_NOTE, LEDGER_PROOF } from './ledger-formats.ts';
import { NVIDIA_FORMATS } from './nvidia-formats.ts';

const { quote, root, ccelLog, ccelTable, collateral } = honest;
const { dstackLog } = await simulateTdx({ fault: 'valid_dstack' });
const { served } = await createTdxPlatform();
const snp = await simulateSnp();
const { vek: vcek = root } = snp;
const { extendedReport = root } = await simulateSnp({ fault: 'table_vcek' });
const vlek = await simulateSnp({ fault: 'vlek_v5' });
const crl = fromHex(collateral.root_ca_crl ?? '', 'crl');
const text = (value: Uint8Array | string) => (typeof value === 'string' ? utf8(value) : value);

/** Every format that inspect knows, with a claim that only reading it can give. */
const KNOWN: readonly (readonly [string, string, Uint8Array | string, object])[] = [
  ['a quote', 'TDX quote', quote, { quoteVersion: 4, fmspc: 'f0806f000000' }],
  ['a quote in hex', 'TDX quote', toHex(quote), { quoteVersion: 4 }],
  ['a quote in base64', 'TDX quote', toBase64(quote), { quoteVersion: 4 }],
  [
    'a certificate of SSH',
    'OpenSSH certificate',
    sshHostCertificate('node-1.pool.example'),
    { type: 'host', principals: ['node-1.pool.example'], validBefore: '2026-06-01T12:30:00Z' },
  ],
  ['an ACPI table', 'CCEL ACPI table', ccelTable, { oemId: 'PSTRN', logAreaMinimumLength: 4096 }],
  ['a CCEL log', 'TCG2 event log (CCEL)', ccelLog, { format: 'ccel' }],
  ['dstack’s log', 'dstack event log', text(dstackLog), { format: 'dstack' }],
  ['collateral', 'TDX collateral', JSON.stringify(collateral), { tcbEvaluationDataNumber: 20 }],
  [
    'indented collateral',
    'TDX collateral',
    `\n ${JSON.stringify(collateral, null, 2)}`,
    { tcbEvaluationDataNumber: 20 },
  ],
  ['a TCB info as served', 'TDX collateral', served.tcbInfo.body, { fmspc: 'f0806f000000' }],
  [
    'a QE identity as served',
    'TDX collateral',
    served.qeIdentity.body,
    { qeEvaluationDataNumber: 20 },
  ],
  [
    'a chain in PEM',
    'X.509 certificates',
    served.tcbInfo.issuerChain,
    {
      certificates: [
        expect.objectContaining({ ca: false, keyUsage: ['digitalSignature'] }),
        expect.objectContaining({ ca: true, keyUsage: ['keyCertSign', 'cRLSign'] }),
      ],
    },
  ],
  ['a CRL in PEM', 'X.509 CRL', toPem(crl, 'X509 CRL'), { revokedCertificates: 0, revoked: [] }],
  [
    'a certificate in DER',
    'X.509 certificate, DER',
    root,
    { subject: expect.stringContaining('CN=Intel SGX Root CA'), ca: true },
  ],
  ['a CRL in DER', 'X.509 CRL, DER', crl, { revokedCertificates: 0 }],
  ['an HCL report', 'Azure HCL report', hcl(), { hclVersion: 2, hclHardware: 'tdx' }],
  ['a CRL in hex', 'X.509 CRL, DER', toHex(crl), { revokedCertificates: 0 }],
  [
    'a report',
    'SEV-SNP attestation report',
    snp.report,
    {
      reportVersion: 5,
      processor: 'Genoa',
      signingKey: 'vcek',
      reportedSpl: { bootLoader: 10, tee: 0, snp: 27, microcode: 86 },
      guestPolicy: expect.objectContaining({ debug: false, smt: true }),
      measurement: toHex(snp.plan.report.measurement),
    },
  ],
  ['a report in hex', 'SEV-SNP attestation report', toHex(snp.report), { reportVersion: 5 }],
  [
    'a report of version 2, whose TCB has no known layout',
    'SEV-SNP attestation report',
    (await simulateSnp({ fault: 'valid_v2' })).report,
    { reportVersion: 2, reportedTcb: '0a00000000001b56' },
  ],
  [
    'an extended report',
    'SEV-SNP attestation report',
    extendedReport,
    {
      reportVersion: 5,
      certificateTable: [
        expect.objectContaining({ name: 'vcek', bytes: vcek.length }),
        expect.objectContaining({ name: 'ask' }),
        expect.objectContaining({ name: 'ark' }),
      ],
    },
  ],
  [
    'a VCEK certificate',
    'X.509 certificate, DER',
    vcek,
    {
      subject: expect.stringContaining('CN=SEV-VCEK'),
      ca: false,
      vek: {
        product: 'genoa',
        kind: 'vcek',
        structVersion: 0,
        productName: 'Genoa',
        tcb: '0a00000000001b56',
        hwId: toHex(snp.plan.report.chipId),
      },
    },
  ],
  [
    'a VLEK certificate',
    'X.509 certificate, DER',
    vlek.vek ?? root,
    {
      vek: {
        product: 'genoa',
        kind: 'vlek',
        structVersion: 0,
        productName: 'Genoa',
        tcb: '0a00000000001b56',
        cspId: 'CN=cloud.simulator.postern',
      },
    },
  ],
  [
    'AMD’s chain in PEM',
    'X.509 certificates',
    [...snp.chain, snp.root].map((der) => toPem(der, 'CERTIFICATE')).join(''),
    {
      certificates: [
        expect.objectContaining({ subject: expect.stringContaining('CN=SEV-Genoa') }),
        expect.objectContaining({ subject: expect.stringContaining('CN=ARK-Genoa') }),
      ],
    },
  ],
  [
    'a TPM quote',
    'TPM quote (TPMS_ATTEST)',
    tpmQuote(),
    { pcrSelection: [{ bank: 'sha256', pcrs: expect.arrayContaining([0, 23]) }] },
  ],
  ...NVIDIA_FORMATS,
  ...LEDGER_FORMATS,
];

describe('inspect knows', () => {
  it.each(KNOWN)('%s', async (_, format, file, claims) => {
    const ran = await postern(['inspect', 'file', '--json'], { file });
    expect(ran).toMatchObject({ exit: 0, err: '' });
    const json = jsonOf(ran);
    expect(json).toStrictEqual({
      format,
      size: expect.any(Number),
      claims: expect.objectContaining(claims),
    });
    const human = await postern(['inspect', 'file'], { file });
    expect(human).toMatchObject({ exit: 0, err: '' });
    expect(human.out.startsWith(`${format}, ${json['size']} bytes\n\n`)).toBe(true);
    for (const name of Object.keys(json['claims'] as object)) {
      expect(human.out).toMatch(new RegExp(`^${name}[ [\n]`, 'm'));
    }
    expect(human.out).not.toMatch(UNSAFE);
  });

  it('every format of its list', () => {
    const seen = new Set(KNOWN.map(([, format]) => format));
    expect(FORMATS.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
  });

  it('a log with names that are not ASCII', async () => {
    const file = JSON.stringify([
      { imr: 3, event_type: 0x08000001, event: 'größe\u202e', event_payload: '', digest: '' },
    ]);
    const { exit, out } = await postern(['inspect', 'file'], { file });
    expect(exit).toBe(0);
    expect(out).toMatch(/^dstack event log, /);
    expect(out).not.toMatch(UNSAFE);
  });

  it('a PCK certificate with Intel’s extension', async () => {
    const { certificates } = honest.plan;
    expect(certificates.pck.sgx.pceSvn).toBe(13);
    const pem = new TextDecoder('latin1').decode(quote);
    const file = `${pem.slice(pem.indexOf('-----BEGIN'), pem.lastIndexOf('-----') + 5)}\n`;
    const { out } = await postern(['inspect', 'file', '--json'], { file });
    expect(JSON.parse(out).claims.certificates[0].sgx).toMatchObject({
      fmspc: 'f0806f000000',
      pceSvn: 13,
    });
  });

  it('what is damaged inside collateral is said beside what could be read', async () => {
    const file = JSON.stringify({ ...collateral, tcb_info: '{"id":"TDX"' });
    const { exit, out } = await postern(['inspect', 'file', '--json'], { file });
    expect(exit).toBe(0);
    const { claims } = JSON.parse(out);
    expect(claims.problems).toEqual([expect.stringContaining('tcb_info')]);
    expect(claims.qeEvaluationDataNumber).toBe(20);
  });
});

describe('inspect refuses', () => {
  it.each([
    ['an empty file', '', 'malformed', 'file: the file is empty'],
    ['a text', 'Dear reader', 'unsupported', 'file: none of the formats'],
    ['zeros', new Uint8Array(4096), 'unsupported', 'file: none of the formats'],
    ['another kind of PEM', toPem(root, 'PUBLIC KEY'), 'unsupported', 'file: none of'],
    ['half a quote', quote.subarray(0, 600), 'malformed', 'quote.body'],
    ['an SGX quote', quote.with(4, 0), 'malformed', 'quote.header.tee_type: want 0x81'],
    ['half a certificate', root.subarray(0, 90), 'malformed', 'certificate'],
    ['a certificate and a byte', concatBytes(root, Uint8Array.of(0)), 'malformed', 'certificate'],
    ['half a log', ccelLog.subarray(0, 200), 'malformed', 'event_log'],
    ['half a table', ccelTable.subarray(0, 30), 'malformed', ''],
    ['half a JSON object', '{"tcb_info": "', 'malformed', 'json'],
    ['half a JSON array', '[{"imr": 0', 'malformed', 'event_log'],
    ['half a PEM', toPem(root, 'CERTIFICATE').slice(0, 300), 'malformed', 'pem[0]'],
    ['a million brackets', '['.repeat(1_000_000), 'unsupported', 'file'],
    ['a sequence of nothing', Uint8Array.of(0x30, 0), 'malformed', 'crl'],
    ['half a report', snp.report.subarray(0, 700), 'malformed', 'report: want 1184 bytes, got 700'],
    ['a report of version 6', snp.report.with(0, 6), 'malformed', 'report.version: unsupported'],
    ['a report and a byte', concatBytes(snp.report, Uint8Array.of(0)), 'malformed', 'certificate'],
    ['half a table', extendedReport.subarray(0, 2000), 'malformed', 'certificate_table'],
    ['half a VCEK certificate', vcek.subarray(0, 400), 'malformed', 'certificate'],
    ['half a checkpoint', LEDGER_NOTE.slice(0, -3), 'malformed', 'note: does not end'],
    ['half a proof', LEDGER_PROOF.slice(0, 60), 'malformed', 'proof: no empty line'],
    ['another’s key', LEDGER_KEY.replace('log', 'lag'), 'malformed', 'vkey.id: want'],
    ['a secret key', 'PRIVATE+KEY+log.example+6a7b8c9d+AQID', 'unsupported', 'file: none of'],
    ['half a TPM quote', tpmQuote().subarray(0, 40), 'malformed', 'quote'],
    ['a TPM quote and a byte', concatBytes(tpmQuote(), Uint8Array.of(0)), 'malformed', 'quote'],
  ])('%s', async (_, file, code, says) => {
    const ran = await postern(['inspect', 'file', '--json'], { file });
    expect(ran.exit).toBe(1);
    expectErrorJson(jsonOf(ran), code);
    expect(ran.err.startsWith(`postern: ${says}`)).toBe(true);
  });

  it.each([
    ['zeros', 0],
    ['DER headers', 0x30],
    ['brackets', 0x5b],
    ['braces', 0x7b],
    ['the beginning of a quote', 4],
    ['white space', 0x20],
  ])('16 MiB of %s at once', async (_, byte) => {
    const file = new Uint8Array(16 * 1024 * 1024).fill(byte);
    const start = performance.now();
    expect((await postern(['inspect', 'file'], { file })).exit).toBe(1);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('an AMD intermediate’s name without all of AMD’s extensions', async () => {
    const { vek = root } = await simulateSnp({
      edit: ({ certificates: { vcek: plan } }) => {
        const { productName: _, ...others } = plan.vek;
        plan.vek = others;
      },
    });
    const { exit, err } = await postern(['inspect', 'file'], { file: vek });
    expect(exit).toBe(1);
    expect(err).toMatch(
      /^postern: certificate\.productName: no extension 1\.3\.6\.1\.4\.1\.3704\./,
    );
  });

  it('each beginning of each format, without a crash', async () => {
    const snpFiles = [snp.report, vcek, tpmQuote(), hcl()];
    const tdxFiles = [quote, ccelTable, ccelLog, root, crl, text(JSON.stringify(collateral))];
    const files = [...snpFiles, ...tdxFiles];
    for (const file of files) {
      for (let length = 0; length < Math.min(file.length, 900); length += 37) {
        const { exit } = await postern(['inspect', 'file'], { file: file.subarray(0, length) });
        expect(exit).toBeLessThanOrEqual(1);
      }
    }
  });
});

it('its help keeps the names of formats apart, which have commas', async () => {
  const { out } = await postern(['inspect', '--help']);
  const listed = out.replaceAll(/\s+/g, ' ');
  for (const { name } of FORMATS)
    expect(listed).toMatch(new RegExp(`[:;] ${RegExp.escape(name)}[;.]`));
});
