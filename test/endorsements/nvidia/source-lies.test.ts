import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { NvidiaWant } from '../../../src/endorsements/nvidia/want.ts';
import { NVIDIA_ROOTS } from '../../../src/evidence/nvidia/anchors.ts';
import type { NvidiaPlan } from '../../../src/simulator/nvidia/plan.ts';
import { rimAnswer } from './fake-nvidia.ts';
import {
  at,
  device,
  emptyNvidiaFolder,
  filledFolder,
  manifest,
  manifestSigned,
  networkOf,
  now,
  nvidiaWorld,
  response,
  responseOf,
  sourceOf,
  startNvidia,
  wants,
  world,
} from './world.ts';

/** The very names of this world under other roots. */
const forged = nvidiaWorld({ seed: 'a forger’s' });
const blackwell = nvidiaWorld({ model: 'gb100' });
const { id } = wants.driver;

interface Lie {
  readonly name: string;
  readonly want: NvidiaWant;
  /** Of the answer. */
  readonly body: Uint8Array | string;
  readonly because: string | RegExp;
}

function planWith(edit: (plan: NvidiaPlan) => void): NvidiaPlan {
  return nvidiaWorld({}, edit).plan;
}

const envelopes: readonly Lie[] = [
  {
    name: 'the answer to another id',
    want: wants.driver,
    body: rimAnswer(wants.vbios.id, world.rims.driver),
    because: `want ${id}, got "${wants.vbios.id}"`,
  },
  {
    name: 'a digest of something else',
    want: wants.driver,
    body: rimAnswer(id, world.rims.driver, { sha256: '00'.repeat(32) }),
    because: / of the manifest, got another$/,
  },
  {
    name: 'a digest that is none',
    want: wants.driver,
    body: rimAnswer(id, world.rims.driver, { sha256: 'x' }),
    because: 'hex',
  },
  {
    name: 'no digest',
    want: wants.driver,
    body: rimAnswer(id, world.rims.driver, { sha256: undefined }),
    because: 'want a string, got nothing',
  },
  {
    name: 'a CoRIM',
    want: wants.driver,
    body: rimAnswer(id, world.rims.driver, { rim_format: 'CORIM' }),
    because: 'want TCG, got "CORIM"',
  },
  {
    name: 'base64 with line ends',
    want: wants.driver,
    body: rimAnswer(id, world.rims.driver, { rim: 'AAAA\nAAAA' }),
    because: 'not base64',
  },
  {
    name: 'the manifest without its envelope',
    want: wants.driver,
    body: world.rims.driver,
    because: /JSON|unexpected|want/,
  },
  { name: 'a list', want: wants.driver, body: '[]', because: 'want an object, got an array' },
  { name: 'nothing', want: wants.driver, body: '', because: /./ },
  {
    name: 'half an answer',
    want: wants.driver,
    body: rimAnswer(id, world.rims.driver).slice(0, 999),
    because: /./,
  },
  {
    name: 'bytes that are no text',
    want: wants.driver,
    body: Uint8Array.of(0xff, 0xfe, 0),
    because: /UTF-8/,
  },
];

const rim = (name: string, want: NvidiaWant, xml: Uint8Array, because: Lie['because']): Lie => {
  return { name, want, body: rimAnswer(want.kind === 'rim' ? want.id : '', xml), because };
};

const manifests: readonly Lie[] = [
  rim('a manifest under a forged root', wants.driver, forged.rims.driver, 'nvidia.rim.root: '),
  rim(
    'one with one attribute changed',
    wants.driver,
    utf8(new TextDecoder().decode(world.rims.driver).replace('active="False"', 'active="True"')),
    'nvidia.rim.signature: ',
  ),
  rim('one that is no manifest', wants.driver, utf8('<a/>'), 'nvidia.rim.format: '),
  rim('an empty one', wants.driver, new Uint8Array(), 'nvidia.rim.format: '),
  rim('the manifest of the VBIOS', wants.driver, world.rims.vbios, /^asked for the manifest NV_/),
  rim(
    'the driver of another version',
    wants.driver,
    manifest('driver', { version: '550.144.03' }),
    /, got GH100 GPU 550\.144\.03$/,
  ),
  rim(
    'the driver of another chip',
    wants.driver,
    manifest('driver', { product: 'GB100' }),
    /, got GB100 GPU /,
  ),
  rim(
    'a VBIOS of another chip under the same version',
    wants.vbios,
    manifest('vbios', { product: 'GB100' }),
    /want GH100 GPU of version .*, got GB100 GPU /,
  ),
  rim(
    'the BIOS of a switch under the same version',
    wants.vbios,
    manifest('vbios', { edition: 'SWITCH' }),
    /, got GH100 SWITCH /,
  ),
  rim('a manifest of Blackwell', wants.driver, blackwell.rims.driver, /, got GB100 GPU /),
  rim(
    'one whose signer has ended',
    wants.driver,
    manifestSigned('driver', '2026-01-01T00:00:00Z', '2026-05-31T00:00:00Z'),
    /^nvidia\.rim\.validity: .*ended 2026-05-31/,
  ),
  rim(
    'one whose signer has not begun',
    wants.driver,
    manifestSigned('driver', '2026-06-02T00:00:00Z', '2028-05-31T00:00:00Z'),
    /^nvidia\.rim\.validity: /,
  ),
  rim(
    'an older issue than is held',
    wants.driver,
    manifestSigned('driver', '2023-06-02T00:00:00Z', '2027-05-31T00:00:00Z'),
    /^the source serves an older issue than we already hold: of 2023-06-02/,
  ),
];

