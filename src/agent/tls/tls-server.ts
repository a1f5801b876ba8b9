import { constants } from 'node:crypto';
import { type AddressInfo, connect, type Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { TLS_EXPORTER } from '../../appraisal/binding/session-nonce.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { toPem } from '../../core/encoding/pem.ts';
import { Fault } from '../../core/fault.ts';
import type { TlsConfig } from '../config.ts';
import type { TlsKey } from '../keys/tls-key.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { parseForward } from './forward.ts';

export interface TlsServerOptions {
  readonly config: TlsConfig;
  readonly key: TlsKey;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A certificate that connections for some names are shown in place of the usual one. */
export interface NamedChain {
  /** In lower case. */
  readonly names: readonly string[];
  /** PEM, of the same key; the authority's behind it. */
  readonly chain: string;
}

/** No session is resumed: each connection shows the certificate of now, and that its key is here. */
const RULES = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const satisfies SecureContextOptions;

/**
 * Ends TLS and passes on what comes, byte by byte. Without a certificate, which comes with the first
 * keyset, every handshake fails.
 */
export class TlsServer {
  readonly #options: TlsServerOptions;
  readonly #server: Server;
  /** The exporter of each that is open, in hex. */
  readonly #open = new Map<TLSSocket, string>();
  /** Those whose handshake is not done too. */
  readonly #sockets = new Set<Socket>();
  #named: { readonly names: ReadonlySet<string>; readonly context: SecureContext } | undefined;
  readonly #whenIdle: (() => void)[] = [];

  private constructor(options: TlsServerOptions) {
    this.#options = options;
    const { handshakeWithin, connections } = options.config;
    this.#server = createServer(
      {
        ...RULES,
        handshakeTimeout: handshakeWithin,
        allowHalfOpen: true,
        SNICallback: (name, done) => done(null, this.#contextFor(name)),
      },
      (socket) => this.#serve(socket),
    );
    this.#server.maxConnections = connections;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      this.#refused(error.code);
      socket.destroy();
    });
  }

  /** @throws Fault `unreachable` where it can't listen. */
  static async open(options: TlsServerOptions): Promise<TlsServer> {
    const tls = new TlsServer(options);
    const { host, port } = options.config.listen;
    try {
      await new Promise<void>((resolve, reject) => {
        tls.#server.once('error', reject);
        tls.#server.listen({ host, port }, () => {
          tls.#server.off('error', reject);
          resolve();
        });
      });
    } catch (cause) {
      const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      const place = `${host}:${port}`;
      throw new Fault('unreachable', place, `can’t be listened on (${reason})`, { cause });
    }
    return tls;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that begin from now on are shown this certificate. @param leaf DER. */
  use(leaf: Uint8Array): void {
    const cert = toPem(leaf, 'CERTIFICATE');
    this.#options.key.lend((key) => this.#server.setSecureContext({ ...RULES, cert, key }));
  }

  /** Connections that ask for these names from now on are shown this chain; undefined: none is. */
  useForNames(named: NamedChain | undefined): void {
    this.#named = named && {
      names: new Set(named.names),
      context: this.#options.key.lend((key) =>
        createSecureContext({ ...RULES, cert: named.chain, key }),
      ),
    };
  }

  /** Whether this is the exporter of a connection that is open. */
  knows(session: Uint8Array): boolean {
    const wanted = toHex(session);
    for (const exporter of this.#open.values()) if (exporter === wanted) return true;
    return false;
  }

  /** Takes no more connections. @returns once none is open. */
  stop(): Promise<void> {
    this.#server.close();
    return new Promise((resolve) => {
      if (this.#open.size === 0) resolve();
      else this.#whenIdle.push(resolve);
    });
  }

  /** Cuts off what is open. */
  async close(): Promise<void> {
    const stopped = this.stop();
    for (const socket of [...this.#open.keys(), ...this.#sockets]) socket.destroy();
    await stopped;
  }

  /** @returns undefined for the usual one. */
  #contextFor(name: string): SecureContext | undefined {
    return this.#named?.names.has(name.toLowerCase()) ? this.#named.context : undefined;
  }

  #serve(socket: TLSSocket): void {
    const { config, metrics } = this.#options;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#open.delete(socket);
      if (this.#open.size > 0) return;
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    });
    if (socket.destroyed) return;
    this.#open.set(socket, exporterOf(socket));
    metrics.count('tls_connections');
    const inner = connect({ ...parseForward(config.forward), allowHalfOpen: true });
    let isConnected = false;
    inner.on('connect', () => {
      isConnected = true;
    });
    inner.on('error', (error: NodeJS.ErrnoException) => {
      if (!isConnected) this.#refused(error.code);
      // Without close_notify: what was passed on so far is not all of it (RFC 8446 section 6.1).
      socket.destroy();
    });
    socket.on('close', () => inner.destroy());
    for (const end of [socket, inner]) {
      end.setTimeout(config.idle, () => socket.destroy());
    }
    socket.pipe(inner);
    inner.pipe(socket);
  }

  #refused(code = 'ERR'): void {
    this.#options.metrics.count('tls_refused');
    this.#options.log('debug', 'tls refused', { code });
  }
}

/** In TLS 1.3 no context is an empty one (RFC 8446 section 7.5). */
function exporterOf(socket: TLSSocket): string {
  const { label, size } = TLS_EXPORTER;
  return socket.exportKeyingMaterial(size, label, Buffer.alloc(0)).toString('hex');
}
