import { toHex } from '../../core/bytes/hex.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { crlFromAnyForm } from '../crl-text.ts';
import { type ClientOptions, GATE_LIMITS, Gate, type GateDeps, type GateLimits } from '../gate.ts';
import { HTTP_LIMITS, type HttpAnswer, type HttpLimits, httpGet } from '../http.ts';
import { SharedAnswers } from '../shared-answers.ts';
import type { PcsBase } from './base-url.ts';
import type { TdxChannel, TdxEndorsementKey } from './key.ts';
import { issuerChain, signedMember } from './response.ts';

export interface PcsClient {
  readonly fetch: typeof globalThis.fetch;
  readonly base: PcsBase;
  readonly limits: HttpLimits;
  /** What platforms share is asked for once, and a service that is down is left alone. */
  readonly shared?: SharedAnswers;
}

/** Four documents a set, for two sets at once. */
const PCS_GATE: GateLimits = { ...GATE_LIMITS, most: 8 };

/** One service for many platforms. Make one a process: two would ask twice as often. */
export function pcsClient(
  deps: GateDeps,
  base: PcsBase,
  { limits = HTTP_LIMITS, gate = PCS_GATE }: ClientOptions = {},
): PcsClient {
  const shared = new SharedAnswers(new Gate(deps, base.url, gate), deps.now);
  return { fetch: deps.fetch, base, limits, shared };
}

/**
 * The four requests for one platform (Intel PCS API v4; a PCCS has the same paths):
 *
 * ```
 * GET /tdx/certification/v4/tcb?fmspc=…&update=…      TCB-Info-Issuer-Chain
 * GET /tdx/certification/v4/qe/identity?update=…      SGX-Enclave-Identity-Issuer-Chain
 * GET /sgx/certification/v4/pckcrl?ca=…&encoding=der  SGX-PCK-CRL-Issuer-Chain
 * GET the root CA's CRL                               (no header)
 * ```
 *
 * Both documents are asked for under the same evaluation; a default on one side would mix two.
 */
export function tdxCollateralUrls(base: PcsBase, { fmspc, ca, channel }: TdxEndorsementKey) {
  const evaluation =
    typeof channel === 'number' ? `tcbEvaluationDataNumber=${channel}` : `update=${channel}`;
  return {
    // Upper case, as the caches store it.
    tcbInfo: `${base.url}/tdx/certification/v4/tcb?fmspc=${fmspc.toUpperCase()}&${evaluation}`,
    qeIdentity: `${base.url}/tdx/certification/v4/qe/identity?${evaluation}`,
    pckCrl: `${base.url}/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`,
    rootCaCrl: base.rootCaCrl,
  };
}

/**
 * Fetches all that a TDX quote of this platform is verified with. Nothing of it is verified
 * here; only taken apart.
 *
 * @throws Fault `unreachable` or `malformed`, at the URL of the request that failed first.
 */
export async function fetchTdxCollateral(
  client: PcsClient,
  key: TdxEndorsementKey,
): Promise<TdxCollateral> {
  const urls = tdxCollateralUrls(client.base, key);
  const group = new AbortController();
  const { fetch, limits, shared } = client;
  const get = (url: string, statuses: Readonly<Record<number, string>> = {}) =>
    // What others wait for too is not given up for one set's sake.
    shared
      ? shared.get({ url, limits, statuses })
      : httpGet(fetch, { url, limits, signal: group.signal, statuses });
  try {
    const [tcbInfo, qeIdentity, pckCrl, rootCaCrl] = await Promise.all([
      get(urls.tcbInfo, statusesOf(`TDX TCB info for FMSPC ${key.fmspc}`, key.channel)),
      get(urls.qeIdentity, statusesOf('TD QE identity', key.channel)),
      get(urls.pckCrl),
      get(urls.rootCaCrl),
    ]);
    return assemble(tcbInfo, qeIdentity, pckCrl, rootCaCrl);
  } finally {
    group.abort(); // one failure makes the other three useless
  }
}

/** PCS API v4: 404 is "not found", 410 "no longer available" for this evaluation number. */
function statusesOf(what: string, channel: TdxChannel): Readonly<Record<number, string>> {
  const under = typeof channel === 'number' ? ` under evaluation data number ${channel}` : '';
  return {
    404: `the source knows no ${what}${under}`,
    410: `the source no longer serves ${what}${under}`,
  };
}

function assemble(
  tcbInfo: HttpAnswer,
  qeIdentity: HttpAnswer,
  pckCrl: HttpAnswer,
  rootCaCrl: HttpAnswer,
): TdxCollateral {
  const tcb = signedMember(tcbInfo, 'tcbInfo');
  const qe = signedMember(qeIdentity, 'enclaveIdentity');
  return {
    tcb_info: tcb.text,
    tcb_info_signature: tcb.signature,
    tcb_info_issuer_chain: issuerChain(tcbInfo, [
      'TCB-Info-Issuer-Chain',
      'SGX-TCB-Info-Issuer-Chain',
    ]),
    qe_identity: qe.text,
    qe_identity_signature: qe.signature,
    qe_identity_issuer_chain: issuerChain(qeIdentity, ['SGX-Enclave-Identity-Issuer-Chain']),
    root_ca_crl: toHex(crlFromAnyForm(rootCaCrl.body, rootCaCrl.url)),
    pck_crl: toHex(crlFromAnyForm(pckCrl.body, pckCrl.url)),
    pck_crl_issuer_chain: issuerChain(pckCrl, ['SGX-PCK-CRL-Issuer-Chain']),
  };
}
