import { Certificates } from '../../gateway/certificates/certificates.ts';
import { NoCertificates } from '../../gateway/certificates/no-certificates.ts';
import type { CertificateService } from '../../gateway/certificates/service.ts';
import type { GatewayService } from '../../gateway/fleet/gateway-service.ts';
import { Past } from '../../gateway/fleet/past.ts';
import type { FleetChange } from '../../gateway/fleet/store.ts';
import { WriterLedger } from '../../gateway/fleet/writer-ledger.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import type { OpenLedger } from '../audit/open-ledger.ts';
import type { Io } from '../io.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayParts } from './parts.ts';

/** A gateway's authorities, on its fleet and its ledger. */
export function certificatesOf(
  { now, randomBytes }: Io,
  config: GatewayConfig,
  { authorities: { ssh, tls } }: Pick<GatewayParts, 'authorities'>,
  on: {
    readonly ledger: OpenLedger;
    readonly writer: LedgerWriter<FleetChange>;
    readonly service: GatewayService;
    readonly engine: string;
  },
): CertificateService {
  const { store, identity } = on.ledger;
  if (config.certificates === undefined) return new NoCertificates(store, now);
  const { domain, life } = config.certificates;
  return new Certificates({
    ...{ store, domain, life, now, randomBytes },
    ledger: new WriterLedger(on.writer, { origin: identity.origin, engine: on.engine }),
    past: new Past(store),
    policyOf: (pool) => on.service.fleet.policyOf(pool).compiled.read.digest,
    authorities: [ssh, tls].filter((one) => one !== undefined),
    pools: config.pools.map(({ name }) => name),
    clockSkew: config.times.clockSkew,
  });
}
