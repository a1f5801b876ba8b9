import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { EndorsementFolder } from '../../src/endorsements/folder.ts';
import type { TdxChannel } from '../../src/endorsements/intel/key.ts';
import type { ServedEndorsements } from '../../src/simulator/tdx/endorsements.ts';
import { createTdxPlatform } from '../../src/simulator/tdx/platform.ts';
import { type Behaviour, body, type FakePccs } from './fake-pccs.ts';
import {
  emptyFolder,
  filledFolder,
  key,
  now,
  platform,
  reissued,
  sourceOf,
  startPccs,
  wanted,
} from './world.ts';

const otherWorld = await createTdxPlatform({ seed: 'another root' });
const foreignChain = encodeURIComponent(otherWorld.served.tcbInfo.issuerChain);
const pckChain = encodeURIComponent(platform.served.pckCrl.issuerChain);

describe('a source that lies is refused, and what is held stays', () => {
  const header = (name: string, value: string): Behaviour => {
    return (response, honest) => response.writeHead(200, { [name]: value }).end(honest.body);
  };
  const lies: {
    name: string;
    lie?: FakePccs['behaviours'];
    served?: () => Promise<ServedEndorsements> | ServedEndorsements;
    failing: string;
  }[] = [
    {
      name: 'one changed character of the TCB info',
      lie: { tcbInfo: body((text) => text.replace('UpToDate', 'UpToDatf')) },
      failing: 'tdx.tcb_info.format',
    },
    {
      name: 'a status made better',
      lie: { tcbInfo: body((text) => text.replace('"OutOfDate"', '"UpToDate"')) },
      failing: 'tdx.tcb_info.signature',
    },
    {
      name: 'a signature of the TCB info with one bit turned',
      served: () =>
        reissued(({ tcbInfo }) => {
          tcbInfo.signature = (bytes) => bytes.with(63, (bytes[63] ?? 0) ^ 1);
        }),
      failing: 'tdx.tcb_info.signature',
    },
    {
      name: 'a QE identity with another MRSIGNER',
      lie: {
        qeIdentity: body((text) => text.replace(/"mrsigner":"../, '"mrsigner":"00')),
      },
      failing: 'tdx.qe_identity.signature',
    },
    {
      name: 'the TCB signer’s chain of another root',
      lie: { tcbInfo: header('TCB-Info-Issuer-Chain', foreignChain) },
      failing: 'tdx.tcb_info.signer',
    },
    {
      name: 'the PCK CA’s chain as the signer of the TCB info',
      lie: { tcbInfo: header('TCB-Info-Issuer-Chain', pckChain) },
      failing: 'tdx.tcb_info.signer',
    },
    {
      name: 'a whole world under another root',
      served: () => otherWorld.served,
      failing: 'tdx.root_crl.signature',
    },
    {
      name: 'the root’s CRL as that of the PCK CA',
      lie: { pckCrl: body(platform.served.rootCrl.der) },
      failing: 'tdx.pck_crl.signature',
    },
    {
      name: 'a PCK CRL signed by another key',
      served: () =>
        reissued(({ crls }) => {
          crls.pck.signedBy = 'tcb signer';
        }),
      failing: 'tdx.pck_crl.signature',
    },
    {
      name: 'a TCB signer that the root revoked',
      served: () =>
        reissued(({ crls, certificates }) => {
          crls.root.revoked = [
            { serial: certificates.tcbSigner.serial, at: '2026-03-20T11:21:57Z' },
          ];
        }),
      failing: 'tdx.tcb_info.revocation',
    },
    {
      name: 'TCB info past its nextUpdate',
      served: () =>
        reissued(({ tcbInfo }) => {
          tcbInfo.content.nextUpdate = '2026-05-30T10:16:03Z';
        }),
      failing: 'tdx.tcb_info.validity',
    },
    {
      name: 'a QE identity from the future',
      served: () =>
        reissued(({ qeIdentity }) => {
          qeIdentity.content.issueDate = '2026-06-18T10:16:03Z';
        }),
      failing: 'tdx.qe_identity.validity',
    },
  ];

  it.each(lies)('$name', async ({ lie = {}, served, failing }) => {
    const { pccs, folder } = await filledFolder();
    const path = folder.pathOf(key);
    const before = await readFile(path, 'utf8');
    pccs.behaviours = lie;
    if (served) pccs.served = await served();
    const source = sourceOf(pccs, { folder });
    const refused = await source.refresh(wanted, now);
    expect(refused).toMatchObject({
      outcome: 'refused',
      at: pccs.url,
      because: expect.stringContaining(`${failing}: `),
      checks: expect.arrayContaining([expect.objectContaining({ id: failing })]),
    });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await source.collateralFor(wanted, now)).toMatchObject({
      collateral: platform.collateral,
      state: 'current',
    });
  });

  it('with nothing held it is an error, and nothing is stored', async () => {
    const pccs = await startPccs(otherWorld.served);
    const folder = new EndorsementFolder(await emptyFolder());
    await expect(sourceOf(pccs, { folder }).collateralFor(wanted, now)).rejects.toMatchObject({
      code: 'unreachable',
      at: pccs.url,
      detail: expect.stringMatching(/refused what it serves: .*tdx\.root_crl\.signature/),
    });
    expect(await folder.list()).toEqual([]);
  });
});

describe('genuine, but not what was asked for', () => {
  const cases: {
    name: string;
    served: () => Promise<ServedEndorsements>;
    channel: TdxChannel;
    because: string;
  }[] = [
    {
      name: 'another FMSPC',
      served: () =>
        reissued(({ tcbInfo }) => {
          tcbInfo.content.fmspc = '00906ED50000';
        }),
      channel: 'standard',
      because: 'TCB info is for FMSPC 00906ed50000',
    },
    {
      name: 'the CRL of the other PCK CA',
      served: () =>
        reissued(({ certificates }) => {
          certificates.platformCa.commonName = 'Intel SGX PCK Processor CA';
        }),
      channel: 'standard',
      because: 'PCK CRL is of the processor CA',
    },
    {
      name: 'TCB info of another evaluation than the number named',
      served: () =>
        reissued(({ qeIdentity }) => {
          qeIdentity.content.tcbEvaluationDataNumber = 18;
        }),
      channel: 18,
      because: 'TCB info has evaluation data number 20',
    },
    {
      name: 'a QE identity of another evaluation than the number named',
      served: () =>
        reissued(({ tcbInfo }) => {
          tcbInfo.content.tcbEvaluationDataNumber = 18;
        }),
      channel: 18,
      because: 'QE identity has evaluation data number 20',
    },
  ];
  it.each(cases)('$name', async ({ served, channel, because }) => {
    const pccs = await startPccs(await served());
    const folder = new EndorsementFolder(await emptyFolder());
    const refused = await sourceOf(pccs, { folder, channel }).refresh(wanted, now);
    expect(refused).toMatchObject({ outcome: 'refused' });
    expect(refused).toHaveProperty('because', expect.stringMatching(`^asked for .*; ${because}$`));
    expect(await folder.list()).toEqual([]);
  });
});
