import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { anchorFromCertificate } from '../../../../src/core/x509/anchors.ts';
import { verifyNvidiaNode } from '../../../../src/evidence/nvidia/node.ts';
import { withNrasStatements } from '../../../../src/evidence/nvidia/nras/statements.ts';
import { NvidiaVerifier } from '../../../../src/evidence/nvidia/verifier.ts';
import { simulateNvidiaNode } from '../../../../src/simulator/nvidia/node.ts';
import { idsOf } from '../../../support/bundle.ts';
import { gpu, jwks, KEY, nvSwitch, statement } from '../../../support/nras.ts';

const made = simulateNvidiaNode({ gpus: 2, switches: 0, mode: 'spt' });
const verifier = new NvidiaVerifier({
  device: [anchorFromCertificate(made.roots.device, 'root')],
  rim: [anchorFromCertificate(made.roots.rim, 'root')],
});
const { devices, rims, at } = made;
const machine = verifyNvidiaNode({ devices, rims, at }, verifier);
const open = verifyNvidiaNode({ devices, at }, verifier);
const [only = machine.parts[0]] = machine.parts;

const ueids = machine.parts.map(({ identity }) => identity?.ueid ?? '');
const about = (...who: readonly string[]) =>
  statement({ devices: Object.fromEntries(who.map((ueid, i) => [`GPU-${i}`, gpu(ueid)])) });
const keys = jwks(KEY.jwk);
const question = { nonce: undefined, at: at.evidence + 1_800_000 };

describe('a statement about these very devices', () => {
  const agreed = withNrasStatements(machine, [{ eat: about(...ueids), jwks: keys }], question);

  it('stands behind them, and the answer is theirs', () => {
    expect(agreed).toMatchObject({ verdict: 'accept', authentic: true, anchors: 'simulator' });
    expect(agreed.parts.map(({ evidence }) => evidence)).toEqual([
      'nvidia-gpu',
      'nvidia-gpu',
      'nras',
    ]);
    expect(agreed.claims).toEqual(machine.claims);
    expect(agreed.checks.at(-1)).toMatchObject({
      id: 'nvidia.topology.statement',
      outcome: 'pass',
    });
  });

  it('makes nothing of devices whose manifests are missing', () => {
    const result = withNrasStatements(open, [{ eat: about(...ueids), jwks: keys }], question);
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: true });
    expect(result.parts.at(-1)?.verdict).toBe('accept');
  });

  it('without keys is open, and changes nothing', () => {
    const result = withNrasStatements(machine, [{ eat: about(...ueids) }], question);
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    expect(result.parts.at(-1)?.verdict).toBe('indeterminate');
  });

  it('of one device stands behind that one', () => {
    if (only === undefined) throw new Error('no device');
    const eat = about(ueids[0] ?? '');
    const result = withNrasStatements(only, [{ eat, jwks: keys }], question);
    expect(result).toMatchObject({ evidence: 'bundle', verdict: 'accept' });
    expect(result.parts).toHaveLength(2);
    expect(result.parts[0]).toBe(only);
  });
});

describe('a statement rejects the whole where', () => {
  it.each([
    ['it is about one more', about(...ueids, '1')],
    ['it is about others', about('1', '2')],
    [
      'its overall result is false',
      statement({
        devices: { 'GPU-0': gpu(ueids[0] ?? '') },
        overall: { 'x-nvidia-overall-att-result': false },
      }),
    ],
    ['it is no statement', utf8('[]')],
  ])('%s', (_, eat) => {
    const result = withNrasStatements(machine, [{ eat, jwks: keys }], question);
    expect(result).toMatchObject({ verdict: 'reject', authentic: true });
    expect(idsOf(result, 'fail')).toEqual(['nvidia.topology.statement']);
  });

  it('it speaks of no time at all', () => {
    const eat = about(...ueids);
    const result = withNrasStatements(machine, [{ eat, jwks: keys }], {
      ...question,
      at: Number.NaN,
    });
    expect(result.verdict).toBe('reject');
  });
});

describe('statements about GPUs and switches apart', () => {
  const whole = simulateNvidiaNode({ gpus: 8, switches: 4 });
  const anchors = {
    device: [anchorFromCertificate(whole.roots.device, 'root')],
    rim: [anchorFromCertificate(whole.roots.rim, 'root')],
  };
  const node = verifyNvidiaNode(
    { devices: whole.devices, rims: whole.rims, at: whole.at },
    new NvidiaVerifier(anchors),
  );
  const ueidsOf = (kind: string) =>
    node.parts.flatMap(({ evidence, identity }) =>
      evidence === kind ? (identity?.ueid ?? []) : [],
    );
  const named = (who: readonly string[], of: typeof gpu) =>
    Object.fromEntries(who.map((ueid, i) => [`DEVICE-${i}`, of(ueid)]));
  const gpus = named(ueidsOf('nvidia-gpu'), gpu);
  const switches = named(ueidsOf('nvidia-switch'), nvSwitch);
  const first = { eat: statement({ devices: gpus }), jwks: keys };
  const second = { eat: statement({ devices: switches }), jwks: keys };

  it('stand behind the machine together', () => {
    const result = withNrasStatements(node, [first, second], question);
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    expect(result.parts.slice(12)).toMatchObject([
      { evidence: 'nras', verdict: 'accept', claims: { covers: '8 of 12' } },
      { evidence: 'nras', verdict: 'accept', claims: { covers: '4 of 12' } },
    ]);
    expect(idsOf(result, 'pass').filter((id) => id === 'nvidia.topology.statement')).toHaveLength(
      1,
    );
  });

  it('of which one has no keys change nothing', () => {
    const result = withNrasStatements(node, [first, { eat: second.eat }], question);
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    expect(result.parts.at(-1)?.verdict).toBe('indeterminate');
  });

  it('of which one speaks against a switch reject the machine, and say which and why', () => {
    const bad = statement({
      devices: { ...switches, foreign: nvSwitch('1') },
      overall: { 'x-nvidia-overall-att-result': false },
    });
    const result = withNrasStatements(node, [first, { eat: bad, jwks: keys }], question);
    expect(result).toMatchObject({ verdict: 'reject', authentic: true });
    expect(result.checks.at(-1)).toMatchObject({
      id: 'nvidia.topology.statement',
      outcome: 'fail',
      got: 'nras[1]: nras.eat.result, nras.devices.set',
    });
  });

  it('about another challenge than the one that was sent reject it', () => {
    const nonce = new Uint8Array(32);
    const result = withNrasStatements(node, [first, second], { ...question, nonce });
    expect(result.checks.at(-1)).toMatchObject({
      got: 'nras[0]: nras.eat.nonce; nras[1]: nras.eat.nonce',
    });
  });
});
