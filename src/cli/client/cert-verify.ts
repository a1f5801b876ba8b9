import {
  certificateInLedger,
  type ProvenCertificate,
} from '../../client/certificates/in-ledger.ts';
import {
  type Presented,
  readAuthorities,
  readPresented,
  type TrustedAuthorities,
} from '../../client/certificates/presented.ts';
import { PosternError } from '../../client/errors.ts';
import { Gateway, Refusal } from '../../client/gateway.ts';
import { LogMemory } from '../../client/log-memory.ts';
import { readLogTrust } from '../../client/log-trust.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import { serviceUrl } from '../../endorsements/service-url.ts';
import { EXIT, type Io, usage } from '../io.ts';
import { painter } from '../paint.ts';
import { printJson } from '../render.ts';
import { parseRfc3339 } from '../rfc3339.ts';
import { type Args, asOption, type Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { LEDGER_OPTIONS, MEMORY_OPTION } from './client-options.ts';
import { readLedger, readMemory } from './read-client.ts';

export const certVerifyVerb: Verb = {
  name: 'cert verify',
  summary: 'Verify a machine’s certificate, and that the ledger shows what it rests on.',
  operands: '<file>',
  arity: { min: 1, max: 1 },
  options: {
    authority: {
      value: '<file>',
      multiple: true,
      help: 'who is believed: a public key of SSH or an @cert-authority line, or a certificate in PEM',
    },
    host: { value: '<name>', help: 'the host that it has to be for' },
    at: { value: '<RFC 3339>', help: 'the moment that it has to be valid in; now unless said' },
    gateway: { value: '<url>', help: 'the gateway that is asked for the proof' },
    ...LEDGER_OPTIONS,
    'other-roots': { help: 'take a decision on other roots than the vendors’, of a simulator' },
    ...MEMORY_OPTION,
  },
  notes: [
    '<file> is what the machine shows: a line of OpenSSH (…-cert.pub), or PEM whose first certificate is its own.',
    'Whoever takes such a certificate trusts whoever holds the authority’s key: no evidence of the machine is looked at here. The ledger shows that it was issued in the open, by which decision about which evidence; that decision can be exported and made again: postern audit replay.',
    'Exit code: 0 it holds, 1 it does not, 69 the proof could not be had.',
  ],
  run: async (io, args) => {
    const path = args.operand(0);
    const { presented, problem, authority } = readPresented(await io.readFile(path), path);
    const by = await authoritiesOf(io, args);
    const at = args.one('at');
    const now = at === undefined ? io.now() : asOption('at', () => parseRfc3339(at));
    const found = problem(by, args.one('host'), now);
    if (found !== undefined) return tell(io, args, presented, { problem: found });
    try {
      const proven = await provenBy(io, args, presented, authority(by) ?? '');
      return tell(io, args, presented, { proven });
    } catch (error) {
      if (error instanceof PosternError || (error instanceof Refusal && error.status === 404)) {
        return tell(io, args, presented, { problem: error.message });
      }
      if (error instanceof Refusal || isAway(error)) {
        throw new Fault('unreachable', 'gateway', error.message, { cause: error });
      }
      throw error;
    }
  },
};

/** What fetch throws where nobody is, and at the end of its time. */
function isAway(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
}

const LONGEST_LOOK_MS = 30_000;

async function authoritiesOf(io: Io, args: Args): Promise<TrustedAuthorities> {
  const files = args.many('authority');
  if (files.length === 0) throw usage('--authority: who is believed must come from you');
  const all = await Promise.all(
    files.map(async (path) => readAuthorities(await io.readFile(path), path)),
  );
  return { ssh: all.flatMap(({ ssh }) => ssh), tls: all.flatMap(({ tls }) => tls) };
}

/** @returns undefined where nothing is asked of the ledger. */
async function provenBy(
  io: Io,
  args: Args,
  presented: Presented,
  authority: string,
): Promise<ProvenCertificate | undefined> {
  const trust = readLogTrust(await readLedger(io, args));
  if (trust === undefined) return undefined;
  const url = args.one('gateway');
  if (url === undefined) throw usage('--gateway: who has the proof');
  const { origin } = asOption('gateway', () => serviceUrl(url));
  const gateway = new Gateway(origin, io.fetch, LONGEST_LOOK_MS);
  const proven = await certificateInLedger(gateway, trust, presented, authority);
  const { anchors, id } = proven.decision;
  if (anchors !== 'vendor' && !args.has('other-roots')) {
    const detail = `decision ${id} rests on ${anchors} roots: --other-roots takes it`;
    throw new PosternError('ledger.anchors', detail);
  }
  const memory = new LogMemory({ gateway, memory: readMemory(io, args), trust, now: io.now });
  await memory.hold(proven.notes, undefined);
  return proven;
}

function tell(
  io: Io,
  args: Args,
  presented: Presented,
  outcome: { readonly problem: string } | { readonly proven: ProvenCertificate | undefined },
): number {
  const problem = 'problem' in outcome ? outcome.problem : undefined;
  const proven = 'proven' in outcome ? outcome.proven : undefined;
  const { use, sha256, names, from, until } = presented;
  if (args.has('json')) {
    printJson(io, {
      valid: problem === undefined,
      ...{ use, sha256, names },
      notBefore: formatTime(from),
      notAfter: formatTime(until),
      ...(problem !== undefined && { problem }),
      ledger: proven === undefined ? 'unchecked' : provenJson(proven),
    });
    return problem === undefined ? EXIT.accept : EXIT.reject;
  }
  const paint = painter(io.colours);
  const about = `${use} for ${names.join(', ')}, ${formatTime(from)} to ${formatTime(until)}`;
  io.out(`${visible(about)}\nsha256 ${sha256}\n`);
  if (problem !== undefined) {
    io.out(`${paint('red', '✗')} ${visible(problem)}\n`);
    return EXIT.reject;
  }
  io.out(`${paint('green', '✓')} signed by the authority, for this time and host\n`);
  for (const line of proven === undefined ? [] : provenLines(proven)) {
    io.out(`${paint('green', '✓')} ${visible(line)}\n`);
  }
  const rests = proven === undefined ? 'nothing was asked of the ledger; ' : '';
  const note = `${rests}whoever holds the authority’s key is believed: the machine itself was not verified`;
  io.out(`${paint('yellow', 'note')}  ${note}\n`);
  return EXIT.accept;
}

function provenLines({ issued, issuedAt, decision, decisionAt }: ProvenCertificate) {
  const { policy, anchors, id, at } = decision;
  const by = policy
    ? `${policy.name} revision ${policy.revision}, ${policy.digest}`
    : 'the baseline';
  return [
    `in the ledger, leaf ${issuedAt}, issued ${formatTime(issued.time)}`,
    `by decision ${id} of ${formatTime(at)}, leaf ${decisionAt}: accepted by ${by}, ${anchors} roots`,
    `about the bundle ${issued.bundle}`,
  ];
}

function provenJson({ issued, issuedAt, decision, decisionAt }: ProvenCertificate) {
  return {
    leaf: issuedAt,
    issuedAt: formatTime(issued.time),
    bundle: issued.bundle,
    decision: {
      id: decision.id,
      leaf: decisionAt,
      at: formatTime(decision.at),
      policy: decision.policy,
      anchors: decision.anchors,
    },
  };
}
