import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/appraisal/policy/read-policy.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { comid, corim, environment, measured, sha384 } from '../support/corim.ts';
import { kernelOf } from '../support/linux-kernel.ts';
import { tdvfOf } from '../support/tdvf.ts';
import { bundleFiles, honestBundle, VERIFY_BUNDLE } from './bundle-files.ts';
import { type Files, honest, jsonOf, postern, files as tdxFiles } from './fake-io.ts';

const FROM_BUNDLE = ['policy', 'from', ...VERIFY_BUNDLE.slice(1)];

describe('policy from bundle', () => {
  it('writes a draft that the same machine meets once it is in force', async () => {
    const { exit, out, err } = await postern([...FROM_BUNDLE, '--name', 'ours'], bundleFiles);
    expect([exit, err]).toEqual([0, '']);
    expect(readPolicy(utf8(out)).policy.metadata).toMatchObject({
      name: 'ours',
      lifecycle: { state: 'draft' },
    });
    const active = out
      .replace('state: draft', 'state: active')
      .replaceAll('ocsp: require', 'ocsp: { skip: the simulator has none }');
    const { exit: decided, out: decision } = await postern(
      [...VERIFY_BUNDLE, '--nonce', toHex(honestBundle.plan.nonce), '--policy', 'p'],
      { ...bundleFiles, p: active },
    );
    expect([decided, decision]).toEqual([0, expect.stringContaining('reference set observed-1')]);
  });

  it('makes no model of what is not authentic', async () => {
    const { exit, out, err } = await postern(
      FROM_BUNDLE.filter((word) => word !== '--trust-anchor' && word !== 'root.der'),
      bundleFiles,
    );
    expect(exit).not.toBe(0);
    expect(out).toBe('');
    expect(err).toContain('the evidence is not shown to be authentic: no policy is made from it\n');
  });

  it('says so in one object of JSON as well', async () => {
    const { exit, out } = await postern([...FROM_BUNDLE, '--json'], {
      ...bundleFiles,
      bundle: '{}',
    });
    expect(exit).toBe(1);
    expect(jsonOf({ out })).toEqual({
      verdict: 'reject',
      because: expect.arrayContaining([
        'the evidence is not shown to be authentic: no policy is made from it',
        expect.stringMatching(/^bundle\.format: /),
      ]),
    });
  });

  it.each([
    [['--name', 'Ours'], '--name: want 1 to 63 of a to z, digits and -'],
    [['--set-id', '../x y'], '--set-id: want 1 to 128 of letters, digits and . _ / -'],
  ])('refuses %j', async (argv, problem) => {
    const { exit, err } = await postern([...FROM_BUNDLE, ...argv], bundleFiles);
    expect([exit, err]).toEqual([64, `postern: ${problem}\n`]);
  });
});

describe('policy from tdx', () => {
  it('writes a draft from a quote, with the events of its log', async () => {
    const argv = ['tdx', 'quote', '--collateral', 'collateral.json', '--trust-anchor', 'root.der'];
    const { exit, out } = await postern(
      ['policy', 'from', ...argv, '--event-log', 'ccel', '--json'],
      tdxFiles,
    );
    expect(exit).toBe(0);
    const json = jsonOf({ out });
    expect(readPolicy(utf8(JSON.stringify(json))).policy.spec.bindings).toEqual({
      skip: 'the draft was made from evidence without a binding',
    });
    expect(out).toContain('"recordedEvents":{"rtmr0":[');
  });
});

describe('reference sets from files', () => {
  const files: Files = {
    'OVMF.fd': tdvfOf(),
    bzImage: kernelOf(),
    ccel: honest.ccelLog,
    'rims.corim': corim({
      id: 'release-7',
      validity: [undefined, Date.UTC(2027, 0, 1) / 1000],
      tags: [
        comid({
          references: [
            [
              environment('Intel', 'TDX'),
              measured('mrtd', { 2: sha384('a') }),
              measured('rtmr1', { 2: sha384('b') }),
            ],
          ],
        }),
      ],
    }),
    'empty.corim': corim({ tags: [comid({})] }),
    notes: 'no CBOR at all',
  };

  it('from firmware and log: what they tell, and what is left to decide', async () => {
    const { exit, out } = await postern(
      [
        'policy',
        'from',
        'tdx-image',
        '--firmware',
        'OVMF.fd',
        '--event-log',
        'ccel',
        '--set-id',
        'release/7',
      ],
      files,
    );
    expect(exit).toBe(0);
    expect(out).toMatch(/^# A draft of a reference set/);
    expect(out).toMatch(
      /- id: release\/7\n {2}lifecycle:\n {4}state: draft\n {2}mrTd: "[0-9a-f]{96}"\n {2}rtmr0: "[0-9a-f]{96}"/,
    );
    expect(out).toContain('skip: "not decided yet: it tells what runs later"');
    expect(out).not.toMatch(/[&*]a1/);
  });

  it('from a kernel without its command line: that this is what is left to decide', async () => {
    const { exit, out } = await postern(
      ['policy', 'from', 'tdx-image', '--kernel', 'bzImage', '--json'],
      files,
    );
    expect(exit).toBe(0);
    expect(jsonOf({ out })).toMatchObject({
      rtmr1: expect.stringMatching(/^[0-9a-f]{96}$/),
      rtmr2: { skip: expect.stringMatching(/command line/) },
    });
  });

  it('from a CoRIM: what it states, signed or not', async () => {
    const { exit, out, err } = await postern(['policy', 'from', 'corim', 'rims.corim'], files);
    expect([exit, out]).toEqual([0, expect.stringContaining(`mrTd: "${'aa'.repeat(48)}"`)]);
    expect(err).toContain('postern: its signature: unsigned\n');
  });

  it.each([
    ['empty.corim', 2, 'nothing in it makes a reference set'],
    ['notes', 1, 'corim'],
  ])('of %s: exit code %i', async (name, code, problem) => {
    const { exit, out, err } = await postern(['policy', 'from', 'corim', name], files);
    expect([exit, out]).toEqual([code, '']);
    expect(err).toContain(problem);
  });
});
