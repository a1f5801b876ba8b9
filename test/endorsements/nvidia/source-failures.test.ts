import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ServiceKey } from '../../../src/endorsements/nvidia/service-key.ts';
import { NvidiaEndorsementSource } from '../../../src/endorsements/nvidia/source.ts';
import { verifyNvidia } from '../../../src/evidence/nvidia/verifier.ts';
import {
  type Behaviour,
  endless,
  redirect,
  stall,
  status,
  times,
  truncate,
} from '../amd/fake-kds.ts';
import { unsigned } from './fake-nvidia.ts';
import {
  anchors,
  at,
  device,
  filledFolder,
  HOUR,
  LIMITS,
  manifest,
  networkOf,
  now,
  offline,
  response,
  SHORT,
  sourceOf,
  startNvidia,
  wants,
} from './world.ts';

describe('a service that fails', () => {
  interface Trouble {
    readonly name: string;
    readonly behaviour: Behaviour;
    readonly detail: string;
  }

  const troubles: readonly Trouble[] = [
    { name: 'is down', behaviour: status(503), detail: 'HTTP 503' },
    { name: 'stalls', behaviour: stall, detail: 'no complete answer within 0.4 s' },
    { name: 'hangs up', behaviour: truncate, detail: 'the connection broke' },
    { name: 'never ends', behaviour: endless, detail: 'is longer than' },
    { name: 'sends elsewhere', behaviour: redirect, detail: 'a redirect, which is not followed' },
    { name: 'forbids', behaviour: status(403), detail: 'HTTP 403' },
    {
      name: 'asks for patience',
      behaviour: status(429, { 'Retry-After': '3600' }),
      detail: 'asks to retry after "3600"',
    },
  ];

  it.each(
    troubles.flatMap((trouble) => [wants.driver, wants.brom].map((want) => ({ ...trouble, want }))),
  )('$want.kind: $name', async ({ want, behaviour, detail }) => {
    const nvidia = await startNvidia();
    nvidia.behave(/./, behaviour);
    const network = networkOf(nvidia, { limits: SHORT });
    await expect(sourceOf(nvidia, { network }).get(want, now)).rejects.toMatchObject({
      code: 'unreachable',
      at: expect.stringContaining(nvidia.url),
      detail: expect.stringContaining(detail),
    });
  });

  it('one that broke once is asked a second time', async () => {
    const nvidia = await startNvidia();
    nvidia.behave(/^ocsp brom/, times(1, status(502)));
    expect(await sourceOf(nvidia).get(wants.brom, now)).toMatchObject({ state: 'current' });
    expect(nvidia.requests).toHaveLength(2);
  });

  it('a body above the limit is not read to its end', async () => {
    const nvidia = await startNvidia();
    const network = networkOf(nvidia, { limits: { ...LIMITS, maxBytes: 1024 } });
    await expect(sourceOf(nvidia, { network }).get(wants.driver, now)).rejects.toThrow(
      /longer than 1024 bytes/,
    );
  });

  it('that stalls costs one deadline, not one a document', async () => {
    const nvidia = await startNvidia();
    nvidia.behave(/./, stall);
    const started = performance.now();
    const network = networkOf(nvidia, { limits: SHORT });
    const found = await sourceOf(nvidia, { network }).forDevice(device, at);
    // Four at once are under way before the first has failed; those behind them don't start.
    expect(nvidia.requests.filter((line) => line.startsWith('ocsp')).length).toBeLessThanOrEqual(4);
    expect(performance.now() - started).toBeLessThan(4 * SHORT.deadlineMs);
    expect(found).toMatchObject({ rims: [], ocsp: [] });
    expect(found.rimMissing?.get(wants.driver.id)).toContain('no complete answer within 0.4 s');
  });
});

describe('what is not there', () => {
  it('is not asked for again within the hour', async () => {
    const nvidia = await startNvidia({ rims: new Map(), ocsp: [] });
    const source = sourceOf(nvidia);
    for (const later of [0, HOUR / 2, HOUR - 1]) {
      await expect(source.get(wants.driver, now + later)).rejects.toMatchObject({
        detail: `RIM_NOT_FOUND: NVIDIA has no manifest ${wants.driver.id}`,
      });
    }
    expect(nvidia.requests).toHaveLength(1);
    await expect(source.get(wants.driver, now + HOUR)).rejects.toThrow(/RIM_NOT_FOUND/);
    expect(nvidia.requests).toHaveLength(2);
  });

  it.each([
    [1, 'malformedRequest'],
    [2, 'internalError'],
    [3, 'tryLater'],
    [5, 'sigRequired'],
    [6, 'unauthorized'],
  ])(
    'OCSP status %i, %s: nobody signed that, and it says nothing of the device',
    async (code, name) => {
      const nvidia = await startNvidia();
      nvidia.serve(/^ocsp/, unsigned(code));
      const found = await sourceOf(nvidia).forDevice(device, at);
      expect(found).toMatchObject({ ocsp: [], ocspMissing: `the responder answered ${name}` });
      const given = { ...device, ...found, at, anchors };
      expect(verifyNvidia(given)).toMatchObject({ verdict: 'accept', revocation: 'unchecked' });
      expect(verifyNvidia({ ...given, revocation: 'required' }).verdict).toBe('indeterminate');
    },
  );
});

