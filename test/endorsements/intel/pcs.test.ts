import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { INTEL_PCS, pcsBase } from '../../../src/endorsements/intel/base-url.ts';
import { tdxEndorsementKey } from '../../../src/endorsements/intel/key.ts';
import { fetchTdxCollateral, tdxCollateralUrls } from '../../../src/endorsements/intel/pcs.ts';
import {
  type Behaviour,
  body,
  headers,
  honest,
  html,
  type Route,
  stallBeforeHeaders,
  status,
} from '../fake-pccs.ts';
import { clientOf, LIMITS, platform, reissued, startPccs, wanted } from '../world.ts';

const key = tdxEndorsementKey(wanted, 'standard');

async function fetchWith(behaviours: Partial<Record<Route, Behaviour>>) {
  const pccs = await startPccs();
  pccs.behaviours = behaviours;
  return { pccs, collateral: fetchTdxCollateral(clientOf(pccs), key) };
}

it('puts the collateral together as the platform has it', async () => {
  const { collateral } = await fetchWith({});
  expect(await collateral).toEqual(platform.collateral);
});

describe('asks for both documents under the same evaluation', () => {
  it.each([
    { channel: 'standard' as const, query: 'update=standard' },
    { channel: 'early' as const, query: 'update=early' },
    { channel: 18, query: 'tcbEvaluationDataNumber=18' },
  ])('$query', async ({ channel, query }) => {
    const pccs = await startPccs();
    await fetchTdxCollateral(clientOf(pccs), tdxEndorsementKey(wanted, channel));
    expect(pccs.requests.sort()).toEqual([
      '/sgx/certification/v4/pckcrl?ca=platform&encoding=der',
      '/sgx/certification/v4/rootcacrl',
      `/tdx/certification/v4/qe/identity?${query}`,
      `/tdx/certification/v4/tcb?fmspc=F0806F000000&${query}`,
    ]);
  });
});

it('goes to Intel’s two hosts', () => {
  expect(tdxCollateralUrls(pcsBase(INTEL_PCS), { ...key, ca: 'processor' })).toEqual({
    tcbInfo:
      'https://api.trustedservices.intel.com/tdx/certification/v4/tcb?fmspc=F0806F000000&update=standard',
    qeIdentity:
      'https://api.trustedservices.intel.com/tdx/certification/v4/qe/identity?update=standard',
    pckCrl:
      'https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=processor&encoding=der',
    rootCaCrl: 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der',
  });
});

describe('takes CRLs in every form that sources serve', () => {
  const { rootCrl, pckCrl } = platform.served;
  it.each([
    { name: 'hex', write: toHex },
    { name: 'PEM', write: (der: Uint8Array) => toPem(der, 'X509 CRL') },
    { name: 'DER', write: (der: Uint8Array) => der },
  ])('$name', async ({ write }) => {
    const { collateral } = await fetchWith({
      rootCaCrl: body(write(rootCrl.der)),
      pckCrl: body(write(pckCrl.der)),
    });
    expect(await collateral).toEqual(platform.collateral);
  });
});

it('takes the chain from the older header of some caches', async () => {
  const chain = encodeURIComponent(platform.served.tcbInfo.issuerChain);
  const { collateral } = await fetchWith({
    tcbInfo: headers({ 'SGX-TCB-Info-Issuer-Chain': chain }),
  });
  expect(await collateral).toEqual(platform.collateral);
});

