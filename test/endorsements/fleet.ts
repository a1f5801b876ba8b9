import { toHex } from '../../src/core/bytes/hex.ts';
import { GATE_LIMITS } from '../../src/endorsements/gate.ts';
import { pcsBase } from '../../src/endorsements/intel/base-url.ts';
import { tdxEndorsementKey } from '../../src/endorsements/intel/key.ts';
import { pcsClient, tdxCollateralUrls } from '../../src/endorsements/intel/pcs.ts';
import { TdxEndorsementSource } from '../../src/endorsements/source.ts';
import type { ServedEndorsements } from '../../src/simulator/tdx/endorsements.ts';
import { FakeWeb } from './fake-web.ts';
import { anchors, now, platform } from './world.ts';

const BASE = pcsBase('https://pcs.example');
const { ca } = platform.served;

function fmspcOf(i: number): string {
  return i.toString(16).padStart(12, '0');
}

interface Page {
  readonly body: BodyInit;
  readonly headers: Readonly<Record<string, string>>;
}

/** What Intel's service has of one platform, by URL. */
export function pagesOf(served: ServedEndorsements): ReadonlyMap<string, Page> {
  const key = tdxEndorsementKey({ fmspc: served.fmspc, ca }, 'standard');
  const urls = tdxCollateralUrls(BASE, key);
  const chain = (name: string, pem: string) => ({ [name]: encodeURIComponent(pem) });
  const { tcbInfo, qeIdentity, pckCrl, rootCrl } = served;
  return new Map<string, Page>([
    [
      urls.tcbInfo,
      { body: tcbInfo.body, headers: chain('TCB-Info-Issuer-Chain', tcbInfo.issuerChain) },
    ],
    [
      urls.qeIdentity,
      {
        body: qeIdentity.body,
        headers: chain('SGX-Enclave-Identity-Issuer-Chain', qeIdentity.issuerChain),
      },
    ],
    [
      urls.pckCrl,
      {
        body: new Uint8Array(pckCrl.der),
        headers: chain('SGX-PCK-CRL-Issuer-Chain', pckCrl.issuerChain),
      },
    ],
    [urls.rootCaCrl, { body: toHex(rootCrl.der), headers: {} }],
  ]);
}

/** Platforms of so many kinds, whose endorsements all end in the same second, and who asks for them. */
export class TdxFleet {
  readonly clock = { ms: now };
  readonly web: FakeWeb;
  readonly source: TdxEndorsementSource;
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #count: number;

  private constructor(count: number, pages: ReadonlyMap<string, Page>) {
    this.#count = count;
    this.#pages = pages;
    this.web = new FakeWeb((url) => this.honest(url));
    const deps = { fetch: this.web.fetch, now: () => this.clock.ms };
    const limits = { deadlineMs: 50, maxBytes: 256 * 1024, pauseMs: 0 };
    const gate = { ...GATE_LIMITS, most: 8 };
    const network = pcsClient(deps, BASE, { limits, gate });
    this.source = new TdxEndorsementSource({ anchors, channel: 'standard', network });
  }

  static async of(count: number): Promise<TdxFleet> {
    const pages = new Map<string, Page>();
    for (let i = 0; i < count; i++) {
      const { served } = await platform.reissue(({ tcbInfo }) => {
        tcbInfo.content.fmspc = fmspcOf(i);
      });
      for (const [url, page] of pagesOf(served)) pages.set(url, page);
    }
    return new TdxFleet(count, pages);
  }

  honest(url: string): Response {
    const page = this.#pages.get(url);
    return page
      ? new Response(page.body, { headers: page.headers })
      : new Response('no', { status: 404 });
  }

  /** Somebody asks for all of them, at once. */
  async findAll() {
    const all = Array.from({ length: this.#count }, (_, i) =>
      this.source.collateralFor({ fmspc: fmspcOf(i), ca }, this.clock.ms),
    );
    return Promise.all(all);
  }
}
