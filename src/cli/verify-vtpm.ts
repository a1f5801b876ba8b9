import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import { verificationJson } from '../appraisal/result/result-json.ts';
import { type VtpmVerification, verifyVtpmOn } from '../appraisal/vtpm.ts';
import { Fault } from '../core/fault.ts';
import { type RevocationWish, wishOf } from '../endorsements/revocation-wish.ts';
import { SNP_CHECKS } from '../evidence/snp/checks.ts';
import type { SnpVerification } from '../evidence/snp/verifier.ts';
import { TDX_CHECKS } from '../evidence/tdx/checks.ts';
import type { TdxVerification } from '../evidence/tdx/verifier.ts';
import { VTPM_CHECKS } from '../evidence/vtpm/checks.ts';
import { type HclReport, parseHclReport } from '../evidence/vtpm/hcl-report.ts';
import type { TpmQuoteInput, VtpmInput } from '../evidence/vtpm/input.ts';
import { writeEar } from './ear-options.ts';
import { atOption, decodeEvidence, readAt, readBytes } from './input.ts';
import { EXIT, type Io, usage } from './io.ts';
import { outermostJson } from './outermost.ts';
import { decide, POLICY_CHECKS, POLICY_OPTIONS, readPolicyOption } from './policy-decision.ts';
import { asksFrom, CLAIMS_OPTION, printJson, printResult } from './render.ts';
import { SNP_AT_KINDS, SNP_EVIDENCE_OPTIONS, verifySnpEvidence } from './snp-evidence.ts';
import { TDX_AT_KINDS, TDX_EVIDENCE_OPTIONS, verifyTdxEvidence } from './tdx-evidence.ts';
import type { Args, Option, Options, Verb } from './verb.ts';
import { snpNotes } from './verify-snp.ts';

const AT_KINDS = [...new Set([...SNP_AT_KINDS, ...TDX_AT_KINDS])];

const TDX_QUOTE_OPTION: Option = {
  value: '<file>',
  help: 'on TDX: the quote that the host made; the HCL report holds only its unsigned TDREPORT',
};

const VTPM_OPTIONS: Options = {
  'tpm-quote': { value: '<file>', help: 'TPMS_ATTEST of a TPM2_Quote by the attestation key' },
  'tpm-signature': { value: '<file>', help: 'its signature: bare RSA, or TPMT_SIGNATURE' },
  pcrs: { value: '<json>', help: 'PCR values: 24 of SHA-256, or an object by bank and index' },
  nonce: { value: '<hex>', help: 'what the quote’s extraData must be, to the byte' },
  'user-data': {
    value: '<hex>',
    help: 'what the runtime data’s user-data must hold, up to 64 bytes; zeros are expected behind',
  },
  'tdx-quote': TDX_QUOTE_OPTION,
};

export const verifyVtpmVerb: Verb = {
  name: 'verify vtpm',
  summary: 'Verify an Azure confidential VM: HCL report, TPM quote and PCRs, on SNP or TDX.',
  operands: '<hcl-report>',
  arity: { min: 1, max: 1 },
  options: {
    ...POLICY_OPTIONS,
    ...VTPM_OPTIONS,
    ...TDX_EVIDENCE_OPTIONS,
    ...SNP_EVIDENCE_OPTIONS,
    ...atOption(AT_KINDS),
    ...CLAIMS_OPTION,
  },
  notes: [
    'The HCL report is what the vTPM has at NV index 0x01400001. On SNP it holds the attestation report; give --vek or let the certificate be fetched, as for verify snp. On TDX give --tdx-quote, and endorsements as for verify tdx.',
    'Such a guest does not choose its report data: what is fresh is the TPM quote, by --nonce. Everything rests on the paravisor that wrote the JSON: compare the evidence’s measurement, or on SNP its ID key digest, with what you expect.',
    'Exit code: 0 accept, 1 reject, 2 indeterminate; over the vTPM and the evidence below it.',
  ],
  run: async (io, args) => {
    const policy = await readPolicyOption(io, args);
    const input = await readVtpm(io, args);
    const verified = await verifyBoth(io, args, input, wishOf(policy?.compiled));
    const result = decide(verified.vtpm, policy);
    await writeEar(io, args, result, input.hcl);
    if (args.has('json')) printVtpmJson(io, args, verified, result);
    else printBoth(io, args, verified, result);
    return EXIT[result.verdict];
  },
};

type VtpmRequest = Omit<VtpmInput, 'evidence' | 'anchors'>;

/** Both answers: of the part alone, and of the whole. */
interface Both {
  /** Undefined when the envelope that it would be in can't be read. */
  readonly evidence: SnpVerification | TdxVerification | undefined;
  readonly vtpm: VtpmVerification;
}

