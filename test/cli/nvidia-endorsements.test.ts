import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import {
  findNvidiaEndorsements,
  NVIDIA_ENDORSEMENT_OPTIONS,
  type NvidiaEndorsementNeeds,
} from '../../src/cli/nvidia-endorsements.ts';
import { Args, type Verb } from '../../src/cli/verb.ts';
import { verifyNvidia } from '../../src/evidence/nvidia/verifier.ts';
import { status } from '../endorsements/amd/fake-kds.ts';
import {
  anchors,
  at,
  DAY,
  device,
  filledFolder,
  manifestSigned,
  now,
  response,
  startNvidia,
  wants,
  world,
} from '../endorsements/nvidia/world.ts';
import { emptyFolder } from '../endorsements/world.ts';

const VERB: Verb = {
  name: 'verify nvidia',
  summary: '',
  operands: '',
  arity: { min: 0, max: 0 },
  options: NVIDIA_ENDORSEMENT_OPTIONS,
  notes: [],
  run: () => Promise.resolve(0),
};

interface Asked extends Partial<NvidiaEndorsementNeeds> {
  readonly clock?: number;
  readonly files?: Readonly<Record<string, string>>;
}

/** What is found, and what is said meanwhile. */
async function find(options: readonly string[], { clock = now, files = {}, ...needs }: Asked = {}) {
  let err = '';
  const io: Io = {
    out: () => undefined,
    err: (text) => {
      err += text;
    },
    readFile: (path) => Promise.resolve(new TextEncoder().encode(files[path] ?? '')),
    fetch: globalThis.fetch,
    now: () => clock,
    pause: () => Promise.reject(new Error('nobody waits')),
    randomBytes: (length) => new Uint8Array(length).fill(7),
    env: () => undefined,
    envNames: () => [],
    colours: false,
  };
  const found = await findNvidiaEndorsements(io, new Args(VERB, options), [device], {
    anchors,
    asked: undefined,
    ocsp: 'welcome',
    ...needs,
  });
  return { found, err };
}

function services({ url, ocspUrl }: { url: string; ocspUrl: string }): readonly string[] {
  return ['--rim-service', url, '--ocsp-service', ocspUrl];
}

describe('with the network', () => {
  it('everything is fetched, and kept where a folder was named', async () => {
    const [nvidia, dir] = [await startNvidia(), await emptyFolder()];
    const { found, err } = await find([...services(nvidia), '--endorsements', dir]);
    expect(err).toBe('');
    expect([found.rims.length, found.ocsp.length]).toEqual([2, 7]);
    expect(nvidia.requests).toHaveLength(9);
    const alone = await find(['--endorsements', dir, '--offline']);
    expect(alone).toEqual({ found, err: '' });
    const verified = verifyNvidia({ ...device, ...alone.found, at, anchors });
    expect(verified).toMatchObject({ verdict: 'accept', revocation: 'checked' });
  });

  it('whoever brings the manifests is not made to ask OCSP, unless it is required', async () => {
    const nvidia = await startNvidia();
    const rims = [world.rims.driver, world.rims.vbios];
    const welcome = await find(services(nvidia), { rims });
    expect(nvidia.requests).toEqual([]);
    expect(welcome).toEqual({ found: expect.objectContaining({ rims: [], ocsp: [] }), err: '' });
    const required = await find(services(nvidia), { rims, ocsp: 'required' });
    expect(required.found.ocsp).toHaveLength(7);
    expect(nvidia.requests.every((line) => line.startsWith('ocsp '))).toBe(true);
  });

  it('a manifest that was named spares the question about itself alone', async () => {
    const nvidia = await startNvidia();
    const { found } = await find(services(nvidia), { rims: [world.rims.driver] });
    expect(found.rims).toEqual([world.rims.vbios]);
    expect(nvidia.requests.filter((line) => line.startsWith('rim '))).toEqual([
      `rim ${wants.vbios.id}`,
    ]);
    const junk = await find(services(nvidia), { rims: [new Uint8Array(9)] });
    expect(junk.found.rims).toHaveLength(2);
  });

  it('one that the machine brings along spares nothing', async () => {
    const nvidia = await startNvidia();
    const { found } = await find(services(nvidia), {
      carried: [world.rims.driver, world.rims.vbios],
    });
    expect([found.rims.length, found.ocsp.length]).toEqual([2, 7]);
  });

  it('of whoever names responses the network is asked for none, and the folder for all', async () => {
    const { nvidia, folder } = await filledFolder();
    const before = nvidia.requests.length;
    const options = [...services(nvidia), '--endorsements', folder.root];
    const { found } = await find(options, { ocsp: 'named' });
    expect(found.ocsp).toHaveLength(7);
    await rm(folder.pathOf(wants.brom));
    const without = await find(options, { ocsp: 'named' });
    expect(without).toMatchObject({ found: { ocsp: { length: 6 } }, err: '' });
    expect(nvidia.requests).toHaveLength(before);
  });

  it('a manifest that there is not: the id in the result and on stderr', async () => {
    const nvidia = await startNvidia({ ...world.served, rims: new Map() });
    const { found, err } = await find(services(nvidia));
    const sentence = `RIM_NOT_FOUND: NVIDIA has no manifest ${wants.driver.id}`;
    expect(found.rimMissing?.get(wants.driver.id)).toBe(sentence);
    expect(err).toContain(`postern: ${nvidia.url}/v1/rim/${wants.driver.id}: ${sentence}\n`);
  });

  it('an OCSP service that is down leaves the revocation open, and is said once', async () => {
    const nvidia = await startNvidia();
    nvidia.behave(/^ocsp/, status(404));
    const { found, err } = await find(services(nvidia));
    expect(found).toMatchObject({ ocsp: [], ocspMissing: 'HTTP 404' });
    expect(err.match(/HTTP 404/g)).toHaveLength(1);
    const verified = verifyNvidia({ ...device, ...found, at, anchors });
    expect(verified).toMatchObject({ verdict: 'accept', revocation: 'unchecked' });
  });

  it('--ocsp-nonce sends one, and the verifier sees the echo', async () => {
    const nvidia = await startNvidia();
    const { found } = await find([...services(nvidia), '--ocsp-nonce']);
    expect(found.ocsp.map(({ nonce }) => nonce)).toEqual(
      new Array(7).fill(new Uint8Array(32).fill(7)),
    );
    nvidia.serve(/^ocsp/, response('brom'));
    const lied = await find([...services(nvidia), '--ocsp-nonce']);
    expect(lied.found.ocsp).toEqual([]);
    expect(lied.found.ocspMissing).toContain('nvidia.ocsp.device.nonce');
  });

  it('--rim-service-key-file is sent, and shown nowhere', async () => {
    const nvidia = await startNvidia();
    nvidia.behave(/^rim/, status(401));
    const files = { key: 'nvapi-secret\n' };
    const { found, err } = await find([...services(nvidia), '--rim-service-key-file', 'key'], {
      files,
    });
    expect(nvidia.seen.map(({ headers }) => headers.authorization)).toContain(
      'Bearer nvapi-secret',
    );
    expect(JSON.stringify(found) + err).not.toContain('secret');
  });
});

