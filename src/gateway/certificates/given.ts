import { toHex } from '../../core/bytes/hex.ts';
import type { CertificateWish, IssuedCertificate } from './service.ts';

/** Of keys; whoever is forgotten gets another certificate, and another leaf. */
const MOST = 4096;

interface Given {
  readonly made: IssuedCertificate;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

/**
 * What was certified lately. Who asks again in the first half of a certificate's life, on the same
 * decision, has it already: otherwise each request would be a leaf for good.
 */
export class GivenBefore {
  readonly #given = new Map<string, Given>();

  find(
    node: string,
    wish: CertificateWish,
    { decision, until, now }: Pick<IssuedCertificate, 'decision' | 'until'> & { now: number },
  ): IssuedCertificate | undefined {
    const { made, at } = this.#given.get(nameOf(node, wish)) ?? {};
    if (made === undefined || at === undefined || made.decision !== decision) return undefined;
    const isYoung = now >= at && now < at + (made.until - at) / 2;
    return isYoung && made.until <= until ? made : undefined;
  }

  put(node: string, wish: CertificateWish, made: IssuedCertificate, at: number): void {
    const name = nameOf(node, wish);
    this.#given.delete(name);
    this.#given.set(name, { made, at });
    const [oldest] = this.#given.keys();
    if (this.#given.size > MOST && oldest !== undefined) this.#given.delete(oldest);
  }
}

function nameOf(node: string, { use, key }: CertificateWish): string {
  return `${node} ${use} ${toHex(key)}`;
}
