import { createHash } from 'node:crypto';
import { parseBundle } from '../../appraisal/bundle/format.ts';
import type { EarSigner } from '../../appraisal/result/ear-jwt.ts';
import { signStatement } from '../../appraisal/result/signed-statement.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import type { BundleEndorsements } from '../../endorsements/bundle-endorsements.ts';
import { Decisions } from '../../gateway/fleet/decisions.ts';
import type { FleetObserver } from '../../gateway/fleet/deps.ts';
import { GatewayService } from '../../gateway/fleet/gateway-service.ts';
import { HttpNodeCaller } from '../../gateway/fleet/node-caller.ts';
import { verifyNodeSignature } from '../../gateway/fleet/node-signature.ts';
import { Past } from '../../gateway/fleet/past.ts';
import type { FleetChange } from '../../gateway/fleet/store.ts';
import { EarTokens } from '../../gateway/fleet/token-maker.ts';
import { WriterLedger } from '../../gateway/fleet/writer-ledger.ts';
import { createGateway, type Gateway } from '../../gateway/http/gateway.ts';
import { KnownIdentity } from '../../gateway/http/known-identity.ts';
import { createLog } from '../../gateway/http/log.ts';
import { createMetrics, type Metrics } from '../../gateway/http/metrics.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import { authorityOf } from '../../protocol/request-signature/target.ts';
import { type OpenLedger, openLedger, openWriter } from '../audit/open-ledger.ts';
import { type Io, warn } from '../io.ts';
import { packageVersion } from '../package-version.ts';
import { type Appraising, openAppraising } from './appraising.ts';
import { composeBroker } from './compose-broker.ts';
import { certificatesOf } from './compose-certificates.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayParts } from './parts.ts';
import { endorsementsOf, fleetTimes, httpLimits, requestLimit } from './settings.ts';
import type { TlsFiles } from './tls-files.ts';
import { TokenKeyFiles, type TokenKeys, tokenKeySet } from './token-keys.ts';

/** A gateway that is ready to listen, and what has to go on while it does. */
export interface ComposedGateway {
  readonly app: Gateway;
  readonly service: GatewayService;
  readonly ledger: OpenLedger;
  readonly writer: LedgerWriter<FleetChange>;
  readonly endorsements: BundleEndorsements;
  readonly metrics: Metrics;
  /** Reads the token keys again: somebody may have rotated them. */
  readonly readKeys: () => Promise<void>;
  /** Lets go of the lease and the database; the app is closed before. */
  close(): Promise<void>;
}

/**
 * Builds a gateway from what its configuration names: the one place where its rooms meet.
 *
 * @throws Fault at whatever can't be opened.
 */