describe('the service key', () => {
  const key = new ServiceKey(' nvapi-0123456789\n');

  it('goes to the service for manifests, and to nobody else', async () => {
    const nvidia = await startNvidia();
    const network = networkOf(nvidia, { serviceKey: key });
    await sourceOf(nvidia, { network }).forDevice(device, at);
    for (const { line, headers } of nvidia.seen) {
      const want = line.startsWith('rim ') ? 'Bearer nvapi-0123456789' : undefined;
      expect([line, headers.authorization]).toEqual([line, want]);
    }
  });

  it('is in no error', async () => {
    const nvidia = await startNvidia();
    nvidia.behave(/^rim/, status(401));
    const network = networkOf(nvidia, { serviceKey: key });
    const source = sourceOf(nvidia, { network });
    const found = await source.forDevice(device, at);
    expect(found.rimMissing?.get(wants.driver.id)).toBe(
      'HTTP 401: the service wants a service key, or another one',
    );
    for (const shown of [found, network, key, source]) {
      expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain('0123456789');
      expect(JSON.stringify(shown)).not.toContain('0123456789');
    }
  });

  it.each(['', ' ', 'two words', 'line\nline', 'naïve', 'x'.repeat(4097)])(
    'one that fits into no header is refused, and not shown: %j',
    (text) => {
      const made = () => new ServiceKey(text);
      expect(made).toThrow(/^service key: want one line of printable ASCII without spaces$/);
    },
  );
});

describe('a folder that somebody edited', () => {
  async function edited(
    want: typeof wants.driver | typeof wants.brom,
    content: Uint8Array | string,
  ) {
    const { nvidia, folder } = await filledFolder();
    await writeFile(folder.pathOf(want), content);
    return { nvidia, folder };
  }

  const forgedRim = manifest('driver', { signedBy: 'another key' });
  it.each([
    { name: 'a manifest signed by another key', want: wants.driver, content: forgedRim },
    { name: 'the manifest of the VBIOS', want: wants.driver, content: manifest('vbios') },
    { name: 'no manifest', want: wants.driver, content: 'x' },
    { name: 'a file too large', want: wants.driver, content: new Uint8Array(2 ** 20 + 1) },
    { name: 'a response about another', want: wants.brom, content: response('identity') },
    { name: 'no response', want: wants.brom, content: unsigned(6) },
    { name: 'an empty response', want: wants.brom, content: '' },
  ])('$name: passed over, said, and fetched again', async ({ want, content }) => {
    const { nvidia, folder } = await edited(want, content);
    await expect(offline(folder).get(want, now)).rejects.toThrow(/passed over/);
    const found = await sourceOf(nvidia, { folder }).get(want, now);
    expect(found).toMatchObject({ state: 'current', from: 'network' });
    expect(found.warnings).toEqual([expect.stringContaining('passed over')]);
    expect(await offline(folder).get(want, now)).toMatchObject({ warnings: [] });
  });

  it('a provenance file that is none costs the document, and is said', async () => {
    const { folder } = await filledFolder();
    await writeFile(`${folder.pathOf(wants.brom)}.provenance.json`, '{');
    await expect(offline(folder).get(wants.brom, now)).rejects.toThrow(/provenance.*passed over/);
  });

  it('a file that claims to have been fetched tomorrow is asked about', async () => {
    const { nvidia, folder } = await filledFolder();
    const later = '{ "source": "https://x.example", "fetched_at": "2026-06-30T00:00:00Z" }';
    await writeFile(`${folder.pathOf(wants.driver)}.provenance.json`, later);
    expect(await sourceOf(nvidia, { folder }).get(wants.driver, now)).toMatchObject({
      from: 'network',
    });
  });

  it('hand-placed files are as good as fetched ones', async () => {
    const { folder: full } = await filledFolder();
    const { folder } = await edited(wants.driver, 'x');
    for (const want of [wants.driver, wants.brom]) {
      const path = folder.pathOf(want);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, (await full.read(want))?.bytes ?? '');
    }
    const source = new NvidiaEndorsementSource({ anchors, folder });
    expect(await source.get(wants.driver, now)).toMatchObject({ state: 'current' });
    expect(await source.get(wants.brom, now)).toMatchObject({ state: 'current' });
  });
});
