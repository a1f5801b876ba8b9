import { fromUtf8 } from '../../core/bytes/text.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { parseXml } from '../../core/encoding/xml.ts';
import { malformed } from '../../core/fault.ts';
import { NVIDIA_ROOTS, type NvidiaAnchors } from '../../evidence/nvidia/anchors.ts';
import type {
  NvidiaClocks,
  NvidiaDevice,
  NvidiaEndorsements,
  NvidiaRequests,
} from '../../evidence/nvidia/input.ts';
import { verifyNvidiaNode } from '../../evidence/nvidia/node.ts';
import { type NrasVerification, verifyNras } from '../../evidence/nvidia/nras/verify-nras.ts';
import { parseRimPayload } from '../../evidence/nvidia/rim/manifest.ts';
import { verifyRim } from '../../evidence/nvidia/rim/verify-rim.ts';
import { NvidiaVerifier } from '../../evidence/nvidia/verifier.ts';
import type { Claims } from '../../evidence/verification.ts';
import { SPDM_REQUEST } from '../inspect-nvidia.ts';
import { looksLikeSnpReport } from '../inspect-snp.ts';
import { type Case, sameJson } from './manifest.ts';
import type { Outcome } from './outcome.ts';
import { type CaseContext, instantOf, type Runner } from './runner.ts';

/** One device, with the manifests and OCSP responses that came along. */
export const nvidiaReportRunner: Runner = {
  name: 'NVIDIA report',
  reads: ['report'],
  // An SEV-SNP report may come with a file of its CAs alone, and one of NVIDIA's without a chain.
  takes: async ({ file, has }) => {
    const report = await file('report');
    return has('chain') ? !has('vek') && !looksLikeSnpReport(report) : looksLikeSpdm(report);
  },
  run: async (testCase, context) =>
    new NvidiaVerifier(await anchorsOf(testCase, context)).verify({
      report: await context.file('report'),
      ...(context.has('chain') && { chain: await context.file('chain') }),
      ...(await endorsementsOf(context)),
      ...(await requestsOf(testCase, context)),
      at: clocksOf(testCase),
    }),
};

/** Evidence JSON as NVIDIA's tools write it. */
const EVIDENCE = 'evidence';
const NODE_ROLES = [EVIDENCE, 'gpus', 'switches'];

function looksLikeSpdm(report: Uint8Array): boolean {
  return SPDM_REQUEST.every((byte, i) => report[i] === byte);
}

/** All devices of one machine. */
export const nvidiaNodeRunner: Runner = {
  name: 'NVIDIA machine',
  reads: [],
  takes: async ({ has }) => NODE_ROLES.some(has),
  run: async (testCase, context) => {
    const result = verifyNvidiaNode(
      {
        devices: context.has(EVIDENCE)
          ? await context.file(EVIDENCE)
          : [...(await devicesOf(context, 'gpus')), ...(await devicesOf(context, 'switches'))],
        ...(await endorsementsOf(context)),
        ...(await requestsOf(testCase, context)),
        at: clocksOf(testCase),
      },
      new NvidiaVerifier(await anchorsOf(testCase, context)),
    );
    return {
      ...result,
      checks: [...result.checks, ...result.parts.flatMap(({ checks }) => checks)],
    };
  },
};

/** A manifest by itself. */
export const nvidiaRimRunner: Runner = {
  name: 'NVIDIA manifest (RIM)',
  reads: ['rim'],
  run: async (testCase, context) => {
    const xml = await context.file('rim');
    if (testCase.expect.scope === 'parse-only') return parsed(xml);
    const { rim: anchors } = await anchorsOf(testCase, context);
    return verifyRim(xml, { anchors, at: instantOf(testCase, 'rim') });
  },
};

/** Well-formed, and unsigned: nothing to accept. */
function parsed(xml: Uint8Array): Outcome {
  const measurements = parseRimPayload(parseXml(xml, 'rim'));
  return { verdict: 'indeterminate', checks: [], claims: { measurements: measurements.length } };
}

/** As manifests call the token, or what the service answered. */
const NRAS_ROLES = ['eat', 'nras', 'response'];

