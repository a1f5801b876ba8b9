import { durationMs } from '../../appraisal/policy/duration.ts';
import { lintPolicy } from '../../appraisal/policy/lint.ts';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { FAULTS } from '../../core/fault.ts';
import { hostPattern } from '../../gateway/certificates/names.ts';
import { sshFingerprint } from '../../gateway/certificates/ssh-key.ts';
import { LAYOUT, type LedgerFolder } from '../audit/ledger-folder.ts';
import { isShared } from '../audit/secret-files.ts';
import { vkeysOf } from '../audit/verifier-keys.ts';
import type { Io } from '../io.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { authorityFiles } from './certificates-config.ts';
import type { GatewayConfig } from './config.ts';
import { type GatewayParts, readParts } from './parts.ts';
import { type ReadConfig, readConfig, SET_OPTION } from './read-config.ts';
import { tokenFiles } from './token-keys.ts';

export const gatewayCheckVerb: Verb = {
  name: 'gateway check',
  summary: 'Read a gateway’s configuration, keys and policies, and say what it would serve.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: SET_OPTION,
  notes: [
    '<dir> holds postern.yaml; a path that ends in .yaml is the file itself. Nothing is opened or changed, and nobody is asked but an ssh-agent that holds the key of an authority.',
    'A value is taken from --set before the environment (POSTERN_ and the path: POSTERN_TIMES_RETRY, POSTERN_POOLS_0_POLICY), from the environment before the file, from the file before the default. Values are YAML; an empty one takes the member out.',
    'Exit code: 0 it would start, 64 it would not: each problem stands on a line with its place.',
  ],
  run: async (io, args) => {
    const read = await readConfig(io, args, args.operand(0));
    const { parts, problems } = await readParts(io, read.config);
    const advice = parts ? await adviceOn(io, read.config, parts) : [];
    if (args.has('json')) {
      printJson(io, {
        ok: parts !== undefined,
        file: read.file,
        said: read.overrides.map(({ source, path }) => ({ source, path })),
        ...(parts && { serves: servedJson(read.config, parts) }),
        problems: problems.map((one) => ({ ...one, line: read.lineOf(one) })),
        advice: advice.map((one) => ({ ...one, line: read.lineOf(one) })),
      });
    } else printCheck(io, read, parts, problems, advice);
    return parts ? 0 : FAULTS.usage.exit;
  },
};

function printCheck(
  io: Io,
  { config, lineOf, overrides }: ReadConfig,
  parts: GatewayParts | undefined,
  problems: readonly Misfit[],
  advice: readonly Misfit[],
): void {
  const paint = painter(io.colours);
  for (const { source, path } of overrides) {
    io.out(`${paint('yellow', '!')} ${visible(`${path} is said by ${source}`)}\n`);
  }
  for (const one of problems) io.out(`${paint('red', '✗')} ${visible(lineOf(one))}\n`);
  for (const one of advice) io.out(`${paint('yellow', '!')} ${visible(lineOf(one))}\n`);
  if (!parts) return;
  for (const [name, says] of served(config, parts)) {
    io.out(`${paint('green', '✓')} ${name.padEnd(13)} ${visible(says)}\n`);
  }
}

/** One line each, for people. */
function served(
  config: GatewayConfig,
  parts: GatewayParts,
): readonly (readonly [string, string])[] {
  const { listen, endorsements, anchors, metrics, retention, database } = config;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const tls = parts.tls
    ? `TLS until ${formatTime(parts.tls.until)}`
    : `no TLS of its own: ${'proxy' in config.tls ? config.tls.proxy : ''}`;
  const roots = anchors.kind === 'vendor' ? 'the vendors’ roots' : `${anchors.kind} roots`;
  const { origin } = parts.identity;
  return [
    ['origin', `${config.origin}, at ${host}:${listen.port}, ${tls}`],
    ['ledger', `${origin} in ${config.ledger}, ${database}`],
    ...parts.pools.map(({ pool, read, signedBy }): readonly [string, string] => {
      const { metadata } = read.policy;
      const by = signedBy.length > 0 ? `signed by ${signedBy.join(', ')}` : 'not signed';
      const policy = `${metadata.name} revision ${metadata.revision}, ${metadata.lifecycle.state}`;
      return ['pool', `${pool.name}: ${policy}, ${by}, ${read.digest}`];
    }),
    ...certificatesText(config, parts),
    ['evidence', `${roots}, endorsements ${endorsements.access} in ${endorsements.folder}`],
    ['tokens', `${parts.tokens.current.algorithm}, kid ${parts.tokens.current.publicKey.keyId}`],
    ['witnesses', witnessesText(parts)],
    ['metrics', metrics.access],
    [
      'kept',
      `records ${daysOf(retention.records)}, events ${daysOf(retention.events)}, usage ${daysOf(retention.usage)}`,
    ],
  ];
}

