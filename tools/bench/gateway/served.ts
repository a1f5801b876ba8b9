import { randomBytes } from 'node:crypto';
import type { BrokerService } from '../../../src/gateway/broker/service.ts';
import type { CertificateService } from '../../../src/gateway/certificates/service.ts';
import { createGateway, type Gateway } from '../../../src/gateway/http/gateway.ts';
import { createMetrics } from '../../../src/gateway/http/metrics.ts';
import { listenOn } from '../../../src/gateway/http/server.ts';
import type { BenchGateway } from './bench-gateway.ts';

/** A gateway's HTTP, over loopback. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export async function serve(gateway: BenchGateway): Promise<Served> {
  const metrics = createMetrics();
  const app = appOf(gateway, metrics);
  return {
    url: await listenOn(app, '127.0.0.1', 0),
    close: async () => {
      await app.close();
      metrics.close();
    },
  };
}

/** Nobody asks for sessions here. */
const NO_BROKER = new Proxy({} as BrokerService, {
  get: (_target, name) => () => {
    throw new Error(`the bench has no broker: ${String(name)}`);
  },
});

/** Nor for certificates. */
const NO_CERTIFICATES = new Proxy({} as CertificateService, {
  get: (_target, name) => () => {
    throw new Error(`the bench has no authority: ${String(name)}`);
  },
});

/** Whoever asks may: it is the way to the verifier that is measured, not the door. */
function appOf({ service, now }: BenchGateway, metrics: ReturnType<typeof createMetrics>): Gateway {
  return createGateway({
    fleet: service,
    broker: NO_BROKER,
    certificates: NO_CERTIFICATES,
    identity: { authenticate: async () => ({ kind: 'anyone' }), mayDo: () => true },
    readLog: async () => undefined,
    keys: () => ({ keys: [] }),
    limit: () => undefined,
    metrics,
    log: () => {},
    now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    version: '0.0.0-bench',
    onBug: (error) => {
      throw error;
    },
  });
}
