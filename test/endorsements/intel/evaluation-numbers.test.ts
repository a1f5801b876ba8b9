import { describe, expect, it } from 'vitest';
import { fetchTdxEvaluationNumbers } from '../../../src/endorsements/intel/evaluation-numbers.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';
import { list, signedList } from '../evaluation-list.ts';
import type { Answer, FakePccs } from '../fake-pccs.ts';
import { status } from '../fake-pccs.ts';
import { anchors, clientOf, now, platform, reissued, startPccs } from '../world.ts';

async function pccsWith(numbers: Answer): Promise<FakePccs> {
  const pccs = await startPccs();
  pccs.numbers = numbers;
  return pccs;
}

it('gives the verified list, highest number first', async () => {
  const pccs = await pccsWith(signedList());
  expect(await fetchTdxEvaluationNumbers(clientOf(pccs), { anchors, now })).toEqual({
    validity: { from: Date.UTC(2026, 4, 20, 10, 16, 3), to: Date.UTC(2026, 5, 19, 10, 16, 3) },
    evaluations: [
      {
        number: 21,
        recoveryEventDate: Date.UTC(2026, 4, 12),
        tcbDate: Date.UTC(2026, 4, 13),
      },
      {
        number: 20,
        recoveryEventDate: Date.UTC(2025, 7, 12),
        tcbDate: Date.UTC(2025, 7, 13),
      },
    ],
  });
});

const otherWorld = await createTdxPlatform({ seed: 'another root' });

describe('refuses', () => {
  const altered = signedList();
  it.each([
    {
      name: 'a changed number',
      numbers: { ...altered, body: String(altered.body).replace('21', '22') },
      detail: /^not a signature of CN=Intel SGX TCB Signing/,
    },
    {
      name: 'a list signed by another key of the vendor',
      numbers: signedList(list, { signedBy: 'pck' }),
      detail: /^not a signature of/,
    },
    {
      name: 'a signer of another root',
      numbers: signedList(list, { chain: otherWorld.served.tcbInfo.issuerChain }),
      detail: /^want a root/,
    },
    {
      name: 'a PCK CA as signer',
      numbers: signedList(list, {
        signedBy: 'platform ca',
        chain: platform.served.pckCrl.issuerChain,
      }),
      detail: /TCB Signing/,
    },
    {
      name: 'a list past its nextUpdate',
      numbers: signedList({ ...list, nextUpdate: '2026-05-31T00:00:00Z' }),
      detail: /^want the list still valid/,
    },
    {
      name: 'a list from the future',
      numbers: signedList({ ...list, issueDate: '2026-06-02T00:00:00Z' }),
      detail: /valid only from/,
    },
    {
      name: 'the list for SGX',
      numbers: signedList({ ...list, id: 'SGX' }),
      detail: /^want "TDX"/,
    },
    { name: 'another version', numbers: signedList({ ...list, version: 2 }), detail: /^want 1/ },
    {
      name: 'an empty list',
      numbers: signedList({ ...list, tcbEvalNumbers: [] }),
      detail: /^empty/,
    },
  ])('$name', async ({ numbers, detail }) => {
    const pccs = await pccsWith(numbers);
    const asked = fetchTdxEvaluationNumbers(clientOf(pccs), { anchors, now });
    await expect(asked).rejects.toMatchObject({
      code: 'malformed',
      at: expect.stringContaining('/tdx/certification/v4/tcbevaluationdatanumbers'),
      detail: expect.stringMatching(detail),
    });
  });

  it('a signer that the root revoked', async () => {
    const pccs = await pccsWith(signedList());
    pccs.served = await reissued(({ crls, certificates }) => {
      crls.root.revoked = [{ serial: certificates.tcbSigner.serial, at: '2026-03-20T11:21:57Z' }];
    });
    const asked = fetchTdxEvaluationNumbers(clientOf(pccs), { anchors, now });
    await expect(asked).rejects.toMatchObject({
      detail: 'want Intel SGX TCB Signing not revoked, got revoked',
    });
  });

  it.each([
    {
      name: 'a root CRL of another root',
      served: () => otherWorld.served,
      detail: /^want a CRL/,
    },
    {
      name: 'a root CRL past its nextUpdate',
      served: () =>
        reissued(({ crls }) => {
          crls.root.nextUpdate = '2026-05-01T00:00:00Z';
        }),
      detail: /^want the CRL still valid/,
    },
  ])('$name', async ({ served, detail }) => {
    const pccs = await pccsWith(signedList());
    pccs.served = await served();
    const asked = fetchTdxEvaluationNumbers(clientOf(pccs), { anchors, now });
    await expect(asked).rejects.toMatchObject({
      code: 'malformed',
      at: `${pccs.url}/sgx/certification/v4/rootcacrl`,
      detail: expect.stringMatching(detail),
    });
  });
});

it('says when a source has no such list', async () => {
  const pccs = await startPccs();
  pccs.behaviours = { numbers: status(404) };
  const asked = fetchTdxEvaluationNumbers(clientOf(pccs), { anchors, now });
  await expect(asked).rejects.toMatchObject({ code: 'unreachable', detail: 'HTTP 404' });
});
