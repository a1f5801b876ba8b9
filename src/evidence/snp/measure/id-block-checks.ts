import {
  authentic,
  authenticIfGiven,
  idsWhere,
  onRequest,
  type Questions,
} from '../../question.ts';
import type { CheckId } from '../../verdict.ts';

/** Every question asked of an ID block and what signs it. */
export const ID_BLOCK_CHECKS = {
  'snp.id_block.format': authentic('id_block', 'Is it an ID block of version 1, its length exact?'),
  'snp.id_block.auth_format': authentic(
    'id_auth',
    'Is the length exact, each reserved byte zero, each algorithm ECDSA P-384 with SHA-384?',
  ),
  'snp.id_block.id_key': authentic(
    'id_auth.id_key',
    'Is the ID key on P-384, and all bytes around it zero?',
  ),
  'snp.id_block.signature_format': authentic(
    'id_auth.id_block_sig',
    'Are R and S of the block’s signature in range, and all bytes around them zero?',
  ),
  'snp.id_block.signature': authentic('id_auth.id_block_sig', 'Did the ID key sign the block?'),
  'snp.id_block.author_key': authenticIfGiven(
    'id_auth.author_key',
    'Is the author key on P-384, and all bytes around it zero?',
  ),
  'snp.id_block.id_key_signature_format': authenticIfGiven(
    'id_auth.id_key_sig',
    'Are R and S of the ID key’s signature in range, and all bytes around them zero?',
  ),
  'snp.id_block.id_key_signature': authenticIfGiven(
    'id_auth.id_key_sig',
    'Did the author key sign the ID key?',
  ),
  'snp.id_block.measurement': onRequest('id_block.ld', 'Is the measurement the one of the block?'),
  'snp.id_block.family_id': onRequest('id_block.family_id', 'Is the family ID?'),
  'snp.id_block.image_id': onRequest('id_block.image_id', 'Is the image ID?'),
  'snp.id_block.guest_svn': onRequest('id_block.guest_svn', 'Is the guest SVN?'),
  'snp.id_block.policy': onRequest('id_block.policy', 'Is the guest policy?'),
  'snp.id_block.id_key_digest': onRequest('id_auth.id_key', 'Is the ID key the one reported?'),
  'snp.id_block.author_key_digest': onRequest(
    'id_auth.author_key',
    'Is the author key the one reported?',
  ),
} as const satisfies Questions<CheckId>;

export type IdBlockCheckId = keyof typeof ID_BLOCK_CHECKS;

/** What must pass of every ID block. */
export const ID_BLOCK_BASELINE = idsWhere(ID_BLOCK_CHECKS, (question) => question.baseline);
