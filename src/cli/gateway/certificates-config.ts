import { durationMs } from '../../appraisal/policy/duration.ts';
import { isDomain } from '../../gateway/certificates/names.ts';
import {
  type AuthorityKey,
  authorityKey,
  authorityKeyProblem,
} from '../certificates/authority-key.ts';
import type { WrittenConfig } from './schema.ts';

/** Authorities of a gateway: paths absolute, times in milliseconds. */
export interface CertificatesConfig {
  readonly domain: string;
  readonly life: number;
  readonly ssh: { readonly key: AuthorityKey } | undefined;
  readonly tls: { readonly key: AuthorityKey; readonly certificate: string } | undefined;
}

export const CERTIFICATE_LIFE = '30m';
/** What has to be revoked lives too long: the end of an admission reaches nobody else. */
const LONGEST = '24h';
const SHORTEST = '1m';

export function certificatesConfig(
  written: NonNullable<WrittenConfig['certificates']>,
  at: (path: string) => string,
): CertificatesConfig {
  const { domain, life = CERTIFICATE_LIFE, ssh, tls } = written;
  return {
    domain,
    life: durationMs(life),
    ssh: ssh && { key: authorityKey(ssh.key, at) },
    tls: tls && { key: authorityKey(tls.key, at), certificate: at(tls.certificate) },
  };
}

export function checkCertificates(
  { certificates }: WrittenConfig,
  report: (path: string, problem: string) => void,
): void {
  if (certificates === undefined) return;
  const { domain, life = CERTIFICATE_LIFE, ssh, tls } = certificates;
  if (!isDomain(domain)) {
    report('certificates.domain', 'want labels of DNS, two at least, e.g. fleet.example.org');
  }
  if (durationMs(life) > durationMs(LONGEST) || durationMs(life) < durationMs(SHORTEST)) {
    report('certificates.life', `want ${SHORTEST} to ${LONGEST}: its end is all that revokes one`);
  }
  if (ssh === undefined && tls === undefined) {
    report('certificates', 'names no authority: want ssh, tls or both');
  }
  for (const [name, key] of [
    ['ssh', ssh?.key],
    ['tls', tls?.key],
  ] as const) {
    const problem = key === undefined ? undefined : authorityKeyProblem(key);
    if (problem !== undefined) report(`certificates.${name}.key`, problem);
  }
  if (ssh && tls && ssh.key === tls.key) {
    report('certificates.tls.key', 'is that of certificates.ssh: want a key for each');
  }
}

/** The files that have an authority's key, each with its place in the configuration. */
export function authorityFiles(
  config: CertificatesConfig | undefined,
): readonly (readonly [string, string])[] {
  const keys = [
    ['certificates.ssh.key', config?.ssh?.key],
    ['certificates.tls.key', config?.tls?.key],
  ] as const;
  return keys.flatMap(([path, key]) => (key?.in === 'file' ? [[path, key.file] as const] : []));
}
