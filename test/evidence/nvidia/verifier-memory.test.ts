import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { givenOcsp, poolOcsp } from '../../../src/evidence/nvidia/given-ocsp.ts';
import type { NvidiaInput } from '../../../src/evidence/nvidia/input.ts';
import { verifyNvidiaNode } from '../../../src/evidence/nvidia/node.ts';
import { Remembered } from '../../../src/evidence/nvidia/remembered.ts';
import { NvidiaVerifier, verifyNvidia } from '../../../src/evidence/nvidia/verifier.ts';
import { type NvidiaSimulation, simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';
import { answers } from '../../support/snp.ts';

const good = simulateNvidia({ ocsp: 'all' });
const anchors = {
  device: [anchorFromCertificate(good.roots.device, 'root')],
  rim: [anchorFromCertificate(good.roots.rim, 'root')],
};

function made(options: NvidiaSimulation): NvidiaInput {
  const { report, chain, rims, ocsp, at } = simulateNvidia({ ocsp: 'all', ...options });
  return { report, chain, rims, ocsp, at, revocation: 'required' };
}

const input = made({});
const { chain = new Uint8Array(), rims = [], ocsp = [] } = input;

const text = (given: NvidiaInput) => JSON.stringify(verifyNvidia({ ...given, anchors }));

describe('one verifier for many', () => {
  it('gives the same answer with and without memory', () => {
    const verifier = new NvidiaVerifier(anchors);
    const first = verifier.verify(input);
    expect(first.verdict).toBe('accept');
    expect(JSON.stringify(verifier.verify(input))).toBe(JSON.stringify(first));
    expect(text(input)).toBe(JSON.stringify(first));
  });

  it.each<[string, keyof NvidiaInput['at'], number, string, string]>([
    ['manifests', 'rim', Date.UTC(2027, 6, 1), 'indeterminate', 'nvidia.rim.driver.validity'],
    ['responses', 'ocsp', Date.UTC(2026, 5, 3), 'indeterminate', 'nvidia.ocsp.device.validity'],
    [
      'responses about signers',
      'rimOcsp',
      Date.UTC(2026, 5, 3),
      'indeterminate',
      'nvidia.ocsp.rim.validity',
    ],
    ['certificates', 'evidence', Date.UTC(2019, 0, 1), 'reject', 'nvidia.chain.validity'],
  ])('does not outlive the validity of %s', (_, clock, ms, verdict, id) => {
    const verifier = new NvidiaVerifier(anchors);
    expect(verifier.verify(input).verdict).toBe('accept');
    const later = verifier.verify({ ...input, at: { ...input.at, [clock]: ms } });
    expect(later.verdict).toBe(verdict);
    expect(
      later.checks.filter(({ outcome }) => outcome !== 'pass').map(({ id: one }) => one),
    ).toContain(id);
    expect(verifier.verify(input).verdict).toBe('accept');
  });

  const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 1);

  it('never lends a good answer to bytes that were changed', () => {
    const verifier = new NvidiaVerifier(anchors);
    expect(verifier.verify(input).verdict).toBe('accept');
    const [driver = chain, ...rest] = rims;
    const [first, ...others] = ocsp;
    if (first === undefined) throw new Error('no responses');
    for (let i = 1; i < 4; i++) {
      const at = (length: number) => Math.floor((i * length) / 4);
      const damaged: Partial<NvidiaInput>[] = [
        { chain: flipped(chain, at(chain.length)) },
        { rims: [flipped(driver, at(driver.length)), ...rest] },
        { ocsp: [{ response: flipped(first.response, at(first.response.length)) }, ...others] },
      ];
      for (const change of damaged) {
        const one = { ...input, ...change };
        expect(JSON.stringify(verifier.verify(one))).toBe(text(one));
      }
    }
    expect(verifier.verify(input).verdict).toBe('accept');
  });

  it('never lends one device’s certificates or responses to another', () => {
    const verifier = new NvidiaVerifier(anchors);
    const other = made({ device: 'gpu 1' });
    expect(verifier.verify(input).verdict).toBe('accept');
    expect(verifier.verify(other).verdict).toBe('accept');
    const mixed = verifier.verify({ ...input, chain: other.chain ?? chain });
    expect(answers(mixed, 'fail')).toContain('nvidia.report.signature');
    const lent = verifier.verify({ ...input, ocsp: other.ocsp ?? [] });
    expect(answers(lent, 'fail')).toContain('nvidia.ocsp.certificate');
    expect(verifier.verify(input).verdict).toBe('accept');
  });

  it('looks at responses anew each time', () => {
    const verifier = new NvidiaVerifier(anchors);
    const revoked = made({
      edit: (plan) => {
        plan.ocsp.brom.status = { revokedAt: '2026-05-01T00:00:00Z', reason: 1 };
      },
    });
    expect(verifier.verify(input).verdict).toBe('accept');
    expect(answers(verifier.verify(revoked), 'fail')).toEqual(['nvidia.ocsp.device.status']);
    expect(verifier.verify({ ...input, ocsp: [] }).verdict).toBe('indeterminate');
    expect(verifier.verify(input).verdict).toBe('accept');
  });

  it('never lends what was read among a machine’s responses to one device, nor the other way', () => {
    const verifier = new NvidiaVerifier(anchors);
    const stranger = made({ device: 'gpu 1' }).ocsp?.[0];
    if (stranger === undefined) throw new Error('no responses');
    const mixed = { ...input, ocsp: [...ocsp, stranger] };
    const { ocsp: _, rims: __, ...device } = input;
    const pool = { rims: verifier.readRims(rims), ocsp: poolOcsp(mixed.ocsp) };
    for (let i = 0; i < 2; i++) {
      expect(verifier.verifyAmong(device, pool).verdict).toBe('accept');
      expect(answers(verifier.verify(mixed), 'fail')).toEqual(['nvidia.ocsp.certificate']);
    }
  });

  it('never takes a response that was asked with a nonce for one that was not', () => {
    const verifier = new NvidiaVerifier(anchors);
    expect(verifier.verify(input).verdict).toBe('accept');
    for (const nonce of [new Uint8Array(), new Uint8Array(16)]) {
      const asked = { ...input, ocsp: ocsp.map((one) => ({ ...one, nonce })) };
      expect(answers(verifier.verify(asked), 'fail')).toContain('nvidia.ocsp.device.nonce');
    }
    expect(verifier.verify(input).verdict).toBe('accept');
  });
});

