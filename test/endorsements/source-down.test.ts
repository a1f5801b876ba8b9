import { describe, expect, it } from 'vitest';
import { pcsBase } from '../../src/endorsements/intel/base-url.ts';
import { TdxEndorsementSource } from '../../src/endorsements/source.ts';
import {
  type Behaviour,
  endless,
  html,
  stallBeforeHeaders,
  stallInBody,
  status,
  truncate,
} from './fake-pccs.ts';
import { anchors, DAY, filledFolder, LIMITS, now, sourceOf, startPccs, wanted } from './world.ts';

describe('a source that is down', () => {
  const DOWN: { name: string; behaviour: Behaviour; reason: RegExp }[] = [
    { name: 'HTTP 503', behaviour: status(503), reason: /HTTP 503/ },
    { name: 'HTTP 429', behaviour: status(429), reason: /HTTP 429/ },
    { name: 'a redirect', behaviour: status(301, { Location: '/x' }), reason: /redirect/ },
    { name: 'silence', behaviour: stallBeforeHeaders, reason: /no complete answer within/ },
    { name: 'silence half-way', behaviour: stallInBody, reason: /no complete answer within/ },
    { name: 'broken bodies', behaviour: truncate, reason: /the connection broke/ },
    { name: 'endless bodies', behaviour: endless, reason: /longer than/ },
    { name: 'a log-in page', behaviour: html, reason: /want a JSON object|want a CRL/ },
  ];

  it.each(DOWN)('$name: what is held serves on, with a warning', async ({ behaviour, reason }) => {
    const { pccs, folder } = await filledFolder();
    pccs.behave(behaviour);
    const set = await sourceOf(pccs, { folder }).collateralFor(wanted, now + 7 * DAY);
    expect(set).toMatchObject({ from: 'folder', state: 'current' });
    expect(set.warnings).toEqual([expect.stringMatching(reason)]);
    expect(set.warnings[0]).toContain(pccs.url);
  });

  it.each(DOWN)('$name: without anything held it is an error', async ({ behaviour, reason }) => {
    const pccs = await startPccs();
    pccs.behave(behaviour);
    await expect(sourceOf(pccs).collateralFor(wanted, now)).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringMatching(reason),
    });
  });

  it('an outdated set is given with both reasons', async () => {
    const { pccs, folder } = await filledFolder();
    pccs.behave(status(503));
    const set = await sourceOf(pccs, { folder }).collateralFor(wanted, now + 30 * DAY);
    expect(set).toMatchObject({ from: 'folder', state: 'outdated' });
    expect(set.warnings).toEqual([
      expect.stringContaining('HTTP 503'),
      expect.stringContaining('tdx.tcb_info.validity'),
    ]);
  });

  it('is left alone for a while, and then asked again', async () => {
    const pccs = await startPccs();
    pccs.behave(status(404));
    const source = sourceOf(pccs, { backOffMs: 1000 });
    await expect(source.collateralFor(wanted, now)).rejects.toThrow('HTTP 404');
    const asked = pccs.requests.length;
    pccs.behaviours = {};
    await expect(source.collateralFor(wanted, now + 999)).rejects.toThrow('HTTP 404');
    expect(pccs.requests).toHaveLength(asked);
    await expect(source.collateralFor(wanted, now + 1000)).resolves.toMatchObject({
      from: 'network',
    });
  });

  it('is asked at once by a refresh, which ends the waiting', async () => {
    const pccs = await startPccs();
    pccs.behave(status(404));
    const source = sourceOf(pccs);
    await expect(source.collateralFor(wanted, now)).rejects.toThrow('HTTP 404');
    pccs.behaviours = {};
    expect(await source.refresh(wanted, now)).toMatchObject({ outcome: 'accepted' });
    expect(await source.collateralFor(wanted, now)).toMatchObject({ state: 'current' });
  });

  it('where nothing listens', async () => {
    const network = { fetch, base: pcsBase('http://127.0.0.1:2'), limits: LIMITS };
    const source = new TdxEndorsementSource({ anchors, channel: 'standard', network });
    await expect(source.collateralFor(wanted, now)).rejects.toMatchObject({
      code: 'unreachable',
      at: expect.stringContaining('http://127.0.0.1:2/'),
      detail: expect.stringMatching(/nothing listens there \(ECONNREFUSED\)/),
    });
  });
});
