import type { BrokerService } from '../../broker/service.ts';
import type { CertificateService } from '../../certificates/service.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Limits } from '../limits.ts';
import type { Metrics } from '../metrics.ts';
import type { Route } from '../route.ts';
import { attestationRoutes } from './attestation-routes.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { decisionRoutes } from './decision-routes.ts';
import { descriptionRoutes, type PublicKeySet } from './description-routes.ts';
import { enrolmentRoutes } from './enrolment-routes.ts';
import { eventRoutes, type OpenStream } from './event-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { misbehaviourRoutes } from './misbehaviour-routes.ts';
import { nodeActRoutes } from './node-act-routes.ts';
import { nodeRoutes } from './node-routes.ts';
import { poolRoutes } from './pool-routes.ts';
import { relayRoutes } from './relay-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { usageRoutes } from './usage-routes.ts';
import { verifyRoutes } from './verify-routes.ts';

export interface TableOptions {
  readonly fleet: FleetService;
  readonly certificates: CertificateService;
  readonly broker: BrokerService;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly keys: () => PublicKeySet;
  readonly describe: () => object;
  readonly openStream: OpenStream;
}

/** All routes of a gateway, but for the ledger's files. */
export function routeTable(options: TableOptions): readonly Route[] {
  const { fleet, certificates, broker, metrics, limits, keys, describe, openStream } = options;
  return [
    ...healthRoutes(fleet, metrics),
    ...descriptionRoutes(describe, keys),
    ...verifyRoutes(fleet, limits),
    ...enrolmentRoutes(fleet, limits),
    ...nodeRoutes(fleet, limits),
    ...attestationRoutes(fleet, limits),
    ...nodeActRoutes(fleet, limits),
    ...certificateRoutes(certificates, limits),
    ...decisionRoutes(fleet),
    ...poolRoutes(fleet, limits),
    ...misbehaviourRoutes(fleet, limits),
    ...eventRoutes(fleet, openStream),
    ...sessionRoutes(broker, limits),
    ...relayRoutes(broker, limits),
    ...usageRoutes(broker, limits),
  ];
}
