import { expect, describe as group, it } from 'vitest';
import { checkEndorsements } from '../../../src/endorsements/check.ts';
import { NvidiaFolder } from '../../../src/endorsements/nvidia/folder.ts';
import { NvidiaEndorsementSource } from '../../../src/endorsements/nvidia/source.ts';
import { wantedOfDevice, wantedOfRim } from '../../../src/endorsements/nvidia/wanted.ts';
import { NVIDIA_ROOTS } from '../../../src/evidence/nvidia/anchors.ts';
import { Remembered } from '../../../src/evidence/nvidia/remembered.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import { genuine, NVIDIA_VECTORS, vector } from '../../support/nvidia-vectors.ts';
import { emptyFolder } from '../world.ts';
import type { ServedNvidia } from './fake-nvidia.ts';
import { networkOf, startNvidia } from './world.ts';

const DRIVER = 'NV_GPU_DRIVER_GH100_550.90.07';
const VBIOS = 'NV_GPU_VBIOS_1010_0200_882_96009F0001';
/** The device’s responses and those about manifests are of different days. */
const at = {
  evidence: Date.UTC(2025, 7, 21, 12),
  rim: Date.UTC(2025, 7, 21, 12),
  ocsp: Date.UTC(2025, 7, 21, 12),
  rimOcsp: Date.UTC(2025, 9, 24, 18),
};

group.skipIf(NVIDIA_VECTORS === undefined)('a genuine H100 under NVIDIA’s own roots', () => {
  const h100 = () => genuine('h100-550');
  const rim = (name: string) => vector('real', 'h100-550', 'rims', `${name}.xml`);

  function served(): ServedNvidia {
    const read = new Remembered(NVIDIA_ROOTS, 0);
    const device = wantedOfDevice(h100(), read).ocsp;
    const [driver, l3, ca] = wantedOfRim(rim('driver'), read);
    const [vbios] = wantedOfRim(rim('vbios'), read);
    const about = [
      ['device-brom', device[0]],
      ['device-provisioner', device[1]],
      ['device-identity', device[2]],
      ['rim-driver-leaf', driver],
      ['rim-vbios-leaf', vbios],
      ['rim-l3', l3],
      ['rim-ca', ca],
    ] as const;
    return {
      rims: new Map([
        [DRIVER, rim('driver')],
        [VBIOS, rim('vbios')],
      ]),
      ocsp: about.flatMap(([name, want]) => {
        if (want === undefined) return [];
        const respond = () => vector('real', 'h100-550', 'ocsp', `${name}.der`);
        return [{ name, subject: want.subject, respond }];
      }),
    };
  }

  it('fetched at the recorded times, accepted; then again from the folder alone', async () => {
    const nvidia = await startNvidia(served());
    const folder = new NvidiaFolder(await emptyFolder());
    const source = new NvidiaEndorsementSource({
      anchors: NVIDIA_ROOTS,
      network: networkOf(nvidia, { clock: () => at.ocsp }),
      folder,
    });
    const fetched = await source.forDevice(h100(), at);
    expect(nvidia.requests).toHaveLength(9);
    const stored = await new NvidiaEndorsementSource({ anchors: NVIDIA_ROOTS, folder }).forDevice(
      h100(),
      at,
    );
    for (const found of [fetched, stored]) {
      expect(found).toMatchObject({ warnings: [] });
      expect([found.rims.length, found.ocsp.length]).toEqual([2, 7]);
      const verified = new NvidiaVerifier(NVIDIA_ROOTS).verify({
        ...h100(),
        ...found,
        at,
        revocation: 'required',
      });
      expect(verified).toMatchObject({
        verdict: 'accept',
        authentic: true,
        anchors: 'vendor',
        revocation: 'checked',
      });
    }
    const { rows } = await checkEndorsements(folder.root, {
      anchors: { intel: [], amd: [], nvidia: NVIDIA_ROOTS },
      at: at.ocsp,
    });
    // On the day of the device's responses those about the manifests are still to come.
    expect(rows.filter(({ verdict }) => verdict === 'accept')).toHaveLength(2 + 3);
    expect(rows.filter(({ verdict }) => verdict === 'indeterminate')).toHaveLength(4);
  });

  it('a genuine manifest of another driver is not the one that was asked for', async () => {
    const other = vector('rims', 'driver-gh100-550-144-03', 'rim.xml');
    const nvidia = await startNvidia({ ...served(), rims: new Map([[DRIVER, other]]) });
    const source = new NvidiaEndorsementSource({
      anchors: NVIDIA_ROOTS,
      network: networkOf(nvidia),
    });
    const found = await source.forDevice(h100(), at);
    expect(found.rims).toEqual([]);
    expect(found.rimMissing?.get(DRIVER)).toContain(
      'want GH100 GPU 550.90.07, got GH100 GPU 550.144.03',
    );
    expect(found.rimMissing?.get(VBIOS)).toContain(
      `RIM_NOT_FOUND: NVIDIA has no manifest ${VBIOS}`,
    );
  });

  it('a switch’s manifest is found under the id of its BIOS', async () => {
    const device = genuine('ls10-switch');
    const id = 'NV_SWITCH_BIOS_5612_0002_890_9610550001';
    const xml = vector('real', 'ls10-switch', 'rims', 'bios.xml');
    const nvidia = await startNvidia({ rims: new Map([[id, xml]]), ocsp: [] });
    const source = new NvidiaEndorsementSource({
      anchors: NVIDIA_ROOTS,
      network: networkOf(nvidia),
    });
    const now = Date.UTC(2026, 6, 1);
    const clocks = { evidence: now, rim: now, ocsp: now, rimOcsp: now };
    const found = await source.forDevice(device, clocks);
    expect(found.rims).toEqual([xml]);
    const verified = new NvidiaVerifier(NVIDIA_ROOTS).verify({ ...device, ...found, at: clocks });
    expect(verified).toMatchObject({ verdict: 'accept', revocation: 'unchecked' });
  });
});
