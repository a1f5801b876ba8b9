import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { type NvidiaInput, nvidiaClocksAt } from '../../../src/evidence/nvidia/input.ts';
import { NvidiaVerifier, verifyNvidia } from '../../../src/evidence/nvidia/verifier.ts';
import { flipBit } from '../../../src/simulator/damage.ts';
import { opaque, signedOver, withoutOpaque } from '../../../src/simulator/nvidia/faults/edits.ts';
import type { NvidiaModel } from '../../../src/simulator/nvidia/model.ts';
import type { NvidiaPlan } from '../../../src/simulator/nvidia/plan.ts';
import { type NvidiaSimulation, simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';
import { NVDAOD_TRANSCRIPT } from '../../support/nvdaod-transcript.ts';
import { answerOf, answers } from '../../support/snp.ts';
import { asView } from '../../support/view.ts';

const good = simulateNvidia();
const anchors = {
  device: [anchorFromCertificate(good.roots.device, 'root')],
  rim: [anchorFromCertificate(good.roots.rim, 'root')],
};

function inputOf({
  report,
  chain,
  rims,
  ocsp,
  at,
}: ReturnType<typeof simulateNvidia>): NvidiaInput {
  return { report, chain, rims, ocsp, at };
}

const input = inputOf(good);

/** What is alike in all of it is verified once; that this makes no difference is tested elsewhere. */
const verifier = new NvidiaVerifier(anchors);

const verify = (change: Partial<NvidiaInput>) => verifier.verify({ ...input, ...change });

/** A device that was made otherwise, and is asked about in some way. */
function made(options: NvidiaSimulation, change: Partial<NvidiaInput> = {}) {
  return verifier.verify({ ...inputOf(simulateNvidia(options)), ...change });
}

const edited = (edit: (plan: NvidiaPlan) => void, change: Partial<NvidiaInput> = {}) =>
  made({ edit }, change);

/** Verdict, authenticity, and all that did not pass. */
function outcome(result: ReturnType<typeof verify>) {
  return [
    result.verdict,
    result.authentic,
    ...result.checks.filter((check) => check.outcome !== 'pass').map(({ id }) => id),
  ];
}

describe('good evidence', () => {
  it.each<[NvidiaModel, string, string[]]>([
    ['h100', 'nvidia-gpu', []],
    ['h100-620', 'nvidia-gpu', []],
    ['h100-570', 'nvidia-gpu', []],
    ['h100-535', 'nvidia-gpu', ['nvidia.device.fwid']],
    ['gb100', 'nvidia-gpu', []],
    ['gb100-575', 'nvidia-gpu', []],
    ['ls10', 'nvidia-switch', ['nvidia.device.fwid']],
  ])('of a %s', (model, evidence, skipped) => {
    const result = made({ model });
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      evidence,
      anchors: 'simulator',
      revocation: 'unchecked',
    });
    expect(answers(result, 'skipped')).toEqual(skipped);
    expect(answers(result, 'pass')).toHaveLength(result.checks.length - skipped.length);
  });

  it('with every OCSP response is checked for revocation', () => {
    const result = made({ ocsp: 'all' }, { revocation: 'required' });
    expect(result).toMatchObject({ verdict: 'accept', revocation: 'checked' });
  });

  it('is read out of larger buffers alike', () => {
    const { report, chain = report, rims = [] } = input;
    const views = { report: asView(report), chain: asView(chain), rims: rims.map(asView) };
    expect(JSON.stringify(verify(views))).toBe(JSON.stringify(verify({})));
  });

  it('under a root with the pinned key in another certificate', () => {
    const again = edited(({ certificates }) => {
      certificates.root.serial = '77';
    });
    expect(again.verdict).toBe('accept');
  });
});