describe('with a time that was asked for', () => {
  it('a folder that has something for it is enough', async () => {
    const { nvidia, folder } = await filledFolder();
    const options = [...services(nvidia), '--endorsements', folder.root];
    const { found, err } = await find(options, { asked: now, clock: now + 30 * DAY });
    expect([found.rims.length, found.ocsp.length, err]).toEqual([2, 7, '']);
    expect(nvidia.requests).toEqual([]);
  });

  it('what it lacks is asked for, and responses of today are no answer for then', async () => {
    const { nvidia, folder } = await filledFolder();
    await rm(folder.pathOf(wants.vbios));
    await rm(folder.pathOf(wants.brom));
    const asked = now - 20 * DAY;
    const options = [...services(nvidia), '--endorsements', folder.root];
    const { found } = await find(options, { asked });
    expect(nvidia.requests).toContain(`rim ${wants.vbios.id}`);
    expect(found.rims).toHaveLength(2);
    expect(found.ocsp).toEqual([]);
    expect(found.ocspMissing).toContain('is not in date');
  });

  it('each kind at its own', async () => {
    const { folder } = await filledFolder();
    const options = ['--endorsements', folder.root, '--offline'];
    const clocks = { ...at, ocsp: now + DAY };
    const { found } = await find(options, { asked: now, at: clocks });
    expect(found.ocsp).toHaveLength(4);
  });

  it('a manifest that has ended since is found for then, offline', async () => {
    const { nvidia, folder } = await filledFolder();
    const ended = manifestSigned('driver', '2026-05-02T00:00:00Z', '2026-06-10T00:00:00Z');
    nvidia.served = { ...nvidia.served, rims: new Map([[wants.driver.id, ended]]) };
    await rm(folder.pathOf(wants.driver));
    await find([...services(nvidia), '--endorsements', folder.root]);
    const { found } = await find(['--endorsements', folder.root, '--offline'], {
      asked: now,
      clock: now + 100 * DAY,
    });
    expect(found.rims).toContainEqual(ended);
    const verified = verifyNvidia({ ...device, ...found, at, anchors });
    expect(verified.verdict).toBe('accept');
  });
});

describe('offline', () => {
  it.each([
    ['no manifest named', {}],
    ['all manifests named', { rims: [world.rims.driver, world.rims.vbios] }],
  ])('a damaged response in the folder is not passed over in silence: %s', async (_, needs) => {
    const { folder } = await filledFolder();
    await writeFile(folder.pathOf(wants.brom), new Uint8Array(3));
    const { found, err } = await find(['--endorsements', folder.root, '--offline'], needs);
    expect(found.ocsp).toHaveLength(6);
    expect(err).toMatch(/passed over: nvidia\.ocsp\.format/);
  });

  it('responses of a folder that have ended are left out, which is said', async () => {
    const { folder } = await filledFolder();
    const options = ['--endorsements', folder.root, '--offline'];
    const { found, err } = await find(options, { clock: now + 3 * DAY });
    expect(found.ocsp).toEqual([]);
    expect(err).toBe('postern: 7 OCSP responses in the folder are not in date and left out\n');
  });

  it('without a folder: what is missing is said in the result alone', async () => {
    const { found, err } = await find(['--offline']);
    expect(found.rimMissing?.get(wants.driver.id)).toBe('offline');
    expect(err).toBe('');
  });

  it('where OCSP is required, on stderr too', async () => {
    const { err } = await find(['--offline'], { ocsp: 'required' });
    expect(err).toContain('postern: endorsements: offline, and without an OCSP response\n');
  });
});

it.each([
  [['--rim-service', 'http://rim.attestation.nvidia.com'], '--rim-service: plain http is for'],
  [['--ocsp-service', 'ftp://x'], '--ocsp-service: want an https URL'],
  [['--rim-service-key-file', 'none'], '--rim-service-key-file: want one line'],
])('%j: usage', async (options, problem) => {
  await expect(find(options)).rejects.toMatchObject({
    code: 'usage',
    detail: expect.stringContaining(problem),
  });
});
