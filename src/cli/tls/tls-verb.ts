import { BUNDLE_CHECKS } from '../../appraisal/bundle/checks.ts';
import { PosternError } from '../../client/errors.ts';
import { isNodeId } from '../../client/ssh/which-node.ts';
import { openAttestedTls } from '../../client/tls/attested-tls.ts';
import { openPeer, readAddress, type TlsAddress, textOf } from '../../client/tls/peer.ts';
import { trustOf } from '../../client/trust-facts.ts';
import { Fault } from '../../core/fault.ts';
import { SNP_CHECKS } from '../../evidence/snp/checks.ts';
import { TDX_CHECKS } from '../../evidence/tdx/checks.ts';
import { AMD_ENDORSEMENT_OPTIONS } from '../amd-endorsements.ts';
import { BUNDLE_AT_KINDS } from '../bundle-evidence.ts';
import { keysetNotes, revocationNotes } from '../bundle-notes.ts';
import { telling } from '../client/client-error.ts';
import { CLIENT_NOTES, CLIENT_OPTIONS } from '../client/client-options.ts';
import { readClient } from '../client/read-client.ts';
import { ENDORSEMENT_OPTIONS } from '../collateral.ts';
import { atOption } from '../input.ts';
import { EXIT, type Io, usage, warn } from '../io.ts';
import { painter } from '../paint.ts';
import { POLICY_CHECKS } from '../policy-decision.ts';
import { asksFrom, printJson } from '../render.ts';
import { CHECKS_OPTION, printTree } from '../tree.ts';
import type { Args, Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { judgeCertificate } from './certificate-evidence.ts';
import { type LeafFacts, leafFacts, leafOfFile } from './leaf.ts';

const ASKS = asksFrom({
  ...BUNDLE_CHECKS,
  ...TDX_CHECKS,
  ...SNP_CHECKS,
  ...POLICY_CHECKS,
  'tls.certificate.key': { asks: 'Is the certificate’s key one of the keyset?' },
});

export const tlsVerb: Verb = {
  name: 'tls',
  summary:
    'Say whose a TLS server’s key is: what its certificate shows, or a machine verified now.',
  operands: '<host:port|node|file>',
  arity: { min: 1, max: 1 },
  options: {
    ...CLIENT_OPTIONS,
    'prove-session': {
      help: 'with --gateway: have the machine show that this very connection ends in it',
    },
    ...ENDORSEMENT_OPTIONS,
    ...AMD_ENDORSEMENT_OPTIONS,
    ...atOption(BUNDLE_AT_KINDS),
    ...CHECKS_OPTION,
  },
  notes: [
    'Without --gateway the evidence in the certificate is verified, of a server or of a file (PEM or DER): it is as old as its keyset at most, it has the processor’s evidence alone, and no ledger shows it. A certificate without evidence is indeterminate, whoever signed it.',
    'With --gateway a machine of --pool is verified now, and the server at the address has to have the key that it shows; of a node, given by its id, the address is the one that its gateway says. Nothing is sent to the server but a handshake of TLS 1.3.',
    'A key may have been stolen: --prove-session asks for evidence about this connection alone. The policy has to take evidence of that purpose, tls-session; of the certificate’s it is tls-certificate.',
    ...CLIENT_NOTES,
    'Exit code: 0 accept, 1 reject or another key, 2 indeterminate, 69 nobody is there.',
  ],
  run: (io, args) => telling(io, args, () => tls(io, args)),
};

async function tls(io: Io, args: Args): Promise<number> {
  const operand = args.operand(0);
  const address = readAddress(operand);
  if (args.has('gateway')) return verifyNow(io, args, address);
  const idle = ['prove-session', 'pool', 'ledger-key', 'ledger-policy'].find((one) =>
    args.has(one),
  );
  if (idle !== undefined) throw usage(`--${idle} goes with --gateway`);
  const der = address
    ? await certificateAt(address)
    : leafOfFile(await fileNamed(io, operand), operand);
  return judgeLeaf(io, args, der);
}

/** @throws Fault `unreachable` that says what else could stand there. */
async function fileNamed(io: Io, path: string): Promise<Uint8Array> {
  try {
    return await io.readFile(path);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'unreachable') throw error;
    const detail = `${error.detail}; want a file or a server, host:port; a node goes with --gateway`;
    throw new Fault(error.code, error.at, detail, { cause: error });
  }
}