describe('what is under the signature', () => {
  it('is every byte of the exchange, and the signature itself', () => {
    // Any byte at all; most of them fail for other reasons as well.
    for (let at = 0; at < input.report.length; at += 17) {
      const result = verify({ report: flipBit(at)(input.report) });
      expect([at, result.verdict, result.authentic]).toEqual([at, 'reject', false]);
    }
  });

  it.each([
    ['the requester’s nonce', 4],
    ['a measurement', 60],
    ['the last byte of the last measurement', 45 + 64 * 55 - 1],
    ['the device’s own random', 45 + 64 * 55],
    ['r', -96],
    ['s', -1],
  ])('%s', (_, at) => {
    const place = at < 0 ? input.report.length + at : at;
    const report = input.report.with(place, (input.report[place] ?? 0) ^ 1);
    const result = verify({ report });
    expect(answers(result, 'fail')).toContain('nvidia.report.signature');
    expect(result.authentic).toBe(false);
  });

  it('is nobody else’s: a report under the chain of another device', () => {
    const { report } = simulateNvidia({ device: 'gpu 1' });
    expect(answers(verify({ report }), 'fail')).toEqual(['nvidia.report.signature']);
  });
});

describe('a report that is none', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['a byte less', input.report.subarray(0, -1)],
    ['a NUL behind it', concatBytes(input.report, Uint8Array.of(0))],
    ['the response alone', input.report.subarray(37)],
  ])('%s', (_, report) => {
    const result = verify({ report });
    expect(outcome(result)).toEqual(['reject', false, 'nvidia.report.format']);
    expect(result).toMatchObject({ report: undefined, opaque: undefined });
    // What is said of the chain is said for itself.
    expect(result.claims).toMatchObject({ chip: 'GH100', device: 'gpu' });
  });
});

describe('without certificates', () => {
  it('nothing is shown, and nothing held against it', () => {
    const { chain: _, ...bare } = input;
    const result = verifyNvidia({ ...bare, anchors });
    expect(outcome(result)).toEqual(['indeterminate', false, 'nvidia.chain.format']);
    expect(result.claims).toMatchObject({ driver: '590.12' });
  });
});

describe('the kind of device', () => {
  const ls10 = inputOf(simulateNvidia({ model: 'ls10' }));

  it('is the one that was asked for', () => {
    expect(verify({ device: 'gpu' }).verdict).toBe('accept');
    expect(verify({ ...ls10, device: 'switch' }).verdict).toBe('accept');
    expect(outcome(verify({ device: 'switch' }))).toEqual(['reject', false, 'nvidia.device.kind']);
  });

  it('a switch posing as a GPU: by its report and chain it is a switch', () => {
    const result = verify({ ...ls10, device: 'gpu' });
    expect(answers(result, 'fail')).toEqual(['nvidia.device.kind']);
    expect(result.evidence).toBe('nvidia-switch');
  });

  it('a switch’s report under a GPU’s chain, and the reverse', () => {
    const mixed = verify({ report: ls10.report });
    expect(answers(mixed, 'fail')).toEqual(['nvidia.device.kind', 'nvidia.report.signature']);
    const { chain = new Uint8Array() } = ls10;
    const other = verify({ chain });
    expect(answers(other, 'fail')).toContain('nvidia.device.kind');
    expect(other.verdict).toBe('reject');
  });

  it.each([0, 1, 31, 63, 255])('a GPU’s report of %i blocks', (count) => {
    const result = edited(({ report }) => {
      report.blocks = Array.from({ length: count }, (_, i) => ({
        index: i + 1,
        specification: 1,
        type: 1,
        value: new Uint8Array(48),
      }));
    });
    // A switch's number is a contradiction, one of nobody's is news.
    const outcome = count === 31 ? 'fail' : 'unresolved';
    expect(answers(result, outcome)).toContain('nvidia.device.kind');
    expect(result.authentic).toBe(false);
    expect(result.verdict).not.toBe('accept');
  });
});