function certificatesText(
  { certificates }: GatewayConfig,
  { authorities: { ssh, tls } }: GatewayParts,
): readonly (readonly [string, string])[] {
  if (certificates === undefined) return [];
  const { domain, life } = certificates;
  const by = [
    ...(ssh ? [`SSH ${sshFingerprint(ssh.publicKey)}`] : []),
    ...(tls ? [`TLS until ${formatTime(tls.validity.to)}`] : []),
  ];
  const names = `names below ${domain} for ${Math.round(life / 60_000)} min`;
  return [['certificates', `${names}, by ${by.join(', ')}`]];
}

function witnessesText({ witnesses }: GatewayParts): string {
  if (witnesses === undefined) return 'none: nobody else sees what the log shows';
  return witnesses.witnesses.map(({ name }) => name).join(', ');
}

function daysOf(ms: number | undefined): string {
  if (ms === undefined) return 'for good';
  return ms % 86_400_000 === 0 ? `${ms / 86_400_000} days` : `${ms / 3_600_000} hours`;
}

function servedJson(config: GatewayConfig, parts: GatewayParts) {
  return {
    origin: config.origin,
    listen: config.listen,
    tls: parts.tls ? { until: formatTime(parts.tls.until) } : config.tls,
    ledger: { origin: parts.identity.origin, keys: vkeysOf(parts.identity) },
    database: config.database,
    anchors: config.anchors.kind,
    endorsements: config.endorsements.access,
    token: parts.tokens.current.publicKey.keyId,
    pools: parts.pools.map(({ pool, read, signedBy }) => ({
      name: pool.name,
      policy: read.policy.metadata.name,
      revision: read.policy.metadata.revision,
      state: read.policy.metadata.lifecycle.state,
      digest: read.digest,
      signedBy,
    })),
  };
}

const SOON = 14 * 86_400_000;

/** What would be served, and had better not stay like that. */
async function adviceOn(
  io: Io,
  config: GatewayConfig,
  { ledger, pools, tls, authorities }: GatewayParts,
): Promise<readonly Misfit[]> {
  const now = io.now();
  const advice: Misfit[] = [];
  const say = (path: string, problem: string) => advice.push({ path, problem });
  if (pools.length === 0) say('pools', 'there is none: no machine can be enrolled');
  for (const [i, { read }] of pools.entries()) {
    const pool = config.pools[i];
    if (pool && 'unsigned' in pool.signature) {
      say(
        `pools[${i}].signature`,
        `anybody who can write the file decides: ${pool.signature.unsigned}`,
      );
    }
    const { resultTtl } = read.policy.spec.freshness;
    if (durationMs(resultTtl) > config.times.resultTtl) {
      say('times.resultTtl', `is less than the ${resultTtl} of ${read.policy.metadata.name}`);
    }
    for (const { path, problem } of lintPolicy(read.policy, now)) {
      say(`pools[${i}].policy`, path === '' ? problem : `${path}: ${problem}`);
    }
  }
  if (config.anchors.kind !== 'vendor') {
    say(
      'anchors',
      `evidence under ${config.anchors.kind} roots is accepted: no vendor vouches for it`,
    );
  }
  if (tls && tls.until < now) say('tls.cert', `has ended at ${formatTime(tls.until)}`);
  else if (tls && tls.until < now + SOON) say('tls.cert', `ends at ${formatTime(tls.until)}`);
  const { tls: authority } = authorities;
  if (authority && authority.validity.to < now + SOON) {
    const ends = formatTime(authority.validity.to);
    say('certificates.tls.certificate', `ends at ${ends}: make another with postern ca init`);
  }
  for (const [i, { name }] of config.pools.entries()) {
    if (config.certificates === undefined || hostPattern(name, config.certificates.domain))
      continue;
    say(`pools[${i}].name`, 'is no label of DNS: none of its machines can be certified');
  }
  if (config.calls.endpoints === 'private-too') {
    say('calls.endpoints', 'who enrols a machine has the gateway call any address in its network');
  }
  if (!tls && !isLoopback(config.listen.host)) {
    say('listen', 'API keys cross the network between the proxy and here in the clear');
  }
  for (const [path, file] of secretFiles(config, ledger)) {
    if (await isShared(file)) say(path, `${file} can be read by others: chmod 600`);
  }
  return advice;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function secretFiles(
  { tls, tokens, hardwareKey, certificates }: GatewayConfig,
  { dir }: LedgerFolder,
): readonly (readonly [string, string])[] {
  const { current, next } = tokenFiles(tokens.key);
  const ofLedger = [LAYOUT.logKey, LAYOUT.secondKey, LAYOUT.archiveKey];
  return [
    ...('key' in tls ? [['tls.key', tls.key] as const] : []),
    ['tokens.key', current],
    ['tokens.key', next],
    ['hardwareKey', hardwareKey],
    ...authorityFiles(certificates),
    ...ofLedger.map((name) => ['ledger', `${dir}/${name}`] as const),
  ];
}