async function readVtpm(io: Io, args: Args): Promise<VtpmRequest> {
  const quote = await readTpmQuote(io, args);
  const path = args.one('pcrs');
  const nonce = readBytes(args, 'nonce', 64);
  const userData = readBytes(args, 'user-data', 64);
  return {
    hcl: decodeEvidence(await io.readFile(args.operand(0))),
    ...(quote && { quote }),
    ...(path !== undefined && { pcrs: await io.readFile(path) }),
    ...(nonce && { nonce }),
    ...(userData && { userData }),
    at: readAt(io, args, AT_KINDS).all,
  };
}

async function readTpmQuote(io: Io, args: Args): Promise<TpmQuoteInput | undefined> {
  const [message, signature] = [args.one('tpm-quote'), args.one('tpm-signature')];
  if (message === undefined && signature === undefined) return undefined;
  if (message === undefined || signature === undefined) {
    throw usage('--tpm-quote and --tpm-signature belong together');
  }
  return { message: await io.readFile(message), signature: await io.readFile(signature) };
}

/** The evidence is the envelope's own report, or on TDX the quote beside it. */
async function verifyBoth(
  io: Io,
  args: Args,
  input: VtpmRequest,
  wish: RevocationWish,
): Promise<Both> {
  const hcl = readHcl(input.hcl);
  const evidence = hcl && (await verifyHardware(io, args, hcl, wish));
  return { evidence, vtpm: verifyVtpmOn(evidence, input) };
}

function verifyHardware(
  io: Io,
  args: Args,
  { hardware, hardwareReport }: HclReport,
  wish: RevocationWish,
): Promise<SnpVerification | TdxVerification> {
  refuseForeignOptions(args, hardware);
  if (hardware === 'snp') {
    return verifySnpEvidence(io, args, async () => hardwareReport, undefined, wish);
  }
  const path = args.one('tdx-quote');
  if (path === undefined) {
    throw usage('a TDX HCL report holds no quote: give --tdx-quote as well');
  }
  const readQuote = async () => decodeEvidence(await io.readFile(path));
  return verifyTdxEvidence(io, args, readQuote, undefined);
}

const OPTIONS_OF: Readonly<Record<HclReport['hardware'], Options>> = {
  snp: SNP_EVIDENCE_OPTIONS,
  tdx: { ...TDX_EVIDENCE_OPTIONS, 'tdx-quote': TDX_QUOTE_OPTION },
};

/** What only the other hardware's verifier reads would be a check asked for and never made. */
function refuseForeignOptions(args: Args, hardware: HclReport['hardware']): void {
  const other = hardware === 'snp' ? 'tdx' : 'snp';
  const foreign = Object.keys(OPTIONS_OF[other]).find(
    (name) => args.has(name) && !Object.hasOwn(OPTIONS_OF[hardware], name),
  );
  if (foreign === undefined) return;
  const [about, here] = [HARDWARE_NAMES[other], HARDWARE_NAMES[hardware]];
  throw usage(`--${foreign} is about ${about}: this HCL report is of ${here}`);
}

const HARDWARE_NAMES = { snp: 'SEV-SNP', tdx: 'TDX' } as const;

/** Undefined for what is no HCL report: the verifier reads it again, and says why. */
function readHcl(bytes: Uint8Array): HclReport | undefined {
  try {
    return parseHclReport(bytes);
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return undefined;
    throw error;
  }
}

function printVtpmJson(
  io: Io,
  args: Args,
  { evidence, vtpm }: Both,
  result: VtpmVerification | Appraisal,
): void {
  const notes = [...hardwareNotes(evidence), ...vtpmNotes(vtpm)];
  const parts = result.parts.map(verificationJson);
  printJson(io, { ...verificationJson(result), parts, ...outermostJson(args, result, notes) });
}

function printBoth(
  io: Io,
  args: Args,
  { evidence, vtpm }: Both,
  result: VtpmVerification | Appraisal,
): void {
  if (evidence) {
    const snp = 'report' in evidence;
    const asks = asksFrom(snp ? SNP_CHECKS : TDX_CHECKS);
    io.out(`The ${snp ? 'SEV-SNP report' : 'TDX quote'} below the vTPM\n\n`);
    printResult(io, args, evidence, asks, { notes: hardwareNotes(evidence) });
    io.out('\nThe vTPM on it, and the verdict over both\n\n');
  }
  const asks = asksFrom({ ...VTPM_CHECKS, ...POLICY_CHECKS });
  printResult(io, args, result, asks, { notes: vtpmNotes(vtpm) });
}

function hardwareNotes(evidence: Both['evidence']): readonly string[] {
  return evidence && 'report' in evidence ? snpNotes(evidence) : [];
}

/** What is fresh about it, which no check that was not asked for can say. */
function vtpmNotes({ checks }: VtpmVerification): readonly string[] {
  const fresh = checks.some(({ id, outcome }) => id === 'vtpm.quote.nonce' && outcome === 'pass');
  return fresh ? [] : ['no TPM quote over a nonce of yours: all of this may be a recording'];
}