describe('what is remembered', () => {
  const memory = (entries = 16) => new Remembered(anchors, entries);

  it('is what was found good, by its bytes', () => {
    const remembered = memory();
    const first = remembered.chain(chain);
    expect(remembered.chain(chain.slice())).toBe(first);
    const [rim = chain] = rims;
    expect(remembered.rim(rim.slice())).toBe(remembered.rim(rim));
  });

  it.each([0, 16])('and the CAs that manifests share, whatever else: %i entries', (entries) => {
    const remembered = memory(entries);
    const [driver, vbios] = rims.map((xml) => remembered.rim(xml).certificates);
    expect(driver?.map((certificate, i) => certificate === vbios?.[i])).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(driver?.at(-1)).toBe(anchors.rim[0]?.certificate);
  });

  it('of one chain, however its PEM is written, is the same', () => {
    const remembered = memory();
    const other = Buffer.from(chain).toString().replaceAll('\n', '\r\n');
    expect(remembered.chain(Buffer.from(other))).toBe(remembered.chain(chain));
    const third = simulateNvidia({ device: 'gpu 1' }).chain;
    expect(remembered.chain(third)).not.toBe(remembered.chain(chain));
  });

  describe('of responses', () => {
    const [driver, vbios] = rims.map((xml) => memory().rim(xml));
    if (driver === undefined || vbios === undefined) throw new Error('two manifests');
    const all = givenOcsp(ocsp);

    it('depends on whether strangers are asked about', () => {
      const remembered = memory();
      const about = { chain: remembered.chain(chain), rims: [driver] };
      for (let i = 0; i < 2; i++) {
        const passed = remembered.ocsp(all, { ...about, others: undefined });
        expect(passed).toMatchObject({ stray: undefined, good: true });
        // Those about the other manifest’s signer.
        expect(remembered.ocsp(all, { ...about, others: [] }).stray).toBeDefined();
        const known = remembered.ocsp(all, { ...about, others: [vbios] });
        expect(known).toMatchObject({ stray: undefined, good: true });
        expect(remembered.ocsp(all, { ...about, others: [] }).stray).toBeDefined();
      }
    });

    it('depends on which manifests have a seat', () => {
      const remembered = memory();
      const about = { chain: remembered.chain(chain), others: [driver, vbios] };
      for (let i = 0; i < 2; i++) {
        const [one, both] = [[driver], [driver, vbios]].map((some) =>
          remembered.ocsp(all, { ...about, rims: some }),
        );
        expect((both?.subjects.length ?? 0) - (one?.subjects.length ?? 0)).toBe(1);
      }
    });

    it('is found again by equal bytes', () => {
      const remembered = memory();
      const about = { chain: remembered.chain(chain), rims: [driver, vbios], others: undefined };
      const again = givenOcsp(ocsp.map(({ response }) => ({ response: response.slice() })));
      expect(remembered.ocsp(again, { ...about })).toBe(remembered.ocsp(all, about));
      expect(remembered.ocsp([], about)).not.toBe(remembered.ocsp([], about));
    });
  });

  it('is nothing that is not good', () => {
    const remembered = memory();
    const stranger = simulateNvidia({ seed: 'stranger' });
    for (const bytes of [stranger.chain, chain.subarray(0, -60), new Uint8Array(3)]) {
      expect(remembered.chain(bytes)).not.toBe(remembered.chain(bytes));
    }
    for (const bytes of [...stranger.rims, new Uint8Array(3)]) {
      expect(remembered.rim(bytes)).not.toBe(remembered.rim(bytes));
    }
  });

  it('is little: the oldest give way', () => {
    const remembered = memory(1);
    const first = remembered.chain(chain);
    remembered.chain(simulateNvidia({ device: 'gpu 1' }).chain);
    expect(remembered.chain(chain)).not.toBe(first);
  });

  it('is nothing too large to be genuine', () => {
    const remembered = memory();
    const padded = new Uint8Array(600 * 1024).fill(0x0a);
    padded.set(chain);
    expect(remembered.chain(padded)).not.toBe(remembered.chain(padded));
  });

  it('is nothing where there is no memory', () => {
    const remembered = memory(0);
    expect(remembered.chain(chain)).not.toBe(remembered.chain(chain));
  });
});

