import { fromUtf8 } from '../core/bytes/text.ts';
import { parseJson } from '../core/encoding/json.ts';
import { parseCrl } from '../core/x509/crl.ts';
import { crlClaims } from '../evidence/certificate-claims.ts';
import { chainClaims, quoteClaims } from '../evidence/tdx/claims.ts';
import { parseTdxCollateral } from '../evidence/tdx/collateral.ts';
import { endorsementClaims } from '../evidence/tdx/collateral-claims.ts';
import { decodeCrl, readEndorsements } from '../evidence/tdx/endorsements.ts';
import { parseCcelTable } from '../evidence/tdx/event-log/ccel-table.ts';
import { readPckChain } from '../evidence/tdx/pck-chain.ts';
import { parseQuote } from '../evidence/tdx/quote.ts';
import type { Claims } from '../evidence/verification.ts';

/** With the chain that it brings. */
export function tdxQuoteClaims(bytes: Uint8Array): Claims {
  const quote = parseQuote(bytes);
  return { ...quoteClaims(quote), ...chainClaims(readPckChain(quote.certification, [])) };
}

export function ccelTableClaims(bytes: Uint8Array): Claims {
  const table = parseCcelTable(bytes);
  return {
    revision: table.revision,
    oemId: latin1(table.oemId),
    oemTableId: latin1(table.oemTableId),
    oemRevision: table.oemRevision,
    creatorId: latin1(table.creatorId),
    creatorRevision: table.creatorRevision,
    ccType: 'TDX',
    ccSubtype: table.ccSubtype,
    logAreaMinimumLength: Number(table.logAreaMinimumLength),
    logAreaStartAddress: `0x${table.logAreaStartAddress.toString(16)}`,
  };
}

/** Text of a fixed field; what is not printable shows as a dot. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1')
    .decode(bytes)
    .replace(/[^ -~]/g, '.')
    .trimEnd();
}

/** The common shape, or one signed document as Intel's service serves it. */
export function collateralClaims(bytes: Uint8Array): Claims {
  const text = fromUtf8(bytes, 'json');
  const { value, members } = parseJson(text, 'json');
  const span = (name: string) => {
    const found = members.get(name);
    return found && text.slice(found.start, found.end);
  };
  const [tcbInfo, qeIdentity] = [span('tcbInfo'), span('enclaveIdentity')];
  const served = tcbInfo !== undefined || qeIdentity !== undefined;
  const collateral = served
    ? { ...(tcbInfo && { tcb_info: tcbInfo }), ...(qeIdentity && { qe_identity: qeIdentity }) }
    : parseTdxCollateral(bytes);
  const endorsements = readEndorsements(collateral, []);
  // Who signed it is not asked here, so it is read apart from that question.
  const rootCaCrl = 'root_ca_crl' in collateral ? collateral.root_ca_crl : undefined;
  const problems = endorsements.checks
    .filter(({ id, outcome }) => id.endsWith('.format') && outcome === 'fail')
    .map((check) => `${check.path}: ${check.outcome === 'fail' ? check.got : ''}`);
  return {
    members: Object.keys(value ?? {}),
    ...endorsementClaims(endorsements),
    ...(rootCaCrl && problems.length === 0 && { rootCaCrl: rootCrlClaims(rootCaCrl) }),
    ...(problems.length > 0 && { problems }),
  };
}

function rootCrlClaims(text: string): Claims {
  const path = 'collateral.root_ca_crl';
  return crlClaims(parseCrl(decodeCrl(text, path), path));
}