export async function composeGateway(
  io: Io,
  config: GatewayConfig,
  parts: GatewayParts,
): Promise<ComposedGateway> {
  const ledger = await openLedger(io, config.ledger, 'own');
  try {
    const writer = await openWriter(io, ledger);
    try {
      return await composeOn(io, config, parts, { ledger, writer });
    } catch (error) {
      await writer.close();
      throw error;
    }
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

interface OpenedLedger {
  readonly ledger: OpenLedger;
  readonly writer: LedgerWriter<FleetChange>;
}

interface Opened extends OpenedLedger {
  readonly endorsements: BundleEndorsements;
  readonly metrics: Metrics;
  readonly appraising: Appraising;
}

async function composeOn(
  io: Io,
  config: GatewayConfig,
  parts: GatewayParts,
  opened: OpenedLedger,
): Promise<ComposedGateway> {
  const endorsements = await endorsementsOf(io, config.endorsements, parts.roots);
  const metrics = createMetrics();
  const appraising = await openAppraising(parts.roots, endorsements, config.limits, metrics);
  try {
    return await compose(io, config, parts, { ...opened, endorsements, metrics, appraising });
  } catch (error) {
    await appraising.close();
    throw error;
  }
}

async function compose(
  io: Io,
  config: GatewayConfig,
  parts: GatewayParts,
  { ledger, writer, endorsements, metrics, appraising }: Opened,
): Promise<ComposedGateway> {
  const { store, identity } = ledger;
  const { now, randomBytes } = io;
  const build = await packageVersion();
  const engine = `postern/${build}`;
  const tokens = new TokenKeyFiles(config.tokens.key);
  const decisions = new Decisions(store, identity.origin);
  await sayStarted(io, config, { writer, engine, origin: identity.origin });
  const caller = new HttpNodeCaller({ ...config.calls, largest: config.limits.bundle });
  const service = await GatewayService.open(
    {
      store,
      log: store,
      decisions,
      ledger: new WriterLedger(writer, { origin: identity.origin, engine }),
      past: new Past(store),
      appraiser: appraising.appraiser,
      tokens: {
        token: async (about) => {
          const { issuer, audience } = config.tokens;
          const signer = signerOf(await tokens.read());
          return new EarTokens({ issuer, audience, build, signer }).token(about);
        },
      },
      caller,
      verifySignature: verifyNodeSignature,
      signStatement: async (type, claims) =>
        signStatement(type, claims, signerOf(await tokens.read())),
      gateway: config.origin,
      endpoints: config.calls.endpoints,
      hardwareKey: parts.hardwareKey,
      now,
      randomBytes,
      random: Math.random,
      times: fleetTimes(config),
      forecast: (bundle) => forecast(endorsements, bundle, now()),
      observe: observerOf(io, metrics),
    },
    parts.pools.map(({ pool }) => pool),
  );
  const keySet = { now: tokenKeySet(await tokens.read(), now()) };
  const log = createLog({
    destination: { write: (line) => io.err(line) },
    level: config.logs.level,
    addresses: config.logs.addresses,
    now,
  });
  const broker = await composeBroker(io, config, {
    ledger,
    service,
    endorsements,
    caller,
    hardwareKey: parts.hardwareKey,
    metrics,
    log,
  });
  const certificates = certificatesOf(io, config, parts, { ledger, writer, service, engine });
  const app = createGateway({
    fleet: service,
    certificates,
    broker,
    identity: new KnownIdentity(
      { store, nodes: store, authority: authorityOf(config.origin, 'origin'), now },
      config.metrics.access,
    ),
    readLog: (name) => ledger.projection.read(name),
    keys: () => keySet.now,
    limit: requestLimit(config.limits),
    metrics,
    log,
    now,
    randomBytes,
    version: build,
    limits: httpLimits(config),
    // Of a gateway that nothing stands before, a connection's address is its caller's.
    ...(isBehindSome(config) && { trustedProxies: config.proxies }),
    ...(parts.tls && { tls: tlsOf(parts.tls) }),
    onBug: (error, id) => warn(io, `request ${id}: ${stackOf(error)}`),
  });
  return {
    app,
    service,
    ledger,
    writer,
    endorsements,
    metrics,
    readKeys: async () => {
      keySet.now = tokenKeySet(await tokens.read(), now());
    },
    close: async () => {
      await broker.close();
      await service.close();
      await appraising.close();
      metrics.close();
      await writer.close();
      await ledger.close();
    },
  };
}

/** The ledger says which gateway decided from when on, by a digest of what it was told. */
async function sayStarted(
  io: Io,
  config: GatewayConfig,
  { writer, engine, origin }: Pick<OpenedLedger, 'writer'> & { engine: string; origin: string },
): Promise<void> {
  const id = toHex(io.randomBytes(16));
  const told = canonicalJson(JSON.parse(JSON.stringify(config)));
  const digest = createHash('sha256').update(told).digest('hex');
  const entry = writeLeaf({
    v: 1,
    type: 'gateway.started',
    id,
    time: io.now(),
    engine,
    origin,
    config: `sha256:${digest}`,
  });
  await writer.append({ id, entry });
}

async function forecast(endorsements: BundleEndorsements, bytes: Uint8Array, at: number) {
  const { cpu } = parseBundle(bytes);
  if (cpu?.kind !== 'tdx') return undefined;
  const { early, warning } = await endorsements.earlyTcb(cpu.quote, at);
  if (warning === undefined || early.status === undefined) return undefined;
  return { status: early.status, behind: [warning] };
}

function observerOf(io: Io, metrics: Metrics): FleetObserver {
  return {
    decided: ({ verdict, codes, ms }) => {
      metrics.decided(verdict, codes);
      metrics.verified('bundle', ms / 1000);
    },
    lag: (ms) => metrics.attestationLag(ms / 1000),
    failed: (fault) => warn(io, `a node that is due could not be looked at: ${fault.message}`),
  };
}

function signerOf({ current: { algorithm, publicKey, privateKey } }: TokenKeys): EarSigner {
  return { algorithm, keyId: publicKey.keyId, privateKey };
}

function isBehindSome({ tls, proxies }: GatewayConfig): boolean {
  return 'proxy' in tls || proxies.length > 0;
}

function tlsOf({ cert, key }: TlsFiles) {
  return { cert: Buffer.from(cert), key: Buffer.from(key) };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