describe('the nonce that was asked for', () => {
  const { nonce, responderNonce } = good.plan.report;

  it('is the requester’s, raw', () => {
    expect(verify({ nonce }).verdict).toBe('accept');
    expect(answers(verify({ nonce }), 'pass')).toContain('nvidia.nonce');
  });

  it.each([
    ['another', nonce.with(31, (nonce[31] ?? 0) ^ 1)],
    ['zeros', new Uint8Array(32)],
    ['the device’s own random, which answers no challenge', responderNonce],
    ['reversed', nonce.toReversed()],
    ['cut', nonce.subarray(0, 31)],
    ['longer', concatBytes(nonce, Uint8Array.of(0))],
    ['empty', new Uint8Array()],
  ])('is not %s', (_, asked) => {
    // The device said so all the same.
    expect(outcome(verify({ nonce: asked }))).toEqual(['reject', true, 'nvidia.nonce']);
  });
});

describe('opaque data', () => {
  const unknown = opaque(37, () => Uint8Array.of(1));

  it('of an unknown type is unsupported, unless it was allowed', () => {
    const id = 'nvidia.opaque.known';
    expect(outcome(edited(unknown))).toEqual(['indeterminate', true, id]);
    const relax = { opaqueTypes: [37] };
    expect(outcome(edited(unknown, { relax }))).toEqual(['accept', true, id]);
    expect(answers(edited(unknown, { relax }), 'skipped')).toEqual([id]);
    expect(outcome(edited(unknown, { relax: { opaqueTypes: [38] } }))[0]).toBe('indeterminate');
    expect(answers(verify({ relax }), 'skipped')).toEqual([]);
  });

  it('of a later version is unsupported, and nothing can allow it', () => {
    const relax = { opaqueTypes: [34, 37] };
    const later = edited(
      opaque('OPAQUE_DATA_VERSION', () => Uint8Array.of(2, 0)),
      { relax },
    );
    expect(outcome(later)).toEqual(['indeterminate', true, 'nvidia.opaque.known']);
    expect(answerOf(later, 'nvidia.opaque.known').because).toContain('version 2 is unsupported');
  });

  it('of the report that NVIDIA published is read, and who signed it stays open', () => {
    const { chain: _, ...rest } = input;
    const published = verifier.verify({ ...rest, report: NVDAOD_TRANSCRIPT, rims: [] });
    const passed = answers(published, 'pass');
    expect(passed).toEqual(
      expect.arrayContaining([
        'nvidia.report.format',
        'nvidia.opaque.format',
        'nvidia.opaque.known',
      ]),
    );
    expect(passed).not.toContain('nvidia.report.signature');
    expect(answers(published, 'fail')).toEqual([]);
    expect([published.verdict, published.authentic]).toEqual(['indeterminate', false]);
    expect(published.claims).toMatchObject({ driver: '620.12', mode: 'spt', opaqueVersion: 2 });
  });

  it('of another value type than ever is unsupported, unless it was allowed', () => {
    const id = 'nvidia.opaque.known';
    const odd = (change: Partial<NvidiaInput> = {}) =>
      made({ model: 'h100-620', fault: 'nvdaod_fwid_of_hardware' }, change);
    expect(outcome(odd())).toEqual(['indeterminate', true, id]);
    expect(answerOf(odd(), id).because).toContain('what type 20 (value type 0x2) means');
    expect(outcome(odd({ relax: { opaqueTypes: [20] } }))).toEqual(['accept', true, id]);
  });

  it('of a later minor version is unsupported, and nothing can allow it', () => {
    const later = made({ model: 'h100-620', fault: 'nvdaod_version_2_1' });
    expect(outcome(later)).toEqual(['indeterminate', true, 'nvidia.opaque.known']);
    expect(answerOf(later, 'nvidia.opaque.known').because).toBe(
      'opaque data of version 2.1 is unsupported, only up to 2.0',
    );
  });

  it('with a header of a later version is unsupported, and no forgery', () => {
    const newer = edited(
      signedOver((report) => {
        const changed = new Uint8Array(report);
        changed.set(utf8('NVDAOD\0\0\x03\x00\0\0'), 45 + 64 * 55 + 34);
        return changed;
      }),
    );
    const open = ['nvidia.opaque.format', 'nvidia.opaque.known'];
    expect(outcome(newer)).toEqual(['indeterminate', false, ...open]);
    expect(answerOf(newer, 'nvidia.opaque.known').because).toContain('NVDAOD 3.0 is unsupported');
    expect(answers(newer, 'pass')).toContain('nvidia.report.signature');
    expect(newer.claims['opaque']).toMatch(/^4e564441/);
  });

  it('that can’t be read is refused', () => {
    const twice = edited(({ report }) => {
      report.opaque.push(...report.opaque.slice(0, 1));
    });
    expect(outcome(twice)).toEqual(['reject', false, 'nvidia.opaque.format']);
    expect(twice.claims['opaque']).toMatch(/^0600/);
  });
});

