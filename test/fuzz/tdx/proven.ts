import { TdxVerifier } from '../../../src/evidence/tdx/verifier.ts';
import type { Claim, Claims } from '../../../src/evidence/verification.ts';
import { inputOf } from './evidence.ts';
import { logsOf, type World } from './world.ts';

interface EventClaims {
  readonly register: number;
  readonly digest: string;
  readonly proven?: Claims;
  readonly claimed?: Claims;
}

/**
 * What honest logs say of each measurement. An accepted log may keep less of it, since data is
 * not always covered, but may not call anything proven that an honest log does not say of
 * the same digest. Where the claimed type differs, so does the reading, and nothing is compared.
 */
export class Proven {
  readonly #said = new Map<string, Set<string>>();

  constructor({ honest, anchors }: World) {
    const verifier = new TdxVerifier(anchors);
    for (const platform of honest) {
      for (const log of logsOf(platform)) {
        const [quote = new Uint8Array()] = platform.quotes;
        const { collateral } = platform;
        for (const event of eventsOf(verifier.verify(inputOf({ quote, collateral, log })).claims)) {
          const said = this.#said.get(keyOf(event)) ?? new Set();
          for (const text of valuesOf(event.proven).concat(valuesOf(event.claimed))) said.add(text);
          this.#said.set(keyOf(event), said);
        }
      }
    }
  }

  /** One sentence for each event with more proven than there should be. */
  problemsOf(claims: Claims): string[] {
    return eventsOf(claims).flatMap((event) => {
      const said = this.#said.get(keyOf(event));
      const invented = valuesOf(event.proven).filter((text) => said && !said.has(text));
      return invented.length > 0 ? [`${keyOf(event)} is said to prove ${invented.join()}`] : [];
    });
  }
}

function eventsOf({ eventLog }: Claims): readonly EventClaims[] {
  const events = (eventLog as Claims | undefined)?.['events'] ?? [];
  return events as unknown as readonly EventClaims[];
}

function keyOf({ register, digest, proven, claimed }: EventClaims): string {
  const type = proven?.['type'] ?? claimed?.['type'] ?? 'unknown';
  return `RTMR${register} ${digest} type ${String(type)}`;
}

function valuesOf(claims: Claims | undefined): string[] {
  return Object.values(claims ?? {}).map((value: Claim) => JSON.stringify(value));
}
