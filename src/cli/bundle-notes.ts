import type { Claims, Verification } from '../evidence/verification.ts';
import { ocspOf } from './nvidia-facts.ts';

/** Which keys a bundle is about, and for how long; nothing where its recipe knows no keyset. */
export function keysetNotes(claims: Claims): readonly string[] {
  const { keysetSha384: digest, notBefore, notAfter, keys } = claims;
  if (typeof digest !== 'string') return [];
  const names = Array.isArray(keys) ? keys.map((key) => keyText(key as Claims)) : [];
  return [
    `keyset ${digest}`,
    `keyset valid from ${notBefore} to ${notAfter}, keys: ${names.join(', ')}`,
  ];
}

/** By what a client tells one key from another; digests are among the claims in full. */
function keyText({ use, keyId, host, algorithm }: Claims): string {
  const which = [keyId === undefined ? undefined : `id ${keyId}`, host, algorithm].filter(
    (name) => name !== undefined && name !== null,
  );
  return which.length === 0 ? `${use}` : `${use} (${which.join(', ')})`;
}

/** Of which pieces nobody said whether they were revoked. */
export function revocationNotes(parts: readonly Verification[]): readonly string[] {
  const others = parts.filter((part) => isCpu(part));
  const devices = parts.filter(({ evidence }) => evidence.startsWith('nvidia-'));
  const unchecked = devices.filter(({ revocation }) => revocation !== 'checked');
  const silent = unchecked.filter(({ claims }) => {
    const { asked, silent: without } = ocspOf(claims);
    return asked === without;
  });
  const partly = unchecked.length - silent.length;
  const checked = devices.length - unchecked.length;
  const facts = [
    ...others.map(({ evidence, revocation }) => `${evidence} ${revocation}`),
    ...(checked > 0 ? [`${devicesText(checked)} checked`] : []),
    ...(partly > 0 ? [`${devicesText(partly)} in part (OCSP about some certificates)`] : []),
    ...(silent.length > 0 ? [`${devicesText(silent.length)} not asked (no OCSP)`] : []),
  ];
  return facts.length === 0 ? [] : [`revocation: ${facts.join(', ')}`];
}

function isCpu({ evidence }: Verification): boolean {
  return evidence === 'tdx' || evidence === 'snp';
}

function devicesText(number: number): string {
  return `${number} device${number === 1 ? '' : 's'}`;
}