/** What NVIDIA's remote service said, with its keys where they are at hand. */
export const nvidiaNrasRunner: Runner = {
  name: 'NRAS token',
  reads: [],
  takes: async ({ has }) => NRAS_ROLES.some(has),
  run: async (testCase, context) => {
    const result = verifyNras({
      eat: await context.file(NRAS_ROLES.find(context.has) ?? 'eat'),
      ...(context.has('jwks') && { jwks: await context.file('jwks') }),
      ...(testCase.expect.nonce && { nonce: testCase.expect.nonce }),
      at: instantOf(testCase, 'evidence'),
    });
    // What rejected tokens hold is nobody's claim, and often what was changed in them.
    if (context.has('deviceClaims') && result.verdict !== 'reject') {
      expectClaims(result, await context.file('deviceClaims'));
    }
    return result;
  },
};

/** @throws Fault `malformed` when the case shows other claims than its tokens hold. */
function expectClaims({ claims }: NrasVerification, json: Uint8Array): void {
  const path = 'deviceClaims';
  const { value } = parseJson(fromUtf8(json, path), path);
  const devices = (claims['devices'] ?? []) as readonly Claims[];
  const held = Object.fromEntries(
    devices.map((one) => [String(one['name']), one['claims'] ?? null]),
  );
  if (!sameJson(held, value)) throw malformed(path, 'not the claims of the device tokens');
}

/** Of a case without trust the pinned roots are asked, as of any other. */
async function anchorsOf({ trust }: Case, context: CaseContext): Promise<NvidiaAnchors> {
  const vendor = NVIDIA_ROOTS;
  if (trust === 'none') return vendor;
  const device = await context.anchors(vendor.device);
  // A manifest alone is under the case's one root.
  const rim = (await context.rimAnchors(vendor.rim)) ?? (context.has('rim') ? device : undefined);
  if (rim === undefined && trust !== 'vendor') return { device, rim: [] };
  return { device, rim: rim ?? vendor.rim };
}

const RIM_ROLES = ['rimDriver', 'rimVbios', 'rimBios'];

async function endorsementsOf({
  file,
  has,
  files,
  read,
}: CaseContext): Promise<NvidiaEndorsements> {
  const rims = await Promise.all(RIM_ROLES.filter(has).map(file));
  const given = files['ocsp'];
  if (given === undefined) return { rims };
  const shape = new JsonShape(given, 'files.ocsp');
  const ocsp = await Promise.all(
    shape.names().map(async (name) => ({ response: await read(shape.string(name)) })),
  );
  return { rims, ocsp };
}

async function requestsOf({ expect }: Case, context: CaseContext): Promise<NvidiaRequests> {
  const nonce = context.has('nonce') ? await context.file('nonce') : expect.nonce;
  return {
    ...(nonce && { nonce }),
    ...(namesAllSubjects(context) && { revocation: 'required' as const }),
  };
}

/** The certificates that all cases have, as manifests name the responses about them. */
const OCSP_ROLES = ['deviceBrom', 'deviceProvisioner', 'deviceIdentity', 'rimL3', 'rimCa'];

/**
 * Of a response for every certificate, one in the place of another leaves one without: told only
 * where each must have its own.
 */
function namesAllSubjects({ files, has }: CaseContext): boolean {
  const given = files['ocsp'];
  if (given === undefined) return false;
  const shape = new JsonShape(given, 'files.ocsp');
  const leaves = RIM_ROLES.filter(has).map((role) => `${role}Leaf`);
  return [...OCSP_ROLES, ...leaves].every((name) => shape.has(name));
}

async function devicesOf({ files, read }: CaseContext, role: string): Promise<NvidiaDevice[]> {
  const given: JsonValue = files[role] ?? [];
  return Promise.all(
    new JsonShape({ devices: given }, 'files').objects('devices').map(async (shape) => ({
      report: await read(shape.string('report')),
      chain: await read(shape.string('chain')),
    })),
  );
}

function clocksOf(testCase: Case): NvidiaClocks {
  const ocsp = instantOf(testCase, 'deviceOcsp');
  return {
    evidence: instantOf(testCase, 'report'),
    rim: instantOf(testCase, 'rim'),
    ocsp,
    rimOcsp: instantOf(testCase, 'rimOcsp'),
  };
}
