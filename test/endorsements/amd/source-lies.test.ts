import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { fromPem, toPem } from '../../../src/core/encoding/pem.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import type { AmdKey } from '../../../src/endorsements/amd/key.ts';
import type { SnpPlan } from '../../../src/simulator/snp/plan.ts';
import { html } from './fake-kds.ts';
import {
  amdWorld,
  anchors,
  CHAIN,
  CRL,
  crlIssued,
  emptyAmdFolder,
  filledFolder,
  key,
  now,
  sourceOf,
  startKds,
  world,
} from './world.ts';

/** The very names of this world under another root. */
const forged = await amdWorld({ seed: 'a forger’s' });
const milan = await amdWorld({ product: 'milan' });
const PATHS = { vcek: /blSPL/, chain: /cert_chain/, crl: /crl$/ } as const;

function certificatesIn(pem: Uint8Array): readonly Uint8Array[] {
  return fromPem(new TextDecoder().decode(pem), 'CERTIFICATE', 'chain');
}

function pemOf(ders: readonly (Uint8Array | undefined)[]): Uint8Array {
  return utf8(ders.map((der) => toPem(der ?? new Uint8Array(), 'CERTIFICATE')).join(''));
}

async function edited(edit: (plan: SnpPlan) => void) {
  return amdWorld({}, edit);
}

interface Lie {
  readonly name: string;
  readonly key: AmdKey;
  readonly body: () => Promise<Uint8Array> | Uint8Array;
  readonly because: string | RegExp;
}

const vcekLies: readonly Lie[] = [
  {
    name: 'a VCEK of a forged hierarchy under the same names',
    key,
    body: () => forged.vcek,
    because: 'snp.vek.chain: ',
  },
  {
    name: 'one with the key id of ours, signed by another key',
    key,
    body: async () =>
      (
        await edited(({ certificates }) => {
          certificates.vcek.signedBy = 'asvk';
        })
      ).vcek,
    because: /^snp\.vek\.chain: .*invalid signature/,
  },
  {
    name: 'one with one bit turned',
    key,
    body: () => world.vcek.with(200, (world.vcek[200] ?? 0) ^ 1),
    because: /^snp\.vek\./,
  },
  {
    name: 'the VCEK of another chip',
    key,
    body: async () =>
      (
        await edited(({ certificates }) => {
          certificates.vcek.vek.hwID = new Uint8Array(64).fill(7);
        })
      ).vcek,
    because: /^asked for the VCEK of Genoa chip .*; its hwID is (07){64}$/,
  },
  {
    name: 'of another TCB',
    key,
    body: async () =>
      (
        await edited(({ certificates }) => {
          certificates.vcek.vek.snpSPL = Uint8Array.of(2, 1, 26);
        })
      ).vcek,
    because: /^asked for .*; its TCB is 0a00000000001a56$/,
  },
  {
    name: 'of another product line',
    key,
    body: () => milan.vcek,
    because: /its product is Milan-B0/,
  },
  {
    name: 'a VLEK in its place',
    key,
    body: async () =>
      (
        await edited(({ certificates }) => {
          certificates.vcek.issuer = 'asvk';
          certificates.vcek.subject = certificates.vlek.subject;
          certificates.vcek.vek = certificates.vlek.vek;
        })
      ).vcek,
    because: /it is issued by SEV-VLEK-Genoa; it is called SEV-VLEK; its hwID is missing/,
  },
  {
    name: 'one without a hardware id',
    key,
    body: async () =>
      (
        await edited(({ certificates }) => {
          delete certificates.vcek.vek.hwID;
        })
      ).vcek,
    because: /no extension 1\.3\.6\.1\.4\.1\.3704\.1\.4$/,
  },
  {
    name: 'one that ended',
    key,
    body: async () =>
      (
        await edited(({ certificates }) => {
          certificates.vcek.notAfter = '2026-05-01T00:00:00Z';
        })
      ).vcek,
    because: /^snp\.vek\.validity: .*ended 2026-05-01T00:00:00Z$/,
  },
  {
    name: 'the intermediate itself',
    key,
    body: () => world.vcekChain,
    because: 'want one certificate',
  },
  {
    name: 'bytes behind it',
    key,
    body: () => concatBytes(world.vcek, Uint8Array.of(0)),
    because: 'snp.vek.format: ',
  },
];

