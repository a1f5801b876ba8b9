import { createHash, X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sshFingerprint, sshKeyOf } from '../../gateway/certificates/ssh-key.ts';
import type { FleetStore } from '../../gateway/fleet/store.ts';
import { LAYOUT, readIdentity, readLedgerFolder } from '../audit/ledger-folder.ts';
import { isShared, isThere } from '../audit/secret-files.ts';
import { type AuthorityKey, readAuthorityKey } from '../certificates/authority-key.ts';
import type { GatewayConfig } from '../gateway/config.ts';
import { readTokenKeys, tokenFiles } from '../gateway/token-keys.ts';
import type { Io } from '../io.ts';
import type { KeyRow } from './key-row.ts';

const DAY = 86_400_000;
/** Of a key that signs for others, and is replaced without anybody noticing. */
const TOKEN_KEY_AGE = 180 * DAY;
/** Of a key that many people have to learn anew when it is replaced. */
const AUTHORITY_AGE = 365 * DAY;
const SOON = 14 * DAY;

/** The keys that a gateway itself holds: of its ledger, of tokens and challenges, of TLS. */
export async function ownKeys(
  io: Io,
  config: GatewayConfig,
  store: Pick<FleetStore, 'challengeKeys'>,
): Promise<readonly KeyRow[]> {
  const now = io.now();
  return [
    ...(await ledgerKeys(config)),
    await withFile(
      { id: '–', kind: 'hardware', role: 'names hardware in the database' },
      config.hardwareKey,
    ),
    ...(await tokenKeys(config, now)),
    ...challengeKeys(await store.challengeKeys(), config, now),
    ...(await tlsKey(io, config, now)),
    ...(await authorityKeys(io, config, now)),
    ...(await serviceKey(config)),
  ];
}

async function ledgerKeys({ ledger: dir }: GatewayConfig): Promise<readonly KeyRow[]> {
  const { keys } = await readIdentity(await readLedgerFolder(dir));
  const [first, second] = keys;
  const row = async (key: typeof first, name: string, role: string) =>
    key && (await withFile({ id: key.id, kind: 'ledger', role, name: key.name }, join(dir, name)));
  const rows = [
    await row(first, LAYOUT.logKey, 'signs the log (Ed25519)'),
    await row(second, LAYOUT.secondKey, 'signs the log, second line (ML-DSA-44)'),
    await withFile(
      { id: '–', kind: 'archive', role: 'seals what decisions saw' },
      join(dir, LAYOUT.archiveKey),
    ),
  ];
  return rows.filter((one) => one !== undefined);
}

async function tokenKeys({ tokens }: GatewayConfig, now: number): Promise<readonly KeyRow[]> {
  const { current, next, retired } = await readTokenKeys(tokens.key);
  const files = tokenFiles(tokens.key);
  const role = `signs tokens (${current.algorithm})`;
  const own = await withFile({ id: current.publicKey.keyId, kind: 'token', role }, files.current);
  const isOld = own.madeAt !== undefined && now - own.madeAt > TOKEN_KEY_AGE;
  const rotate = 'is older than 180 days: postern keys rotate <dir> token';
  return [
    { ...own, advice: [...own.advice, ...(isOld ? [rotate] : [])] },
    ...(next === undefined
      ? []
      : [
          {
            ...(await withFile(
              { id: next.publicKey.keyId, kind: 'token', role: 'will sign tokens' },
              files.next,
            )),
            state: 'next' as const,
          },
        ]),
    ...retired.map(
      ({ publicKey, until }): KeyRow => ({
        id: publicKey.keyId,
        kind: 'token',
        role: 'signed tokens; its private half is gone',
        until,
        state: until > now ? 'retired' : 'expired',
        advice: [],
      }),
    ),
  ];
}

function challengeKeys(
  keys: Awaited<ReturnType<FleetStore['challengeKeys']>>,
  { times }: GatewayConfig,
  now: number,
): readonly KeyRow[] {
  return keys.map(({ id, madeAt }, i) => {
    const isLate = i === 0 && now - madeAt > 2 * times.challengeKey;
    return {
      id,
      kind: 'challenge',
      role: i === 0 ? 'makes challenges' : 'made challenges that are open',
      madeAt,
      state: i === 0 ? 'in-force' : 'retired',
      advice: isLate ? ['is older than times.challengeKey: is a gateway running?'] : [],
    };
  });
}

async function tlsKey(io: Io, { tls }: GatewayConfig, now: number): Promise<readonly KeyRow[]> {
  if ('proxy' in tls || !(await isThere(tls.cert))) return [];
  const certificate = new X509Certificate(await io.readFile(tls.cert));
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  const until = certificate.validToDate.getTime();
  const id = createHash('sha256').update(spki).digest('hex');
  const row = await withFile({ id, kind: 'tls', role: 'shows who the gateway is' }, tls.key);
  const advice = until < now ? ['has ended'] : until < now + SOON ? ['ends soon: renew it'] : [];
  return [{ ...row, until, advice: [...row.advice, ...advice] }];
}

/** Of those who sign for machines: who trusts them trusts whoever has these. */
async function authorityKeys(
  io: Io,
  { certificates: config }: GatewayConfig,
  now: number,
): Promise<readonly KeyRow[]> {
  const rows: KeyRow[] = [];
  if (config?.ssh) rows.push(await authorityRow(config.ssh.key, 'certifies SSH host keys', now));
  if (config?.tls) {
    const row = await authorityRow(config.tls.key, 'certifies TLS keys', now);
    const { certificate } = config.tls;
    if (!(await isThere(certificate))) rows.push(row);
    else {
      const until = new X509Certificate(await io.readFile(certificate)).validToDate.getTime();
      const advice = until < now ? ['has ended'] : until < now + SOON ? ['ends soon'] : [];
      rows.push({ ...row, until, advice: [...row.advice, ...advice] });
    }
  }
  return rows;
}

async function authorityRow(key: AuthorityKey, role: string, now: number): Promise<KeyRow> {
  if (key.in === 'agent') {
    const { fingerprint: id, socket } = key;
    const by = `${role}; held by the ssh-agent at ${socket}`;
    return { id, kind: 'authority', role: by, state: 'in-force', advice: [] };
  }
  const id = await readAuthorityKey(key).then(
    ({ publicKey }) => sshFingerprint(sshKeyOf(publicKey)),
    () => '–',
  );
  const row = await withFile({ id, kind: 'authority', role }, key.file);
  const isOld = row.madeAt !== undefined && now - row.madeAt > AUTHORITY_AGE;
  const rotate = 'is older than a year: make another with postern ca init and hand it out';
  return { ...row, advice: [...row.advice, ...(isOld ? [rotate] : [])] };
}

async function serviceKey({ endorsements }: GatewayConfig): Promise<readonly KeyRow[]> {
  const file = endorsements.rimServiceKey;
  if (file === undefined) return [];
  return [await withFile({ id: '–', kind: 'service', role: 'asks NVIDIA’s service' }, file)];
}

async function withFile(
  row: Pick<KeyRow, 'id' | 'kind' | 'role'> & { readonly name?: string },
  file: string,
): Promise<KeyRow> {
  const madeAt = await stat(file).then(
    ({ mtimeMs }) => Math.trunc(mtimeMs),
    () => undefined,
  );
  const advice = [
    ...(madeAt === undefined ? [`${file} is not there`] : []),
    ...((await isShared(file)) ? [`${file} can be read by others: chmod 600`] : []),
  ];
  return { ...row, file, ...(madeAt !== undefined && { madeAt }), state: 'in-force', advice };
}