describe('what a result holds', () => {
  it('is frozen: one caller can’t change what the next one is told', () => {
    const verifier = new NvidiaVerifier(anchors);
    const first = verifier.verify(input);
    expect(first.checks.filter((check) => !Object.isFrozen(check))).toEqual([]);
    for (const check of first.checks) {
      expect(() => Object.assign(check, { outcome: 'fail' })).toThrow(TypeError);
    }
    expect(verifier.verify(input)).toMatchObject({ verdict: 'accept', authentic: true });
  });

  it('does not change with the caller’s buffers', () => {
    const copies = () => ({
      ...input,
      report: Buffer.from(input.report),
      chain: Buffer.from(chain),
      rims: rims.map((rim) => Buffer.from(rim)),
      ocsp: ocsp.map(({ response }) => ({ response: Buffer.from(response) })),
    });
    const before = text(input);
    const verifier = new NvidiaVerifier(anchors);
    const own = copies();
    const result = verifier.verify(own);
    for (const bytes of [own.report, own.chain, ...own.rims]) bytes.fill(0xaa);
    for (const { response } of own.ocsp) response.fill(0xaa);
    // Claims are made when they are asked for.
    expect(JSON.stringify(result)).toBe(before);
    expect(verifier.verify(own).verdict).toBe('reject');
    expect(JSON.stringify(verifier.verify(copies()))).toBe(before);
  });

  it('does not change with the buffers of a machine’s devices', () => {
    const own = { report: Buffer.from(input.report), chain };
    const { report: _, chain: __, rims: ___, ...rest } = input;
    const answer = () =>
      verifyNvidiaNode({ ...rest, devices: [own], rims }, new NvidiaVerifier(anchors));
    const before = JSON.stringify(answer());
    const result = answer();
    own.report.fill(0xaa);
    expect(JSON.stringify(result)).toBe(before);
    expect(answer().parts[0]?.verdict).toBe('reject');
  });

  it('does not come from an anchor that the caller’s buffer became', () => {
    const own = good.roots.device.slice();
    const device = [anchorFromCertificate(own, 'root')];
    const stranger = made({ seed: 'stranger' });
    own.set(simulateNvidia({ seed: 'stranger' }).roots.device.subarray(0, own.length));
    const verifier = new NvidiaVerifier({ ...anchors, device });
    expect(verifier.verify(stranger).verdict).toBe('reject');
    expect(verifier.verify(input).verdict).toBe('accept');
  });
});