const chainLies: readonly Lie[] = [
  {
    name: 'a forged hierarchy under the same names',
    key: CHAIN,
    body: () => forged.vcekChain,
    because: /snp\.vek\.root: .*with another key/,
  },
  {
    name: 'our root beside a forged intermediate',
    key: CHAIN,
    body: () => pemOf([certificatesIn(forged.vcekChain)[0], certificatesIn(world.vcekChain)[1]]),
    because: 'snp.vek.chain: ',
  },
  {
    name: 'the VLEK chain in place of the VCEK chain',
    key: CHAIN,
    body: () => world.vlekChain,
    because: /^asked for the VCEK certificate chain of Genoa; it is of SEV-VLEK-Genoa/,
  },
  {
    name: 'the chain of another product line',
    key: CHAIN,
    body: () => milan.vcekChain,
    because: /it is of SEV-Milan/,
  },
  {
    name: 'the intermediate alone',
    key: CHAIN,
    body: () => pemOf([certificatesIn(world.vcekChain)[0]]),
    because: 'it is not an intermediate and its root',
  },
  {
    name: 'the root before the intermediate',
    key: CHAIN,
    body: () => pemOf(certificatesIn(world.vcekChain).toReversed()),
    because: 'it is not an intermediate and its root',
  },
  {
    name: 'the root twice',
    key: CHAIN,
    body: () => concatBytes(world.vcekChain, pemOf([certificatesIn(world.vcekChain)[1]])),
    because: 'it is not an intermediate and its root',
  },
  {
    name: 'both intermediates',
    key: CHAIN,
    body: () => concatBytes(world.vcekChain, world.vlekChain),
    because: /^snp\.vek\.intermediate: /,
  },
  {
    name: 'an intermediate that is no CA',
    key: CHAIN,
    body: async () =>
      (
        await edited(({ certificates }) => {
          certificates.ask.ca.constraint = 'end-entity';
        })
      ).vcekChain,
    because: 'snp.vek.intermediate: ',
  },
  { name: 'DER', key: CHAIN, body: () => world.vcek, because: 'want a chain as PEM, got DER' },
  { name: 'nothing', key: CHAIN, body: () => new Uint8Array(), because: 'snp.vek.intermediate: ' },
];

const crlLies: readonly Lie[] = [
  {
    name: 'a CRL under a forged root',
    key: CRL,
    body: () => forged.crl,
    because: /^snp\.crl\.signature: .*invalid signature/,
  },
  {
    name: 'a CRL of another product line',
    key: CRL,
    body: () => milan.crl,
    because: /^snp\.crl\.signature: .*ARK-Genoa.*ARK-Milan/,
  },
  {
    name: 'one that the intermediate signed',
    key: CRL,
    body: async () =>
      (
        await edited(({ crl }) => {
          crl.issuer = 'ask';
        })
      ).crl,
    because: 'snp.crl.signature: ',
  },
  {
    name: 'an older one than is held',
    key: CRL,
    body: () => crlIssued('2026-05-14T00:00:00Z', '2027-05-14T00:00:00Z'),
    because:
      'the source serves an older CRL than we already hold: issued 2026-05-14T00:00:00Z, held 2026-05-15T00:00:00Z',
  },
  {
    name: 'one out of date',
    key: CRL,
    body: () => crlIssued('2026-05-15T00:00:00Z', '2026-05-31T00:00:00Z'),
    because: /^snp\.crl\.validity: .*ended 2026-05-31/,
  },
  {
    name: 'one from the future',
    key: CRL,
    body: () => crlIssued('2026-06-02T00:00:00Z', '2027-05-31T00:00:00Z'),
    because: /^snp\.crl\.validity: .*valid only from 2026-06-02/,
  },
  {
    name: 'one with a serial taken out',
    key: CRL,
    body: () => world.crl.with(-1, (world.crl.at(-1) ?? 0) ^ 1),
    because: /^snp\.crl\.signature: /,
  },
];

