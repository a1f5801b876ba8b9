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

const NAMES = [
  ...(['brom', 'provisioner', 'identity'] as const),
  ...(['driverSigner', 'vbiosSigner', 'rimL3', 'rimCa'] as const),
];
const good = NAMES.map((name) => ({ response: toBase64(ocspOf(gpu, name).response) }));
gpu.ocsp.brom.status = { revokedAt: '2026-05-31T00:00:00Z', reason: 1 };
const revoked = ocspOf(gpu, 'brom').response;

const read = (name: string): Certificate => parseCertificate(certificateOf(gpu, name), name);

/** A folder of the operator’s, in which NVIDIA says that the GPU is revoked. */
async function folderThatRevokes(): Promise<string> {
  const dir = await emptyFolder();
  const key = ocspKey(read('brom'), read('provisioner'));
  const path = join(dir, 'nvidia', nvidiaFileName(key));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, revoked);
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
    const options = ['--json', '--endorsements', await folderThatRevokes()];
    const ran = await postern([...VERIFY_BUNDLE, ...options], bundleFilesOf({ ...made, bundle }));
    expect(jsonOf(ran)['verdict']).toBe('reject');
    expect(ran.out).toContain('revoked since 2026-05-31T00:00:00Z (keyCompromise)');
  },
);
