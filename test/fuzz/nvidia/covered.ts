import type { Evidence } from './evidence.ts';
import {
  answeredCertId,
  answeredSerial,
  chainNames,
  hexOf,
  reportName,
  responseName,
  rimName,
} from './pieces.ts';
import type { DeviceFacts, World } from './world.ts';

/** The most that may be said of evidence: `neither` of what is not the vendor's word. */
export type Standing = 'acceptable' | 'authentic' | 'neither';

/**
 * Judges evidence by comparison: report, certificates and responses must be, in all that is
 * signed, ones that are known to be genuine, and go together; a manifest that is relied upon as
 * well. What may be there besides are manifests that nobody needs, and genuine responses about
 * those who signed them. What is said of those who
 * sign manifests is no matter of the device's being genuine; nor, where a manifest can't be
 * read, what may be said of those who signed it.
 */
export function standingOf({ devices }: World, evidence: Evidence): Standing {
  const facts = devices.get(reportName(evidence.report));
  if (facts === undefined) return 'neither';
  if (chainNames(evidence.chain)?.join() !== facts.chain.join()) return 'neither';
  const given = new Set(evidence.rims.map(rimName));
  const revocation = revocationOf(facts, evidence, given, besides(devices, given));
  if (revocation === 'neither') return 'neither';
  const compared = facts.rims.every((name) => given.has(name));
  const { nonce } = evidence.asked;
  const answered = nonce === undefined || hexOf(nonce) === facts.nonce;
  return compared && answered ? revocation : 'authentic';
}

/** Says of a response whether it is genuine, and about who signed a manifest of another device. */
function besides(
  devices: World['devices'],
  manifests: ReadonlySet<string>,
): (der: Uint8Array) => boolean {
  const all = [...devices.values()];
  const genuine = new Set(all.flatMap(({ ocsp }) => ocsp.rim));
  const serials = new Set(
    all
      .filter(({ rims }) => rims.some((name) => manifests.has(name)))
      .flatMap(({ ocsp }) => ocsp.rimSerials),
  );
  return (der) => genuine.has(responseName(der)) && serials.has(answeredSerial(der) ?? '');
}

/** Every response is one of this device's; of those that are required, none is missing. */
function revocationOf(
  { ocsp, rims }: DeviceFacts,
  { ocsp: given, asked }: Evidence,
  manifests: ReadonlySet<string>,
  isBeside: (der: Uint8Array) => boolean,
): Standing {
  const names = new Set(given.map(responseName));
  const known = new Set([...ocsp.device, ...ocsp.rim]);
  const odd = given.filter(
    (der) => !known.has(responseName(der)) && !isBareStatus(der) && !isBeside(der),
  );
  const ownManifests = manifests.symmetricDifference(new Set(rims)).size === 0;
  // What is about nobody here may be about who signed a manifest that can't be read.
  const mayBeOfSigners = (der: Uint8Array) =>
    ownManifests
      ? ocsp.rimSerials.includes(answeredSerial(der) ?? '')
      : !ocsp.deviceCertIds.includes(answeredCertId(der) ?? '');
  if (!odd.every(mayBeOfSigners)) return 'neither';
  const required = asked.revocation !== undefined;
  if (required && !ocsp.device.every((name) => names.has(name))) return 'neither';
  const complete = !required || ocsp.rim.every((name) => names.has(name));
  return odd.length === 0 && complete ? 'acceptable' : 'authentic';
}

/** `tryLater` and its kin: nothing signed, and nothing said of any certificate. */
function isBareStatus(der: Uint8Array): boolean {
  return der.length === 5 && der[0] === 0x30 && der[2] === 0x0a;
}
