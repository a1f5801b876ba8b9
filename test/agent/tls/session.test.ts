import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '#crypto';
import { TLS_EXPORTER } from '../../../src/appraisal/binding/session-nonce.ts';
import {
  certificateChallenge,
  readTlsEvidence,
} from '../../../src/appraisal/binding/tls-evidence.ts';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { challengeOf, writeAttestCall } from '../../../src/protocol/attest-call.ts';
import { bundleAnchors } from '../../../src/simulator/bundle/anchors.ts';
import { createBundleMachine } from '../../../src/simulator/bundle/simulate.ts';
import { Clock, keysOf, ready, send } from '../../support/agent-bed.ts';
import { edited } from '../../support/bundle.ts';

const NONCE = new Uint8Array(32).fill(0x5a);

async function simulated() {
  const inside = createServer((socket) => socket.on('error', () => undefined).resume());
  inside.listen(0, '127.0.0.1');
  await new Promise((resolve) => inside.once('listening', resolve));
  onTestFinished(() => void inside.close());
  const { port } = inside.address() as { port: number };
  const clock = new Clock(Math.floor(Date.now() / 1000) * 1000);
  const machine = await createBundleMachine({ at: clock.now, gpus: 0, switches: 0 });
  const tls = { listen: '127.0.0.1:0', names: ['node-7.example'], forward: `127.0.0.1:${port}` };
  const bed = await ready({
    clock,
    written: { tls, machine: { cpu: 'tdx' } },
    deps: { evidence: machine.hardware },
  });
  const verify = (bundle: Uint8Array, expected: object) =>
    verifyBundle({
      bundle,
      expected,
      at: machine.at,
      anchors: bundleAnchors(machine.roots),
      endorsements: machine.published,
    });
  return { bed, verify };
}

async function dial(port = 0) {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const { size, label } = TLS_EXPORTER;
  const session = new Uint8Array(socket.exportKeyingMaterial(size, label, Buffer.alloc(0)));
  return {
    socket,
    session,
    certificate: new Uint8Array(socket.getPeerX509Certificate()?.raw ?? []),
  };
}

const failed = ({ checks }: ReturnType<typeof verifyBundle>) =>
  checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
const answerTo = (verified: ReturnType<typeof verifyBundle>, wanted: string) =>
  verified.checks.find(({ id }) => id === wanted)?.outcome;

describe('TLS of an agent', () => {
  it('shows evidence of the machine that made its key, and of each connection', async () => {
    const { bed, verify } = await simulated();
    const { session, certificate, socket } = await dial(bed.agent.tlsPort);
    const { spki, bundle } = readTlsEvidence(certificate);
    const { keyset } = keysOf(bed.agent.keyset());
    const listed = keyset.keys.flatMap((key) => (key.use === 'tls' ? [key] : []));
    expect(listed.map(({ host }) => host)).toEqual(['node-7.example']);
    expect(listed.map(({ spkiSha256 }) => toHex(spkiSha256))).toEqual([toHex(sha256(spki))]);
    const carried = verify(bundle, certificateChallenge(spki));
    expect(failed(carried)).toEqual([]);
    for (const id of ['bundle.nonce', 'bundle.purpose', 'bundle.binding.possession']) {
      expect(answerTo(carried, id)).toBe('pass');
    }
    expect(toHex(carried.binding?.keyset?.sha384 ?? new Uint8Array())).toBe(toHex(keyset.sha384));

    const call = { nonce: NONCE, purpose: 'tls-session', session } as const;
    const options = { address: 'attest', headers: { 'content-type': 'application/json' } } as const;
    const came = await send(bed, writeAttestCall(call), options);
    expect(came.status).toBe(200);
    const own = verify(came.body, challengeOf(call));
    expect(failed(own)).toEqual([]);
    expect(answerTo(own, 'bundle.nonce')).toBe('pass');
    expect(answerTo(own, 'bundle.binding.possession')).toBe('pass');
    const others = verify(
      came.body,
      challengeOf({ ...call, session: session.with(0, 1 ^ (session[0] ?? 0)) }),
    );
    expect(failed(others)).toEqual(['bundle.nonce']);

    const unknown = writeAttestCall({ ...call, session: new Uint8Array(32) });
    expect((await send(bed, unknown, options)).status).toBe(404);
    const ssh = writeAttestCall({ nonce: NONCE, purpose: 'ssh-session', session });
    expect((await send(bed, ssh, options)).status).toBe(403);
    socket.destroy();
  });

  it('is shown by a bundle, whose other keys and signatures are refused', async () => {
    const { bed, verify } = await simulated();
    const call = { nonce: NONCE, purpose: 'client' };
    const came = await send(bed, writeAttestCall(call), {
      address: 'attest',
      headers: { 'content-type': 'application/json' },
    });
    type Binding = { possession: { use: string; key: string; signature: string }[] };
    const meddled = (edit: (binding: Binding) => void) => {
      const bytes = edited(came.body, (document) => {
        edit(document['binding'] as Binding);
        return document;
      });
      return verify(bytes, call);
    };
    expect(failed(meddled(() => undefined))).toEqual([]);
    const damaged = meddled(({ possession: [shown] }) => {
      if (shown) shown.signature = Buffer.alloc(64, 7).toString('base64');
    });
    expect(failed(damaged)).toEqual(['bundle.binding.possession']);
    const otherUse = meddled(({ possession: [shown] }) => {
      if (shown) shown.use = 'ssh-host';
    });
    expect(failed(otherUse)).toEqual(['bundle.binding.possession']);
    const twice = meddled((binding) => {
      binding.possession.push(...binding.possession);
    });
    expect(failed(twice)).toEqual(['bundle.binding.format']);
  });

  it('has another certificate with each keyset, and the same key', async () => {
    const { bed } = await simulated();
    const before = await dial(bed.agent.tlsPort);
    const keyset = toHex(keysOf(bed.agent.keyset()).keyset.sha384);
    bed.clock.advance(bed.config.keys.life - bed.config.keys.overlap);
    while (toHex(keysOf(bed.agent.keyset()).keyset.sha384) === keyset) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      bed.clock.advance(1000);
    }
    const after = await dial(bed.agent.tlsPort);
    expect(after.certificate).not.toEqual(before.certificate);
    expect(readTlsEvidence(after.certificate).spki).toEqual(
      readTlsEvidence(before.certificate).spki,
    );
    const { binding } = parseBundle(readTlsEvidence(after.certificate).bundle);
    const listed = Buffer.from(binding.string('keyset'), 'base64');
    expect(new Uint8Array(listed)).toEqual(bed.agent.keyset());
  });
});

it('keys wait for a certificate that no hardware vouches for', async () => {
  const clock = new Clock();
  let works = false;
  const tls = { listen: '127.0.0.1:0', names: ['node-7.example'], forward: '127.0.0.1:1' };
  const started = ready({
    clock,
    written: { tls },
    deps: {
      evidence: {
        devices: async () => new Uint8Array(),
        cpu: async (reportData) => {
          if (!works) throw new Error('no report');
          return { kind: 'snp', report: reportData };
        },
      },
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  works = true;
  const advancing = setInterval(() => clock.advance(1000), 5);
  onTestFinished(() => clearInterval(advancing));
  const bed = await started;
  expect(bed.lines.join('')).toContain('certificate failed');
  expect(bed.lines.join('')).not.toContain('gateway failed');
  expect(bed.agent.metrics.of('certificates_failed')).toBeGreaterThan(0);
});
