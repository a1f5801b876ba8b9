import { describe, expect, it } from 'vitest';
import { withNrasStatement } from '../../../src/appraisal/bundle/nras-statement.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { verifyNvidiaNode } from '../../../src/evidence/nvidia/node.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { simulateNvidiaNode } from '../../../src/simulator/nvidia/node.ts';
import { idsOf, verifiedBundle } from '../../support/bundle.ts';
import { gpu, jwks, KEY, statement } from '../../support/nras.ts';

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
  const agreed = withNrasStatement(machine, { eat: about(...ueids), jwks: keys }, question);

  it('stands behind them, and the answer is theirs', () => {
    expect(agreed).toMatchObject({ verdict: 'accept', authentic: true, anchors: 'simulator' });
    expect(agreed.parts.map(({ evidence }) => evidence)).toEqual([
      'nvidia-gpu',
      'nvidia-gpu',
      'nras',
    ]);
    expect(agreed.claims).toEqual(machine.claims);
    expect(agreed.checks.at(-1)).toMatchObject({ id: 'bundle.statement.nras', outcome: 'pass' });
  });

  it('makes nothing of devices whose manifests are missing', () => {
    const result = withNrasStatement(open, { eat: about(...ueids), jwks: keys }, question);
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: true });
    expect(result.parts.at(-1)?.verdict).toBe('accept');
  });

  it('without keys is open, and changes nothing', () => {
    const result = withNrasStatement(machine, { eat: about(...ueids) }, question);
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    expect(result.parts.at(-1)?.verdict).toBe('indeterminate');
  });

  it('of one device stands behind that one', () => {
    if (only === undefined) throw new Error('no device');
    const eat = about(ueids[0] ?? '');
    const result = withNrasStatement(only, { eat, jwks: keys }, question);
    expect(result).toMatchObject({ evidence: 'bundle', verdict: 'accept' });
    expect(result.parts).toHaveLength(2);
    expect(result.parts[0]).toBe(only);
  });
});

describe('a statement rejects the whole where', () => {
  it.each([
    ['it leaves a device out', about(ueids[0] ?? '')],
    ['it is about one more', about(...ueids, '1')],
    ['it is about others', about('1', '2')],
    ['it is no statement', utf8('[]')],
  ])('%s', (_, eat) => {
    const result = withNrasStatement(machine, { eat, jwks: keys }, question);
    expect(result).toMatchObject({ verdict: 'reject', authentic: true });
    expect(idsOf(result, 'fail')).toEqual(['bundle.statement.nras']);
  });

  it('it speaks of no time at all', () => {
    const eat = about(...ueids);
    const result = withNrasStatement(machine, { eat, jwks: keys }, { ...question, at: Number.NaN });
    expect(result.verdict).toBe('reject');
  });
});

it('in a bundle is held against the nonce that the recipe derives', async () => {
  const bundle = await simulateBundle({ fault: 'bundle_snp' });
  const { parts } = verifiedBundle(bundle);
  const mine = parts.map(({ claims }) => claims['ueid']).filter((ueid) => ueid !== undefined);
  const document = JSON.parse(fromUtf8(bundle.bundle, 'bundle'));
  const nras = { eat: toBase64(about(...mine.map(String))), jwks: toBase64(keys) };
  const spoken = utf8(JSON.stringify({ ...document, statements: { nras } }));
  const result = verifiedBundle(bundle, spoken);
  // The statement of these tests answers a nonce of its own.
  expect(result.verdict).toBe('reject');
  const [nonce] = idsOf(result.parts.at(-1) ?? result, 'fail');
  expect(nonce).toBe('nras.eat.nonce');
});