describe('the floor of a security version', () => {
  const id = 'nvidia.measurements.match';
  const of = (fault: NvidiaSimulation['fault']) =>
    made({ model: 'h100-620', ...(fault && { fault }) });

  it('is shown with what the report says', () => {
    expect(of('valid').claims['svnFloors']).toEqual([
      { type: 37, name: 'FSP_UCODE_MIN_SVN', source: 'vbios', least: 3, got: 3 },
    ]);
    expect(verify({}).claims).not.toHaveProperty('svnFloors');
  });

  it.each([
    ['svn_below', '2'],
    ['svn_missing', 'none'],
  ] as const)('%s is under it', (fault, got) => {
    expect(outcome(of(fault))).toEqual(['reject', true, id]);
    expect(answerOf(of(fault), id)).toMatchObject({
      want: 'a security version of 3 or more in FSP_UCODE_MIN_SVN (vbios)',
      got,
    });
  });

  it('is of one manifest', () => {
    expect(answerOf(of('svn_floor_of_both'), 'nvidia.measurements.index')).toMatchObject({
      want: 'one manifest for every opaque field',
      got: 'more than one for FSP_UCODE_MIN_SVN',
    });
  });
});

describe('the firmware of the leaf', () => {
  const id = 'nvidia.device.fwid';

  it('is what the report names', () => {
    const other = edited(opaque('FWID', (fwid) => fwid.with(0, (fwid[0] ?? 0) ^ 1)));
    expect(outcome(other)).toEqual(['reject', false, id]);
    const last = made({ model: 'gb100', edit: opaque('FWID', () => new Uint8Array(48)) });
    // The second entry of a Blackwell leaf is all zero.
    expect(outcome(last)).toEqual(['reject', false, id]);
  });

  it('is not compared where the report has no such field: neither right nor wrong', () => {
    const none = edited(withoutOpaque('FWID'));
    expect(outcome(none)).toEqual(['accept', true, id]);
    expect(answers(none, 'skipped')).toEqual([id]);
  });

  it('must be named by a leaf where the report names it', () => {
    const bare = edited(({ certificates }) => {
      certificates.leaf.extensions = Object.fromEntries(
        Object.entries(certificates.leaf.extensions).filter(([name]) => !/firmware/i.test(name)),
      );
    });
    expect(outcome(bare)).toEqual(['reject', false, id]);
  });
});

