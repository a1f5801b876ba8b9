import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conformance } from '../../support/conformance.ts';
import { vectorsFolder } from '../../support/vectors.ts';

/** What keeps a case from being accepted: all of it, and nothing besides. */
interface Reason {
  readonly failed: readonly string[];
  readonly unresolved: readonly string[];
  readonly authentic: boolean;
}

const NOTHING: Reason = { failed: [], unresolved: [], authentic: true };

function forged(...failed: readonly string[]): Reason {
  return { failed, unresolved: [], authentic: false };
}

function genuineBut(...failed: readonly string[]): Reason {
  return { failed, unresolved: [], authentic: true };
}

function open(...unresolved: readonly string[]): Reason {
  return { failed: [], unresolved, authentic: true };
}

/** Of most devices the set has no manifests: nothing to hold the measurements against. */
const NO_MANIFESTS = ['nvidia.rim.driver.format', 'nvidia.rim.vbios.format'];

function withoutManifests({ failed, authentic }: Reason): Reason {
  return { failed, unresolved: NO_MANIFESTS, authentic };
}

const BAD_FORM = forged('nvidia.rim.format');
/** Payloads without a signature, which nobody could accept. */
const PAYLOAD: Reason = { failed: [], unresolved: [], authentic: false };

/** A case that is refused for another reason than its own is refused by accident. */
const REASONS: Readonly<Record<string, Reason>> = {
  'real/h100-550': NOTHING,
  'real/h100-550@rim-expired': open('nvidia.rim.vbios.validity'),
  'real/h100-550@rim-not-yet-valid': open('nvidia.rim.driver.validity'),
  'real/h100-550@ocsp-stale': { ...open('nvidia.ocsp.device.validity'), authentic: false },
  'real/h100-550@ocsp-future': open('nvidia.ocsp.rim.validity'),
  // Of another version, it is not compared with: what is left is half of it.
  'real/h100-550@wrong-driver-rim': {
    failed: ['nvidia.rim.driver.match'],
    unresolved: ['nvidia.measurements.index', 'nvidia.measurements.match'],
    authentic: true,
  },
  'real/h100-550@chain-root-only': forged('nvidia.chain.format'),
  'real/h100-550@chain-missing-intermediate': forged('nvidia.chain.format'),
  'real/h100-550@chain-missing-leaf': forged('nvidia.chain.format'),
  'real/h100-550@wrong-nonce': genuineBut('nvidia.nonce'),
  'eat/nras-h100-550': {
    failed: [],
    unresolved: ['nras.eat.signature', 'nras.devices.signature'],
    authentic: false,
  },
  'real/ls10-switch': NOTHING,
  'real/ls10-switch@rim-before-window': open('nvidia.rim.vbios.validity'),
  'real/gb100-575': withoutManifests(NOTHING),
  'real/h100-rim-on-hold': withoutManifests(NOTHING),
  // The chain is another device's, with other firmware.
  'real/h100-bad-signature': withoutManifests(
    forged('nvidia.device.fwid', 'nvidia.report.signature'),
  ),
  'real/ppcie-8-gpu-4-switch': withoutManifests(NOTHING),
  'real/ppcie-8-gpu-4-switch@duplicate-gpu': withoutManifests(
    forged('nvidia.topology.distinct', 'nvidia.topology.gpus'),
  ),
  'real/ppcie-8-gpu-4-switch@duplicate-switch': withoutManifests(
    forged('nvidia.topology.distinct', 'nvidia.topology.switches'),
  ),
  'real/ppcie-8-gpu-4-switch@three-switches': withoutManifests(
    genuineBut('nvidia.topology.switches'),
  ),
  'real/ppcie-8-gpu-4-switch@foreign-switch': withoutManifests(
    forged('nvidia.topology.nonce', 'nvidia.topology.switches', 'nvidia.topology.gpus'),
  ),
  'rims/driver-gh100-550-144-03': NOTHING,
  'rims/bad-signature': forged('nvidia.rim.signature'),
  'rims/debug-chain': forged('nvidia.rim.chain', 'nvidia.rim.root'),
  'rims/driver-gh100-550-144-03@wrong-root': forged('nvidia.rim.root'),
  'rims/switch-bad-digest': forged('nvidia.rim.signature'),
  'rims/expired-signer': {
    failed: ['nvidia.rim.signature'],
    unresolved: ['nvidia.rim.validity'],
    authentic: false,
  },
  'rims/malformed-duplicate-index': BAD_FORM,
  'rims/malformed-empty-payload': BAD_FORM,
  'rims/malformed-hash-empty-namespace': BAD_FORM,
  'rims/malformed-invalid-alternatives': BAD_FORM,
  'rims/malformed-invalid-base64-cert': BAD_FORM,
  'rims/malformed-invalid-cert-bytes': BAD_FORM,
  'rims/malformed-invalid-index': BAD_FORM,
  'rims/malformed-invalid-pem-data': BAD_FORM,
  'rims/malformed-invalid-size': BAD_FORM,
  'rims/malformed-missing-alternatives': BAD_FORM,
  'rims/malformed-missing-colloquial-version': BAD_FORM,
  'rims/malformed-missing-hash': BAD_FORM,
  'rims/malformed-missing-index': BAD_FORM,
  'rims/malformed-missing-meta': BAD_FORM,
  'rims/malformed-missing-size': BAD_FORM,
  'rims/malformed-missing-x509-certificate': BAD_FORM,
  'rims/malformed-missing-x509-data': BAD_FORM,
  'rims/malformed-no-payload': BAD_FORM,
  'rims/parse-payload-multiple-alternatives': PAYLOAD,
  'rims/parse-payload-multiple-measurements': PAYLOAD,
  'rims/parse-payload-single-measurement': PAYLOAD,
};

function verdictOf(reason: Reason): string {
  if (reason.failed.length > 0) return 'reject';
  return reason.unresolved.length > 0 || reason === PAYLOAD ? 'indeterminate' : 'accept';
}

const folder = vectorsFolder('nvidia');

describe.skipIf(folder === undefined)('published NVIDIA vectors', async () => {
  if (folder === undefined) return;
  const path = join(folder, 'manifest.json');
  const cases: { readonly id: string }[] = JSON.parse(readFileSync(path, 'utf8'));
  const reports = new Map((await conformance(path)).map((report) => [report.id, report]));

  it('are all in the table, and the table holds no others', () => {
    expect(Object.keys(REASONS).sort()).toEqual(cases.map(({ id }) => id).sort());
  });

  it.each(cases.map(({ id }) => id))('%s', (id) => {
    const report = reports.get(id);
    // Verdict and fields as the manifest has them.
    expect(report?.differs).toEqual([]);
    const reason = REASONS[id];
    if (reason === undefined) throw new Error(`no reason is written down for ${id}`);
    expect(report?.failed).toEqual(reason.failed);
    expect(report?.unresolved).toEqual(reason.unresolved);
    expect(report?.verdict).toBe(verdictOf(reason));
    // Of a payload alone nobody asks whose it is.
    if (reason !== PAYLOAD) expect(report?.authentic).toBe(reason.authentic);
  });
});
