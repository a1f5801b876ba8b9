import { sha256 } from '#crypto';
import { earClaims } from '../../appraisal/result/ear-claims.ts';
import { type EarSigner, signEarJwt } from '../../appraisal/result/ear-jwt.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { TokenAbout, TokenMaker } from './deps.ts';

export interface TokenOptions {
  /** URL of who decides: the gateway's origin. */
  readonly issuer: string;
  readonly audience: string;
  /** Version of the software that decides. */
  readonly build: string;
  readonly signer: EarSigner;
}

/** Result tokens: each ends with the admission that it is about. */
export class EarTokens implements TokenMaker {
  readonly #options: TokenOptions;

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  token({ appraisal, bundle, decision, node, issuedAt, until }: TokenAbout): Promise<string> {
    const { issuer, audience, build, signer } = this.#options;
    const claims = earClaims(appraisal, {
      issuer,
      audience,
      build,
      subject: node,
      tokenId: decision,
      issuedAt,
      notAfter: until,
      evidenceSha256: toHex(sha256(bundle)),
    });
    return signEarJwt(claims, signer);
  }
}