describe('measurements', () => {
  const change = (index: number) => (plan: NvidiaPlan) => {
    const block = plan.report.blocks[index];
    if (block) block.value = new Uint8Array(48).fill(0xee);
  };

  it.each([
    [21, 'driver'],
    [1, 'vbios'],
  ])('index %i of another value: what the %s manifest lists is named', (index, source) => {
    const result = edited(change(index));
    expect(outcome(result)).toEqual(['reject', true, 'nvidia.measurements.match']);
    expect(answerOf(result, 'nvidia.measurements.match')).toMatchObject({
      got: expect.stringContaining(`${index} (Measurement_${index}, ${source})`),
    });
  });

  it('are not compared at indices that no manifest speaks of', () => {
    expect(edited(change(50)).verdict).toBe('accept');
  });

  it.each([
    [0x55, 35, 'accept'],
    [0xaa, 35, 'reject'],
    [0x55, 34, 'reject'],
    [undefined, 35, 'reject'],
  ])('NVDEC0_STATUS %s, index %i of another value: %s', (status, index, verdict) => {
    const result = edited((plan) => {
      change(index)(plan);
      if (status === undefined) withoutOpaque('NVDEC0_STATUS')(plan);
      else opaque('NVDEC0_STATUS', () => Uint8Array.of(status))(plan);
    });
    expect(result.verdict).toBe(verdict);
  });

  it('NVDEC0_STATUS of neither value is no measurement to be trusted', () => {
    for (const status of [0, 1, 0xff]) {
      const result = edited(opaque('NVDEC0_STATUS', () => Uint8Array.of(status)));
      expect(outcome(result)).toEqual(['reject', true, 'nvidia.measurements.match']);
    }
  });

  it('that no manifest lists are none', () => {
    const result = edited(({ rims }) => {
      for (const row of [...rims.driver.rows, ...rims.vbios.rows]) row.active = false;
    });
    expect(result.verdict).toBe('indeterminate');
    expect(answerOf(result, 'nvidia.measurements.match').because).toBe(
      'no manifest lists anything to compare',
    );
  });

  it('of one index in both manifests', () => {
    const result = edited(({ rims }) => {
      for (const row of rims.driver.rows) if (row.index === 3) row.active = true;
    });
    expect(answers(result, 'fail')).toContain('nvidia.measurements.index');
  });

  it('beyond the blocks of a switch', () => {
    const result = made({
      model: 'ls10',
      edit: ({ rims }) => {
        for (const row of rims.vbios.rows) if (row.index === 31) row.active = true;
      },
    });
    expect(answers(result, 'fail')).toEqual(['nvidia.measurements.index']);
    expect(result.authentic).toBe(true);
  });
});

describe('manifests', () => {
  const [driver, vbios] = good.rims;
  const rims = (...given: readonly (Uint8Array | undefined)[]) => given.flatMap((rim) => rim ?? []);

  it('that are missing leave it open, and the id that was looked for is named', () => {
    const rimMissing = new Map([['NV_GPU_DRIVER_GH100_590.12', 'the service has none']]);
    const result = verify({ rims: [], rimMissing });
    expect(outcome(result)).toEqual([
      'indeterminate',
      true,
      'nvidia.rim.driver.format',
      'nvidia.rim.vbios.format',
    ]);
    expect(answerOf(result, 'nvidia.rim.driver.format').because).toBe(
      'no manifest NV_GPU_DRIVER_GH100_590.12 (the service has none)',
    );
    expect(result.claims).toMatchObject({
      rimDriverId: 'NV_GPU_DRIVER_GH100_590.12',
      rimVbiosId: 'NV_GPU_VBIOS_G520_0200_885_9600A50001',
    });
  });

  it.each([
    ['driver', rims(vbios)],
    ['vbios', rims(driver)],
  ])('without that of the %s, what the other lists is compared, and not enough', (kind, given) => {
    const result = verify({ rims: given });
    expect(outcome(result)).toEqual([
      'indeterminate',
      true,
      `nvidia.rim.${kind}.format`,
      'nvidia.measurements.index',
      'nvidia.measurements.match',
    ]);
  });

  it('may come in any order, and more than once', () => {
    expect(verify({ rims: rims(vbios, driver) }).verdict).toBe('accept');
    expect(verify({ rims: rims(driver, vbios, driver, vbios) }).verdict).toBe('accept');
  });

  it('of another generation are of another product', () => {
    const blackwell = simulateNvidia({ model: 'gb100' });
    expect(answers(verify({ rims: blackwell.rims }), 'fail')).toEqual([
      'nvidia.rim.driver.match',
      'nvidia.rim.vbios.match',
    ]);
    // Beside the right ones they are nobody's business.
    expect(verify({ rims: [...blackwell.rims, ...good.rims] }).verdict).toBe('accept');
  });

  it('of a driver that the report does not name can’t be looked for', () => {
    for (const name of ['DRIVER_VERSION', 'PROJECT', 'VBIOS_VERSION'] as const) {
      const kind = name === 'DRIVER_VERSION' ? 'driver' : 'vbios';
      const result = edited(withoutOpaque(name));
      expect(result).toMatchObject({ verdict: 'indeterminate', authentic: true });
      expect(answers(result, 'unresolved')).toContain(`nvidia.rim.${kind}.format`);
      expect(answers(result, 'pass')).not.toContain('nvidia.measurements.match');
    }
  });

  it('whose signer is past its validity are out of date, unless that was allowed', () => {
    const at = { ...input.at, rim: Date.UTC(2027, 6, 1) };
    const late = ['nvidia.rim.driver.validity', 'nvidia.rim.vbios.validity'];
    expect(outcome(verify({ at }))).toEqual(['indeterminate', true, ...late]);
    const relaxed = verify({ at, relax: { rimExpired: true } });
    expect(outcome(relaxed)).toEqual(['accept', true, ...late]);
    expect(answers(relaxed, 'skipped')).toEqual(late);
    expect(answers(verify({ relax: { rimExpired: true } }), 'skipped')).toEqual([]);
  });

  it('whose signer is of the future are never allowed', () => {
    const at = { ...input.at, rim: Date.UTC(2025, 0, 1) };
    const early = verify({ at, relax: { rimExpired: true } });
    expect(early.verdict).toBe('indeterminate');
    expect(answers(early, 'unresolved')).toHaveLength(2);
  });
});

