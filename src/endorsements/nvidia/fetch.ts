import { Fault } from '../../core/fault.ts';
import type { NvidiaAnchors } from '../../evidence/nvidia/anchors.ts';
import type { NvidiaDevice } from '../../evidence/nvidia/input.ts';
import { Remembered } from '../../evidence/nvidia/remembered.ts';
import type { FetchRow } from '../row.ts';
import type { NvidiaNetwork } from './arrival.ts';
import { NvidiaFolder } from './folder.ts';
import type { RimKey } from './key.ts';
import { nvidiaFactsRow, nvidiaKeyRow, nvidiaProvenanceRow } from './row.ts';
import { NvidiaEndorsementSource, type NvidiaRefresh } from './source.ts';
import { distinctWants, type NvidiaWant, ocspWants, type RimWant } from './want.ts';
import { wantedOfDevice } from './wanted.ts';

export interface NvidiaFetchRequest {
  readonly dir: string;
  readonly anchors: NvidiaAnchors;
  readonly network: NvidiaNetwork;
  /** For each its manifests, and what OCSP says of its certificates and of the manifests' signers. */
  readonly devices: readonly NvidiaDevice[];
  /** Manifests by id, and what OCSP says of their signers. */
  readonly rims: readonly RimKey[];
}

/**
 * Fetches, verifies and stores what is asked for; one that fails does not stop the rest.
 *
 * @param now milliseconds since the epoch.
 * @throws Fault `malformed` or `unsupported` for a device that does not prove to be one, before
 * anything is fetched.
 */
export async function fetchNvidiaEndorsements(
  { dir, anchors, network, devices, rims: named }: NvidiaFetchRequest,
  now: number,
): Promise<readonly FetchRow[]> {
  const read = new Remembered(anchors, 0);
  const wanted = devices.map((device) => wantedOfDevice(device, read));
  const odd = wanted.flatMap((one) => one.odd);
  if (odd.length > 0) throw new Fault('unsupported', 'report', `manifest ids ${odd.join(', ')}`);
  const folder = new NvidiaFolder(dir);
  const source = new NvidiaEndorsementSource({ anchors, network, folder });
  const refresh = async (want: NvidiaWant) => {
    const came = await source.refresh(want, now);
    const service = want.kind === 'rim' ? network.rim.base : network.ocsp.url;
    return {
      row: { ...nvidiaKeyRow(want, folder.pathOf(want)), ...outcomeRow(came, service) },
      signer: came.outcome === 'accepted' ? (came.endorsement.facts.signer ?? []) : [],
    };
  };
  const ofDevices: readonly RimWant[] = wanted.flatMap((one) => one.rims);
  const byId = named.filter(({ id }) => !ofDevices.some((want) => want.id === id));
  const rims = await Promise.all(distinctWants([...ofDevices, ...byId]).map(refresh));
  const certificates = distinctWants([
    ...wanted.flatMap((one) => one.ocsp),
    ...rims.flatMap(({ signer }) => ocspWants(signer, 'rim')),
  ]);
  const ocsp = await Promise.all(certificates.map(refresh));
  return [...rims, ...ocsp].map(({ row }) => row);
}

function outcomeRow(came: NvidiaRefresh, source: string) {
  if (came.outcome !== 'accepted') {
    const notPassed = came.outcome === 'refused' ? came.checks : [];
    const because = `${came.at}: ${came.because}`;
    return { source, outcome: came.outcome, because, notPassed, warnings: [] };
  }
  const { provenance, facts, warnings } = came.endorsement;
  const row = {
    ...nvidiaProvenanceRow(provenance),
    ...nvidiaFactsRow(facts),
    notPassed: [],
    warnings,
  };
  // Good, but it could not be written: the folder is what this operation is about.
  return came.notKept === undefined
    ? { ...row, outcome: 'stored' as const }
    : { ...row, outcome: 'unreachable' as const, because: came.notKept.message };
}
