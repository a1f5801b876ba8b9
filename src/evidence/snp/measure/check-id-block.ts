import { importP384, sha384, verifyP384 } from '#crypto';
import { equalBytes } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { CheckList } from '../../check-list.ts';
import { type Check, conclude, type Verdict } from '../../verdict.ts';
import type { Claims } from '../../verification.ts';
import { amdSignature } from '../amd-signature.ts';
import { parseAmdPublicKey } from './amd-public-key.ts';
import { type IdAuth, parseIdAuth } from './id-auth.ts';
import { type IdBlock, parseIdBlock } from './id-block.ts';
import { ID_BLOCK_BASELINE, ID_BLOCK_CHECKS, type IdBlockCheckId } from './id-block-checks.ts';

/** The two blobs, and what a report says that was launched with them; what is left out is not compared. */
export interface IdBlockInput {
  /** 96 bytes. */
  readonly idBlock: Uint8Array;
  /** 4096 bytes. */
  readonly idAuth: Uint8Array;
  readonly measurement?: Uint8Array;
  readonly familyId?: Uint8Array;
  readonly imageId?: Uint8Array;
  readonly guestSvn?: number;
  readonly policy?: bigint;
  readonly idKeyDigest?: Uint8Array;
  /** Only of a report whose AUTHOR_KEY_EN is set: without it the field means nothing. */
  readonly authorKeyDigest?: Uint8Array;
}

export interface IdBlockResult {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly claims: Claims;
}

/**
 * Asks of an ID block what the firmware asks at launch, and whether a report is of a guest that
 * was launched with it. Whose the keys are it can't know: compare their digests with your own.
 */
export function checkIdBlock(input: IdBlockInput): IdBlockResult {
  const checks = new CheckList<IdBlockCheckId>(ID_BLOCK_CHECKS);
  const block = checks.read('snp.id_block.format', () => parseIdBlock(input.idBlock));
  const auth = checks.read('snp.id_block.auth_format', () => parseIdAuth(input.idAuth));
  if (auth) checkSignatures(checks, input.idBlock, auth);
  if (block) compareBlock(checks, block, input);
  if (auth) compareKeys(checks, auth, input);
  return {
    verdict: conclude(checks.all, ID_BLOCK_BASELINE),
    checks: checks.all,
    claims: { ...(block && blockClaims(block)), ...(auth && keyClaims(auth)) },
  };
}

/** One signature in AMD's form, the key that should have made it, and the ids of its questions. */
interface Signing {
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  readonly ids: {
    readonly key: IdBlockCheckId;
    readonly format: IdBlockCheckId;
    readonly signature: IdBlockCheckId;
  };
}

function checkSignatures(
  checks: CheckList<IdBlockCheckId>,
  idBlock: Uint8Array,
  { idKey, blockSignature, author }: IdAuth,
): void {
  checkSignature(checks, {
    key: idKey,
    signature: blockSignature,
    message: idBlock,
    ids: {
      key: 'snp.id_block.id_key',
      format: 'snp.id_block.signature_format',
      signature: 'snp.id_block.signature',
    },
  });
  if (author === undefined) return;
  checkSignature(checks, {
    key: author.key,
    signature: author.idKeySignature,
    message: idKey,
    ids: {
      key: 'snp.id_block.author_key',
      format: 'snp.id_block.id_key_signature_format',
      signature: 'snp.id_block.id_key_signature',
    },
  });
}

function checkSignature(
  checks: CheckList<IdBlockCheckId>,
  { key, signature, message, ids }: Signing,
): void {
  const { path } = ID_BLOCK_CHECKS[ids.key];
  const usable = checks.read(ids.key, () => {
    const imported = importP384(parseAmdPublicKey(key, path));
    if (imported === undefined) throw malformed(path, 'the point is not on P-384');
    return { imported };
  });
  const wellFormed = checks.read(ids.format, () => amdSignature(signature));
  if (usable === undefined || wellFormed === undefined) return;
  const valid = verifyP384(usable.imported, message, wellFormed.signature);
  checks.answer(
    ids.signature,
    valid ? undefined : { want: 'signed by this key', got: 'an invalid signature' },
  );
}

function compareBlock(
  checks: CheckList<IdBlockCheckId>,
  block: IdBlock,
  { measurement, familyId, imageId, guestSvn, policy }: IdBlockInput,
): void {
  if (measurement) {
    checks.answer('snp.id_block.measurement', unequal(block.launchDigest, measurement));
  }
  if (familyId) checks.answer('snp.id_block.family_id', unequal(block.familyId, familyId));
  if (imageId) checks.answer('snp.id_block.image_id', unequal(block.imageId, imageId));
  if (guestSvn !== undefined) {
    const want = String(block.guestSvn);
    const got = String(guestSvn);
    checks.answer('snp.id_block.guest_svn', want === got ? undefined : { want, got });
  }
  if (policy !== undefined) {
    const [want, got] = [hexText(block.policy), hexText(policy)];
    checks.answer('snp.id_block.policy', want === got ? undefined : { want, got });
  }
}

function compareKeys(
  checks: CheckList<IdBlockCheckId>,
  { idKey, author }: IdAuth,
  { idKeyDigest, authorKeyDigest }: IdBlockInput,
): void {
  if (idKeyDigest) {
    checks.answer('snp.id_block.id_key_digest', unequal(sha384(idKey), idKeyDigest));
  }
  if (authorKeyDigest) {
    const got = toHex(authorKeyDigest);
    checks.answer(
      'snp.id_block.author_key_digest',
      author ? unequal(sha384(author.key), authorKeyDigest) : { want: 'no author key', got },
    );
  }
}

/** The block says what must be; the report, what is. */
function unequal(want: Uint8Array, got: Uint8Array): Mismatch | undefined {
  return equalBytes(want, got) ? undefined : { want: toHex(want), got: toHex(got) };
}

function blockClaims({ launchDigest, familyId, imageId, guestSvn, policy }: IdBlock): Claims {
  return {
    launchDigest: toHex(launchDigest),
    familyId: toHex(familyId),
    imageId: toHex(imageId),
    guestSvn,
    policy: hexText(policy),
  };
}

function keyClaims({ idKey, author }: IdAuth): Claims {
  return {
    idKeyDigest: toHex(sha384(idKey)),
    authorKeyDigest: author ? toHex(sha384(author.key)) : null,
  };
}

function hexText(value: bigint): string {
  return `0x${value.toString(16)}`;
}
