import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { AmdFolder } from '../../../src/endorsements/amd/folder.ts';
import { EndorsementFolder } from '../../../src/endorsements/folder.ts';
import { tdxEndorsementKey } from '../../../src/endorsements/intel/key.ts';
import { NvidiaFolder } from '../../../src/endorsements/nvidia/folder.ts';
import { ocspKey } from '../../../src/endorsements/nvidia/key.ts';
import type { BundleMachine } from '../../../src/simulator/bundle/simulate.ts';
import { certificateOf, ocspOf } from '../../../src/simulator/nvidia/issue.ts';
import { createNvidiaNode } from '../../../src/simulator/nvidia/node.ts';
import { TDX_FMSPC } from '../../../src/simulator/tdx/hierarchy.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import type { Machine } from './population.ts';

const PROVENANCE = { source: 'https://vendor.example', fetchedAt: SIMULATED_NOW };

/**
 * What vendors say, in a gateway's folder: Intel's collateral, AMD's list, and NVIDIA's word on
 * the devices of all machines but those about which it is to stay open.
 */
export async function fillVendorFolder(root: string, machines: readonly Machine[]): Promise<void> {
  const [tdx, snp] = (['tdx', 'snp'] as const).map(
    (kind) => machines.find((one) => one.kind === kind)?.machine.published,
  );
  if (tdx?.collateral && !(tdx.collateral instanceof Uint8Array)) {
    const key = tdxEndorsementKey({ fmspc: TDX_FMSPC, ca: 'platform' }, 'standard');
    const set = { collateral: tdx.collateral, provenance: PROVENANCE };
    await new EndorsementFolder(root).write(key, set);
  }
  if (snp?.crl) {
    const key = { kind: 'crl', line: 'genoa', signs: 'vcek' } as const;
    await new AmdFolder(root).write(key, snp.crl, PROVENANCE);
  }
  const folder = new NvidiaFolder(root);
  const done = new Set<string>();
  for (const { machine, fate } of machines) {
    if (fate !== 'open' && fate !== 'overridden') writeOcsp(folder, machine, done);
  }
}

/** Of those that are left open it is the devices' own certificates that nobody answers for. */
function writeOcsp(folder: NvidiaFolder, { plan }: BundleMachine, done: Set<string>): void {
  for (const device of createNvidiaNode(plan.node).plan.devices) {
    for (const name of device.handed.ocsp) {
      const about = device.ocsp[name]?.about ?? name;
      const facts = device.certificates[about];
      // All but the devices' own certificates are the same for every machine.
      if (facts === undefined || done.has(facts.serial)) continue;
      done.add(facts.serial);
      const [certificate, issuer] = [about, facts.issuer].map((one) =>
        parseCertificate(certificateOf(device, one), one),
      );
      if (certificate === undefined || issuer === undefined) continue;
      const path = folder.pathOf(ocspKey(certificate, issuer));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, ocspOf(device, name).response);
    }
  }
}

/** DER of the roots of the simulated world, by the member of a configuration that names them. */
export function writeRoots(dir: string, { machine: { roots } }: Machine): void {
  mkdirSync(dir);
  const files = {
    intel: roots.tdx,
    amd: roots.snp,
    nvidia: roots.nvidia.device,
    rim: roots.nvidia.rim,
  };
  for (const [name, der] of Object.entries(files)) writeFileSync(join(dir, `${name}.der`), der);
}