describe('a service that lies is refused, and what is held stays', () => {
  it.each([...vcekLies, ...chainLies, ...crlLies])(
    '$name',
    async ({ key: asked, body, because }) => {
      const { kds, folder } = await filledFolder();
      kds.serve(PATHS[asked.kind], await body());
      const path = folder.pathOf(asked);
      const before = await readFile(path);
      const source = sourceOf(kds, { folder });
      const refused = await source.refresh(asked, now);
      expect(refused).toMatchObject({
        outcome: 'refused',
        at: `${kds.url}${kds.requests.at(-1)}`,
        because:
          typeof because === 'string'
            ? expect.stringContaining(because)
            : expect.stringMatching(because),
      });
      expect(await readFile(path)).toEqual(before);
      const held =
        asked.kind === 'vcek'
          ? await source.vcekFor(asked, now)
          : asked.kind === 'chain'
            ? await source.chainFor('genoa', 'vcek', now)
            : await source.crlFor('genoa', 'vcek', now);
      expect(held).toMatchObject({ state: 'current', bytes: new Uint8Array(before) });
    },
  );
});

it('an intermediate beside the root of another line, though that is an anchor too, is no chain', async () => {
  const { kds, folder } = await filledFolder();
  const mixed = [certificatesIn(world.vcekChain)[0], certificatesIn(milan.vcekChain)[1]];
  kds.serve(PATHS.chain, pemOf(mixed));
  const source = sourceOf(kds, { folder, anchors: [...anchors, milan.anchor] });
  expect(await source.refresh(CHAIN, now)).toMatchObject({
    outcome: 'refused',
    because: expect.stringContaining('it is not an intermediate and its root'),
  });
  expect((await folder.read(CHAIN))?.bytes).toEqual(world.vcekChain);
});

describe('with nothing held', () => {
  it('a forged world is an error, and nothing of it is stored or served', async () => {
    const kds = await startKds(forged.served);
    const folder = await emptyAmdFolder();
    const source = sourceOf(kds, { folder });
    await expect(source.chainFor('genoa', 'vcek', now)).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringMatching(/refused what it serves: .*snp\.vek\.root/),
    });
    await expect(source.vcekFor(key, now)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(source.crlFor('genoa', 'vcek', now)).rejects.toThrow(/snp\.crl\.signature/);
    expect(await folder.list()).toEqual([]);
  });

  it('a page that asks to log in is no certificate', async () => {
    const kds = await startKds();
    kds.behave(/blSPL/, html);
    await expect(sourceOf(kds).vcekFor(key, now)).rejects.toMatchObject({
      detail: expect.stringContaining('text that is not a CERTIFICATE PEM block'),
    });
  });

  it('under AMD’s own roots a simulated world is a forged one', async () => {
    const kds = await startKds();
    const source = sourceOf(kds, { anchors: AMD_ROOTS });
    const chain = await source.chainFor('genoa', 'vcek', now);
    expect(chain).toMatchObject({ from: 'built-in', state: 'current' });
    expect(kds.requests).toEqual([]);
    await expect(source.vcekFor(key, now)).rejects.toThrow(/snp\.vek\./);
    await expect(source.crlFor('genoa', 'vcek', now)).rejects.toThrow(/snp\.crl\.signature/);
    expect(await source.refresh(CHAIN, now)).toMatchObject({ outcome: 'refused' });
  });
});
