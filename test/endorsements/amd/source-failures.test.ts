import { describe, expect, it } from 'vitest';
import type { AmdEndorsementSource } from '../../../src/endorsements/amd/source.ts';
import { status, times } from './fake-kds.ts';
import { Clock, clientOf, now, sourceOf, startKds, world } from './world.ts';

describe('a chain or a CRL that the service says it does not know', () => {
  it.each([
    ['a chain', /cert_chain/, 'chainFor'],
    ['a CRL', /crl/, 'crlFor'],
  ] as const)(
    '%s: it is the service that is wrong, and is asked again in half a minute',
    async (_, path, method) => {
      const kds = await startKds();
      kds.behave(path, times(1, status(404)));
      const source = sourceOf(kds);
      const ask = (at: number) => source[method]('genoa', 'vcek', at);
      await expect(ask(now)).rejects.toThrow(/HTTP 404/);
      await expect(ask(now + 29_999)).rejects.toThrow(/HTTP 404/);
      expect(kds.requests).toHaveLength(1);
      expect(await ask(now + 30_000)).toMatchObject({ from: 'network', state: 'current' });
    },
  );
});

describe('a CRL that is only welcome', () => {
  const ask = (source: AmdEndorsementSource, need: 'required' | 'welcome', at = now) =>
    source.crlFor('genoa', 'vcek', at, need);

  it('does not answer for one that is required, asked for at the same time', async () => {
    const kds = await startKds();
    kds.behave(/crl/, times(1, status(429)));
    const clock = new Clock();
    const source = sourceOf(kds, { network: clientOf(kds, { clock }) });
    const [welcome, required] = await Promise.allSettled([
      ask(source, 'welcome'),
      ask(source, 'required'),
    ]);
    expect(welcome).toMatchObject({ status: 'rejected' });
    expect(required).toMatchObject({ status: 'fulfilled', value: { bytes: world.crl } });
    expect(kds.requests).toHaveLength(2);
  });

  it('nor later: its failure is no failure of a patient search', async () => {
    const kds = await startKds();
    kds.behave(/crl/, times(1, status(503)));
    const source = sourceOf(kds);
    await expect(ask(source, 'welcome')).rejects.toThrow(/HTTP 503/);
    await expect(ask(source, 'welcome')).rejects.toThrow(/HTTP 503/);
    expect(kds.requests).toHaveLength(1);
    expect(await ask(source, 'required')).toMatchObject({ from: 'network', bytes: world.crl });
  });

  it('is remembered as missing for its own kind until one is had', async () => {
    const kds = await startKds();
    kds.behave(/crl/, times(1, status(503)));
    const source = sourceOf(kds, { crlMaxAgeMs: 1000 });
    await expect(ask(source, 'welcome')).rejects.toThrow(/HTTP 503/);
    await ask(source, 'required');
    const later = await ask(source, 'welcome', now + 2000);
    expect([later.from, later.warnings]).toEqual(['network', []]);
    expect(kds.requests).toHaveLength(3);
  });
});