it('keeps the signed text as it stands: white space, escapes, order', async () => {
  const served = await reissued(({ tcbInfo }) => {
    tcbInfo.write = (content) => JSON.stringify(content, undefined, 1).replace('TDX', '\\u0054DX');
  });
  const pccs = await startPccs(served);
  const { tcb_info } = await fetchTdxCollateral(clientOf(pccs), key);
  expect(tcb_info).toMatch(/^\{\n "id": "\\u0054DX",\n/);
  expect(served.tcbInfo.body).toContain(tcb_info);
});

describe('refuses, at the URL,', () => {
  it.each([
    { name: 'HTML', tcbInfo: html, at: '', detail: /^want a JSON object, got "<!doctype html>/ },
    {
      name: 'a second tcbInfo',
      tcbInfo: body((text) => text.replace('"signature"', '"tcbInfo":{},"signature"')),
      at: '',
      detail: /^duplicate member "tcbInfo"/,
    },
    {
      name: 'a second FMSPC inside the signed text',
      tcbInfo: body((text) => text.replace('"fmspc"', '"fmspc":"000000000000","fmspc"')),
      at: '.tcbInfo',
      detail: /^duplicate member "fmspc"/,
    },
    {
      name: 'JSON cut short',
      tcbInfo: body((text) => text.slice(0, -1)),
      at: '',
      detail: /at character/,
    },
    {
      name: 'text behind the JSON',
      tcbInfo: body((text) => `${text}{}`),
      at: '',
      detail: /^text after the value/,
    },
    { name: 'an array', tcbInfo: body('[]'), at: '', detail: /^want a JSON object/ },
    { name: 'another document', tcbInfo: body('{}'), at: '.tcbInfo', detail: /got nothing/ },
    {
      name: 'a string in place of the document',
      tcbInfo: body('{"tcbInfo":"{}","signature":""}'),
      at: '.tcbInfo',
      detail: /^want an object/,
    },
    {
      name: 'a short signature',
      tcbInfo: body('{"tcbInfo":{},"signature":"00"}'),
      at: '.signature',
      detail: /^want 128 hex digits/,
    },
    {
      name: 'bytes that are not UTF-8',
      tcbInfo: body(Uint8Array.of(0x7b, 0xff)),
      at: '',
      detail: /^not valid UTF-8/,
    },
    {
      name: 'no chain',
      tcbInfo: headers({}),
      at: ' header TCB-Info-Issuer-Chain',
      detail: /^missing/,
    },
    {
      name: 'a chain in broken URL encoding',
      tcbInfo: headers({ 'TCB-Info-Issuer-Chain': '%E0%A4%A' }),
      at: ' header TCB-Info-Issuer-Chain',
      detail: /^not valid URL encoding/,
    },
    {
      name: 'an empty chain',
      tcbInfo: headers({ 'TCB-Info-Issuer-Chain': '%20' }),
      at: ' header TCB-Info-Issuer-Chain',
      detail: /^no certificate/,
    },
    {
      name: 'a chain that is something else',
      tcbInfo: headers({ 'TCB-Info-Issuer-Chain': 'none' }),
      at: ' header TCB-Info-Issuer-Chain',
      detail: /PEM block/,
    },
  ])('$name', async ({ tcbInfo, at, detail }) => {
    const { pccs, collateral } = await fetchWith({ tcbInfo });
    const url = tdxCollateralUrls(pcsBase(pccs.url), key).tcbInfo;
    await expect(collateral).rejects.toMatchObject({
      code: 'malformed',
      at: `${url}${at}`,
      detail: expect.stringMatching(detail),
    });
  });

  it('a CRL that is no CRL', async () => {
    const { pccs, collateral } = await fetchWith({ rootCaCrl: html });
    await expect(collateral).rejects.toMatchObject({
      code: 'malformed',
      at: `${pccs.url}/sgx/certification/v4/rootcacrl`,
      detail: expect.stringMatching(/^want a CRL as DER, hex or PEM, got "<!doctype/),
    });
  });
});

it('says which FMSPC the source does not know', async () => {
  const { collateral } = await fetchWith({ tcbInfo: status(404) });
  await expect(collateral).rejects.toMatchObject({
    code: 'unreachable',
    detail: 'HTTP 404: the source knows no TDX TCB info for FMSPC f0806f000000',
  });
});

it('says that an evaluation number is no longer served', async () => {
  const pccs = await startPccs();
  pccs.behaviours = { qeIdentity: status(410) };
  const asked = fetchTdxCollateral(clientOf(pccs), tdxEndorsementKey(wanted, 15));
  await expect(asked).rejects.toMatchObject({
    code: 'unreachable',
    detail: 'HTTP 410: the source no longer serves TD QE identity under evaluation data number 15',
  });
});

it('one failure ends the other requests', async () => {
  const pccs = await startPccs();
  const closed: string[] = [];
  const stalled: Behaviour = (response, answer, request) => {
    response.on('close', () => closed.push(request.url ?? ''));
    stallBeforeHeaders(response, answer, request);
  };
  const late: Behaviour = (...args) => setTimeout(() => status(404)(...args), 50);
  pccs.behaviours = { tcbInfo: late, qeIdentity: stalled, pckCrl: stalled, rootCaCrl: honest };
  const patient = { ...LIMITS, deadlineMs: 60_000 };
  await expect(fetchTdxCollateral(clientOf(pccs, patient), key)).rejects.toThrow('HTTP 404');
  await expect.poll(() => closed.length).toBe(2);
});
