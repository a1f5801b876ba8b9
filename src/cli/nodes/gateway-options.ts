import { join } from 'node:path';
import { type GatewayAccess, GatewayClient } from '../../agent/gateway/gateway-client.ts';
import type { Proof } from '../../agent/gateway/proof.ts';
import { Fault } from '../../core/fault.ts';
import { serviceUrl } from '../../endorsements/service-url.ts';
import { isThere } from '../audit/secret-files.ts';
import type { GatewayConfig } from '../gateway/config.ts';
import { GATEWAY_LAYOUT } from '../gateway/folder.ts';
import { readConfig } from '../gateway/read-config.ts';
import { type Io, usage } from '../io.ts';
import { type Args, asOption, type Options } from '../verb.ts';
import { readApiKey, readNodeSigner } from './proof.ts';

/** Which gateway. */
export const PLACE_OPTIONS: Options = {
  gateway: { value: '<url>', help: 'the gateway, e.g. https://gate.example.org' },
  dir: {
    value: '<dir>',
    help: 'or its folder on this machine, which says where it is and may have keys/admin.key',
  },
};

/** And as whom. */
export const GATEWAY_OPTIONS: Options = {
  ...PLACE_OPTIONS,
  'api-key-file': { value: '<file>', help: 'file with your API key' },
  'sign-key': {
    value: '<pem>',
    help: 'or the Ed25519 private key, PKCS#8 in PEM, whose public half the gateway knows',
  },
};

/**
 * The gateway that the options name, asked by whoever they say.
 *
 * @throws Fault `usage` where they say neither or both.
 */
export async function openGateway(io: Io, args: Args): Promise<GatewayClient> {
  const place = await readPlace(io, args);
  const proof = await readProof(io, args);
  return new GatewayClient(io, { ...place, proof });
}

/** Where a gateway is. */
export async function readPlace(
  io: Io,
  args: Args,
): Promise<Pick<GatewayAccess, 'base' | 'origin'>> {
  const [url, dir] = [args.one('gateway'), args.one('dir')];
  if (url !== undefined) {
    const { origin, pathname } = asOption('gateway', () => serviceUrl(url));
    if (pathname !== '/') throw usage(`--gateway: want an origin without a path, got ${url}`);
    const said = dir === undefined ? origin : (await configOf(io, args, dir)).origin;
    return { base: origin, origin: said };
  }
  if (dir === undefined) throw usage('which gateway: --gateway, or --dir with its folder');
  const config = await configOf(io, args, dir);
  return { base: baseOf(config), origin: config.origin };
}

async function configOf(io: Io, args: Args, dir: string): Promise<GatewayConfig> {
  return (await readConfig(io, args, dir)).config;
}

/** Behind a proxy it is asked where it listens, which is on this machine. */
function baseOf({ tls, listen, origin }: GatewayConfig): string {
  if (!('proxy' in tls)) return origin;
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[listen.host] ?? listen.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
}

async function readProof(io: Io, args: Args): Promise<Proof> {
  const [file, pem, dir] = [args.one('api-key-file'), args.one('sign-key'), args.one('dir')];
  if (file !== undefined && pem !== undefined) {
    throw usage('--api-key-file and --sign-key exclude each other');
  }
  if (pem !== undefined) return readNodeSigner(io, pem, 'sign-key');
  if (file !== undefined) return readApiKey(io, file);
  const own = dir === undefined ? undefined : join(dir, GATEWAY_LAYOUT.adminKey);
  if (own !== undefined && (await isThere(own))) return readApiKey(io, own);
  throw new Fault('usage', 'postern', 'as whom: --api-key-file, or --sign-key');
}
