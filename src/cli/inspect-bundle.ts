import { type Binding, bindingOf } from '../appraisal/binding/recipe.ts';
import { type Bundle, parseBundle } from '../appraisal/bundle/format.ts';
import { toHex } from '../core/bytes/hex.ts';
import type { JsonShape } from '../core/encoding/json-shape.ts';
import { Fault } from '../core/fault.ts';
import { quoteClaims } from '../evidence/tdx/claims.ts';
import { parseQuote } from '../evidence/tdx/quote.ts';
import type { Claims } from '../evidence/verification.ts';
import { nvidiaDevicesClaims } from './inspect-nvidia.ts';
import { someOf } from './inspect-order.ts';
import { snpReportClaims } from './inspect-snp.ts';

export function looksLikeBundle(text: string | undefined): boolean {
  return text !== undefined && /^\s*\{/.test(text) && /"(?:binding|cpu)"\s*:/.test(text);
}

/** What is in it, and the main fields; the pieces are files of their own kinds. */
export function bundleFileClaims(bytes: Uint8Array): Claims {
  const { cpu, vtpm, devices, binding, endorsements, statements } = parseBundle(bytes);
  const size = (piece: Uint8Array | undefined) => piece?.length ?? 0;
  return {
    ...(cpu && {
      cpu: cpu.kind,
      cpuEvidenceBytes: size(cpu.kind === 'tdx' ? cpu.quote : cpu.report),
      ...(cpu.kind === 'tdx' && { eventLogBytes: size(cpu.eventLog) }),
    }),
    ...(cpu && cpuClaims(cpu)),
    vtpm: vtpm !== undefined,
    deviceEvidenceBytes: devices.length,
    devices: devices.length === 0 ? [] : nvidiaDevicesClaims(devices),
    recipe: binding.string('recipe'),
    bindingInputs: binding.names(),
    binding: bindingClaims(binding, devices),
    endorsements: Object.keys(endorsements),
    statements: Object.keys(statements),
  };
}

const QUOTE_FIELDS = [
  ...['teeTcbSvn', 'mrSeam', 'tdAttributes', 'xfam', 'mrTd', 'mrConfigId', 'mrOwner'],
  ...['mrOwnerConfig', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3', 'reportData'],
];

const REPORT_FIELDS = [
  ...['processor', 'policy', 'vmpl', 'measurement', 'hostData', 'idKeyDigest', 'chipId'],
  ...['signingKey', 'reportData'],
];

/** The main fields; all of them are shown of the piece as a file of its own. */
function cpuClaims(cpu: NonNullable<Bundle['cpu']>): Claims {
  return cpu.kind === 'tdx'
    ? { quote: someOf(QUOTE_FIELDS, quoteClaims(parseQuote(cpu.quote))) }
    : { report: someOf(REPORT_FIELDS, snpReportClaims(cpu.report)) };
}

/** What the recipe reads from its inputs; where it can't, why, beside what the rest says. */
function bindingClaims(source: JsonShape, devices: Uint8Array): Claims {
  try {
    return readClaims(bindingOf(source, devices));
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { problem: error.message };
  }
}

function readClaims({ purpose, nonce, deviceNonce, claims }: Binding): Claims {
  return {
    ...(purpose !== undefined && { purpose }),
    ...(nonce && { nonce: toHex(nonce) }),
    ...(deviceNonce && { deviceNonce: toHex(deviceNonce) }),
    ...claims,
  };
}
