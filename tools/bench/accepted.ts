import type { Verification } from '../../src/evidence/verification.ts';

/** A bench of rejections would measure nothing. */
export function accepted({ verdict, checks }: Verification): void {
  if (verdict === 'accept') return;
  const open = checks.filter(({ outcome }) => outcome !== 'pass').map(({ id }) => id);
  throw new Error(`the bench's evidence is not accepted: ${verdict} (${open.join(', ')})`);
}
