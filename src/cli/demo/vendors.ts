import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBundle } from '../../appraisal/bundle/format.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toPem } from '../../core/encoding/pem.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { AmdFolder } from '../../endorsements/amd/folder.ts';
import { vcekKeyOf } from '../../endorsements/amd/report-key.ts';
import { writeSafely } from '../../endorsements/files.ts';
import { EndorsementFolder } from '../../endorsements/folder.ts';
import { tdxEndorsementKey } from '../../endorsements/intel/key.ts';
import { NvidiaFolder } from '../../endorsements/nvidia/folder.ts';
import { ocspKey, rimKey } from '../../endorsements/nvidia/key.ts';
import { wholeSeconds } from '../../endorsements/provenance.ts';
import { parseSnpReport } from '../../evidence/snp/report.ts';
import type { BundleMachine, BundleRoots } from '../../simulator/bundle/simulate.ts';
import { certificateOf, ocspOf, rimOf } from '../../simulator/nvidia/issue.ts';
import { TDX_FMSPC } from '../../simulator/tdx/hierarchy.ts';

/** What vendors say of which machines. */
export interface Vendors {
  readonly machines: readonly BundleMachine[];
  /** When it was had from them, in milliseconds since the epoch. */
  readonly at: number;
  /** Whether of a device there is also to be had that it was not revoked; unless said, of each. */
  readonly answersFor?: (machine: BundleMachine) => boolean;
}

/** No address: the simulator is nobody's service. */
const SOURCE = 'https://simulator.invalid';

/**
 * What the simulated vendors publish, in a folder of endorsements: Intel's collateral, AMD's
 * certificates and list, NVIDIA's manifests and responses.
 */
export async function writeVendors(root: string, vendors: Vendors): Promise<void> {
  const provenance = { source: SOURCE, fetchedAt: wholeSeconds(vendors.at) };
  for (const machine of vendors.machines) {
    if (machine.plan.cpu === 'tdx') await writeIntel(root, machine, provenance);
    else await writeAmd(root, machine, provenance);
  }
  await writeNvidia(new NvidiaFolder(root), vendors);
}

type Source = { readonly source: string; readonly fetchedAt: number };

async function writeIntel(root: string, { published }: BundleMachine, provenance: Source) {
  const { collateral } = published;
  if (collateral === undefined || collateral instanceof Uint8Array) return;
  const key = tdxEndorsementKey({ fmspc: TDX_FMSPC, ca: 'platform' }, 'standard');
  await new EndorsementFolder(root).write(key, { collateral, provenance });
}

async function writeAmd(root: string, machine: BundleMachine, provenance: Source) {
  const { published, bundle, roots } = machine;
  const { vek, chain = [], crl } = published;
  const { cpu } = parseBundle(bundle());
  if (cpu?.kind !== 'snp' || vek === undefined) return;
  const folder = new AmdFolder(root);
  const key = vcekKeyOf(parseSnpReport(cpu.report));
  await folder.write(key, vek, provenance);
  const above = { line: key.line, signs: 'vcek' } as const;
  const pem = [...chain, roots.snp].map((der) => toPem(der, 'CERTIFICATE')).join('');
  await folder.write({ kind: 'chain', ...above }, utf8(pem), provenance);
  if (crl) await folder.write({ kind: 'crl', ...above }, crl, provenance);
}

async function writeNvidia(folder: NvidiaFolder, { machines, answersFor }: Vendors) {
  const done = new Set<string>();
  const once = async (path: string, make: () => Uint8Array) => {
    if (done.has(path)) return;
    done.add(path);
    await writeSafely(path, make());
  };
  for (const machine of machines) {
    const answers = answersFor === undefined || answersFor(machine);
    for (const device of machine.devices.devices) {
      for (const name of device.handed.rims) {
        const id = device.rims[name]?.id ?? name;
        await once(folder.pathOf(rimKey(id)), () => rimOf(device, name));
      }
      for (const name of answers ? device.handed.ocsp : []) {
        const about = device.ocsp[name]?.about ?? name;
        const issuer = device.certificates[about]?.issuer;
        if (issuer === undefined) continue;
        const certificate = parseCertificate(certificateOf(device, about), about);
        const above = parseCertificate(certificateOf(device, issuer), issuer);
        const path = folder.pathOf(ocspKey(certificate, above));
        await once(path, () => ocspOf(device, name).response);
      }
    }
  }
}

/** DER of the roots of a simulated world, by the member of a configuration that names them. */
export async function writeRoots(dir: string, roots: BundleRoots): Promise<void> {
  await mkdir(dir, { recursive: true });
  const files = {
    intel: roots.tdx,
    amd: roots.snp,
    nvidia: roots.nvidia.device,
    rim: roots.nvidia.rim,
  };
  for (const [name, der] of Object.entries(files)) await writeFile(join(dir, `${name}.der`), der);
}