describe('clocks', () => {
  it.each(['evidence', 'rim', 'ocsp', 'rimOcsp'] as const)('%s that is no instant', (name) => {
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const at = { ...input.at, [name]: ms };
      const result = verify({ at });
      expect(answers(result, 'fail')).toContain('nvidia.clock');
      expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    }
  });

  it('each certificate of the device is within its validity, both ends included', () => {
    const now = input.at.evidence;
    for (const name of ['leaf', 'brom', 'provisioner', 'identity', 'root'] as const) {
      const chainOf = (plan: NvidiaPlan) => {
        Object.assign(plan.certificates[name], {
          notBefore: new Date(now - 1000).toISOString(),
          notAfter: new Date(now + 1000).toISOString(),
        });
      };
      const narrow = inputOf(simulateNvidia({ edit: chainOf }));
      const at = (ms: number) => {
        const result = verifier.verify({ ...narrow, at: { ...input.at, evidence: ms } });
        return answers(result, 'fail').join() || result.verdict;
      };
      const outside = 'nvidia.chain.validity';
      expect([-2000, -1000, 1000, 2000].map((ms) => at(now + ms))).toEqual([
        outside,
        'accept',
        'accept',
        outside,
      ]);
    }
  });

  it('for everything at once are one', () => {
    expect(nvidiaClocksAt(7)).toEqual({ evidence: 7, rim: 7, ocsp: 7, rimOcsp: 7 });
  });
});

describe('anchors', () => {
  const stranger = simulateNvidia({ seed: 'stranger' });

  it('of devices are not those of manifests', () => {
    const swapped = { device: anchors.rim, rim: anchors.device };
    const result = verifyNvidia({ ...input, anchors: swapped });
    expect(answers(result, 'fail')).toEqual([
      'nvidia.chain.root',
      'nvidia.rim.driver.root',
      'nvidia.rim.vbios.root',
    ]);
  });

  it('of a like name with another key know nobody', () => {
    const result = verifyNvidia({ ...inputOf(stranger), anchors });
    expect(answers(result, 'fail')).toContain('nvidia.chain.root');
    expect(result.authentic).toBe(false);
  });

  it('none: nobody is known', () => {
    const result = verifyNvidia({ ...input, anchors: { device: [], rim: [] } });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  });

  it('a genuine device under a stranger’s manifests', () => {
    const result = verify({ rims: stranger.rims });
    expect(answers(result, 'fail')).toEqual(['nvidia.rim.driver.root', 'nvidia.rim.vbios.root']);
    expect(result.authentic).toBe(true);
  });
});