async function certificateAt(address: TlsAddress): Promise<Uint8Array> {
  try {
    const { socket, certificate } = await openPeer(address);
    socket.destroy();
    return certificate;
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    // Its own words are about a machine that was verified; nobody was.
    const code = error.code === 'connect.unreachable' ? 'unreachable' : 'unsupported';
    const why = error.cause instanceof Error ? error.cause.message : error.what;
    throw new Fault(code, textOf(address), `shows no certificate by TLS 1.3: ${why}`, {
      cause: error,
    });
  }
}

async function judgeLeaf(io: Io, args: Args, der: Uint8Array): Promise<number> {
  const leaf = leafFacts(der);
  const judged = await judgeCertificate(io, args, der);
  if (judged === undefined) {
    const because = 'the certificate carries no evidence: whose its key is nobody has shown';
    const check = { id: 'tls.evidence', outcome: 'unresolved', because };
    const json = { verdict: 'indeterminate', authentic: false, checks: [check] };
    if (args.has('json')) printJson(io, { ...json, certificate: leaf });
    else {
      printLeaf(io, leaf);
      io.out(`\n? ${because}\n\nINDETERMINATE\n`);
    }
    return EXIT.indeterminate;
  }
  const { result, verified } = judged;
  if (!args.has('json')) {
    printLeaf(io, leaf);
    io.out('\n');
  }
  const from = verified.binding?.keyset?.validity.from;
  const notes = [
    ...keysetNotes(verified.claims),
    ...(from === undefined
      ? []
      : [`made after ${new Date(from).toISOString()}; what is newer only a challenge shows`]),
    ...(verified.revocation === 'checked' ? [] : revocationNotes(verified.parts)),
  ];
  printTree(io, args, result, ASKS, notes, { certificate: { ...leaf } });
  return EXIT[result.verdict];
}

async function verifyNow(io: Io, args: Args, address: TlsAddress | undefined): Promise<number> {
  const options = await readClient(io, args);
  const { pool } = options;
  if (pool === undefined) throw usage('of which pool: --pool');
  const node = address === undefined ? args.operand(0) : undefined;
  if (node !== undefined && !isNodeId(node)) {
    throw usage(`want host:port or the id of a node, got ${JSON.stringify(node)}`);
  }
  const opened = await openAttestedTls({
    ...options,
    pool,
    ...(node !== undefined && { node }),
    proveSession: args.has('prove-session'),
  });
  const { socket, machine, certificate } = await opened.open(address ?? {});
  const leaf = leafFacts(certificate);
  const at = textOf({ host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
  socket.destroy();
  const view = opened.verification();
  const proven = args.has('prove-session');
  const { warnings } = trustOf(view, machine);
  if (args.has('json')) {
    printJson(io, {
      verdict: 'accept',
      anchors: machine.evidence?.anchors,
      certificate: leaf,
      address: at,
      node: machine.node,
      pool: machine.pool,
      sessionProven: proven,
      policy: view.policy,
      ledger: view.ledger,
      notes: warnings,
    });
    return EXIT.accept;
  }
  printLeaf(io, leaf);
  const paint = painter(io.colours);
  const key = proven ? 'its key, and answers for this very connection' : 'its key';
  io.out(`\n${paint('green', '✓')} ${at} is ${machine.node}, verified now: it has ${key}\n`);
  for (const warning of warnings) warn(io, warning);
  io.out(`\n${paint('green', 'ACCEPT')}\n`);
  return EXIT.accept;
}

function printLeaf(io: Io, leaf: LeafFacts): void {
  const lines = {
    subject: leaf.subject,
    names: leaf.names,
    valid: `${leaf.notBefore} to ${leaf.notAfter}`,
    'key (SPKI SHA-256)': leaf.spkiSha256,
    evidence: leaf.carriesEvidence ? 'carried' : 'none',
  };
  for (const [name, value] of Object.entries(lines)) {
    io.out(`${name.padEnd(18)}  ${visible(value)}\n`);
  }
}
