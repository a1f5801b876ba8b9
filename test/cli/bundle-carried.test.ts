import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { type Certificate, parseCertificate } from '../../src/core/x509/certificate.ts';
import { nvidiaFileName, ocspKey } from '../../src/endorsements/nvidia/key.ts';
import { simulateBundle } from '../../src/simulator/bundle/simulate.ts';
import { certificateOf, ocspOf } from '../../src/simulator/nvidia/issue.ts';
import { createNvidiaNode } from '../../src/simulator/nvidia/node.ts';
import { emptyFolder } from '../endorsements/world.ts';
import { edited } from '../support/bundle.ts';
import { bundleFilesOf, VERIFY_BUNDLE } from './bundle-files.ts';
import { jsonOf, postern } from './fake-io.ts';

const made = await simulateBundle({ gpus: 1, switches: 0, mode: 'spt' });
/** The same machine’s GPU, for what its plan can still be made to say. */
const [gpu] = createNvidiaNode(made.plan.node).plan.devices;
if (gpu === undefined) throw new Error('a machine without devices');
const plan = gpu;
const ABOUT_BROM = { ...plan.ocsp.brom };

const NAMES = [
  ...(['brom', 'provisioner', 'identity'] as const),
  ...(['driverSigner', 'vbiosSigner', 'rimL3', 'rimCa'] as const),
];
const good = NAMES.map((name) => ({ response: toBase64(ocspOf(gpu, name).response) }));
/** What OCSP would say of the device in other circumstances. */
function said(change: Partial<typeof ABOUT_BROM>): Uint8Array {
  Object.assign(plan.ocsp.brom, ABOUT_BROM, change);
  return ocspOf(plan, 'brom').response;
}
const revoked = said({ status: { revokedAt: '2026-05-31T00:00:00Z', reason: 1 } });
const ON_HOLD = { status: { revokedAt: '2026-05-20T00:00:00Z', reason: 6 } };
const OF_EARLIER = {
  producedAt: '2026-05-29T00:00:00Z',
  thisUpdate: '2026-05-29T00:00:00Z',
  nextUpdate: '2026-05-30T00:00:00Z',
};

const read = (name: string): Certificate => parseCertificate(certificateOf(gpu, name), name);

/** A folder of the operator’s, in which NVIDIA says this of the GPU. */
async function folderThatSays(response: Uint8Array): Promise<string> {
  const dir = await emptyFolder();
  const key = ocspKey(read('brom'), read('provisioner'));
  const path = join(dir, 'nvidia', nvidiaFileName(key));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, response);
  return dir;
}

it.each([
  ['no answers', undefined],
  ['a list of none', []],
  ['good ones of the same day', good],
] as const)(
  'a revoked machine that carries %s is rejected by what the operator has',
  async (_, carried) => {
    const bundle = edited(made.bundle, (document) => ({
      ...document,
      endorsements: {
        ...(document['endorsements'] as object),
        ...(carried && { nvidia_ocsp: carried }),
      },
    }));
    const options = ['--json', '--endorsements', await folderThatSays(revoked)];
    const ran = await postern([...VERIFY_BUNDLE, ...options], bundleFilesOf({ ...made, bundle }));
    expect(jsonOf(ran)['verdict']).toBe('reject');
    expect(ran.out).toContain('revoked since 2026-05-31T00:00:00Z (keyCompromise)');
  },
);

it.each([
  ['in date', {}, 'reject', 'on hold since 2026-05-20T00:00:00Z (certificateHold)'],
  ['of two days ago', OF_EARLIER, 'indeterminate', 'was on hold when last heard of'],
] as const)(
  'a machine that the operator’s folder knows to be on hold, %s: %s',
  async (_, dates, verdict, why) => {
    const folder = await folderThatSays(said({ ...ON_HOLD, ...dates }));
    const options = ['--json', '--endorsements', folder];
    const ran = await postern([...VERIFY_BUNDLE, ...options], bundleFilesOf(made));
    expect(jsonOf(ran)['verdict']).toBe(verdict);
    expect(ran.out).toContain(why);
  },
);

it('a response that was named does not hide what the folder says of another certificate', async () => {
  const files = { ...bundleFilesOf(made), 'one.der': ocspOf(plan, 'identity').response };
  const options = ['--json', '--ocsp', 'one.der', '--endorsements', await folderThatSays(revoked)];
  const ran = await postern([...VERIFY_BUNDLE, ...options], files);
  expect(jsonOf(ran)['verdict']).toBe('reject');
});