const responses: readonly Lie[] = [
  {
    name: 'a response under a forged root',
    want: wants.brom,
    body: responseOf(forged.plan, 'brom'),
    because: 'nvidia.ocsp.certificate: ',
  },
  {
    name: 'one of our names, signed by the forger’s responder',
    want: wants.brom,
    body: responseOf(
      planWith(({ ocsp }) => {
        ocsp.brom.signedBy = 'a forger’s key';
      }),
      'brom',
    ),
    because: /^nvidia\.ocsp\.device\.signature: .*an invalid signature/,
  },
  {
    name: 'the response about another certificate',
    want: wants.brom,
    body: response('provisioner'),
    because: /^nvidia\.ocsp\.certificate: .*serial/,
  },
  {
    name: 'one for this serial number of another issuer',
    want: wants.brom,
    body: response('brom', { issuer: 'identity' }),
    because: /of another issuer/,
  },
  {
    name: 'one that names it by SHA-1',
    want: wants.brom,
    body: response('brom', { hash: 'sha1' }),
    because: /SHA-1/,
  },
  {
    name: 'the responder of another level',
    want: wants.brom,
    body: response('brom', { responder: 'rootResponder', certificates: ['rootResponder'] }),
    because: 'nvidia.ocsp.device.signature: ',
  },
  {
    name: 'one that is out of date',
    want: wants.brom,
    body: response('brom', {
      thisUpdate: '2026-05-31T12:00:00Z',
      nextUpdate: '2026-05-31T23:00:00Z',
    }),
    because: /^nvidia\.ocsp\.device\.validity: .*ended 2026-05-31T23/,
  },
  {
    name: 'one from the future',
    want: wants.brom,
    body: response('brom', {
      thisUpdate: '2026-06-01T01:00:00Z',
      nextUpdate: '2026-06-02T01:00:00Z',
    }),
    because: 'nvidia.ocsp.device.validity: ',
  },
  {
    name: 'one without an end',
    want: wants.brom,
    body: response('brom', { nextUpdate: undefined }),
    because: /nextUpdate|missing/,
  },
  {
    name: 'an older one than is held',
    want: wants.brom,
    body: response('brom', { thisUpdate: '2026-05-31T11:00:00Z' }),
    because: 'the source serves an older issue than we already hold: of 2026-05-31T11:00:00Z',
  },
  {
    name: 'bytes behind it',
    want: wants.brom,
    body: concatBytes(response('brom'), Uint8Array.of(0)),
    because: /./,
  },
  {
    name: 'a page that asks to log in',
    want: wants.brom,
    body: '<!doctype html><title>guest network</title>',
    because: /./,
  },
];

describe('a service that lies is refused, and what is held stays', () => {
  it.each([...envelopes, ...manifests, ...responses])('$name', async ({ want, body, because }) => {
    const { nvidia, folder } = await filledFolder();
    nvidia.serve(want.kind === 'rim' ? /^rim/ : /^ocsp/, body);
    const path = folder.pathOf(want);
    const before = await readFile(path);
    const source = sourceOf(nvidia, { folder });
    expect(await source.refresh(want, now)).toMatchObject({
      outcome: 'refused',
      at: expect.stringContaining(nvidia.url),
      because:
        typeof because === 'string'
          ? expect.stringContaining(because)
          : expect.stringMatching(because),
    });
    expect(await readFile(path)).toEqual(before);
    expect(await source.get(want, now)).toMatchObject({
      state: 'current',
      bytes: new Uint8Array(before),
    });
  });
});

describe('with a nonce', () => {
  const nonce = (length: number) => new Uint8Array(length).fill(9);
  it.each([
    { name: 'an answer without it', body: response('brom') },
    {
      name: 'the answer to another',
      body: response('brom', { nonce: new Uint8Array(32).fill(8) }),
    },
    {
      name: 'one that has it in the wrong place',
      body: response('brom', { nonce: nonce(32), nonceIn: 'singleExtensions' }),
    },
  ])('$name is refused', async ({ body }) => {
    const nvidia = await startNvidia();
    nvidia.serve(/^ocsp/, body);
    const source = sourceOf(nvidia, { network: networkOf(nvidia, { nonce }) });
    expect(await source.refresh(wants.brom, now)).toMatchObject({
      outcome: 'refused',
      because: expect.stringContaining('nvidia.ocsp.device.nonce: '),
    });
  });
});

describe('with nothing held', () => {
  it('a forged world is as good as none, and nothing of it is stored', async () => {
    const nvidia = await startNvidia(forged.served);
    const folder = await emptyNvidiaFolder();
    const found = await sourceOf(nvidia, { folder }).forDevice(device, at);
    expect(found).toMatchObject({ rims: [], ocsp: [] });
    expect(found.rimMissing?.get(wants.driver.id)).toMatch(
      /^refused what it serves: nvidia\.rim\.root: /,
    );
    expect(await folder.list()).toEqual([]);
  });

  it('under NVIDIA’s own roots nobody is asked about a simulated device', async () => {
    const nvidia = await startNvidia();
    const source = sourceOf(nvidia, { anchors: NVIDIA_ROOTS });
    const found = await source.forDevice(device, at);
    expect(found.ocspMissing).toMatch(/it does not verify to a trust anchor: nvidia\.chain\.root$/);
    expect(nvidia.requests).toEqual([]);
    await expect(source.get(wants.driver, now)).rejects.toThrow(/nvidia\.rim\.root/);
  });
});
