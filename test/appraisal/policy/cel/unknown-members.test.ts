import { describe, expect, it } from 'vitest';
import { compileAssertion } from '../../../../src/appraisal/policy/cel/assertion.ts';
import { knownFacts } from '../../../../src/appraisal/policy/cel/known-facts.ts';
import { unknownMembers } from '../../../../src/appraisal/policy/cel/unknown-members.ts';

const found = (cel: string, cpu: 'intel-tdx' | 'amd-sev-snp' = 'intel-tdx') => {
  compileAssertion(cel, 'cel');
  return unknownMembers(cel, knownFacts(cpu));
};

const TCB_STATUS = 'cpu has no member tbcStatus: did you mean tcbStatus?';

describe('names what no machine has', () => {
  it.each([
    ["cpu.tbcStatus == 'UpToDate'", [TCB_STATUS]],
    ["cpu['tbcStatus'] == 'UpToDate'", [TCB_STATUS]],
    ["has(cpu.tbcStatus) && cpu.tcbStatus == 'UpToDate'", [TCB_STATUS]],
    ["!has(cpu.tbcStatus) || cpu.tbcStatus == 'UpToDate'", [TCB_STATUS]],
    ["!('tbcStatus' in cpu)", [TCB_STATUS]],
    ["cpu.TCBSTATUS == 'UpToDate'", ['cpu has no member TCBSTATUS: did you mean tcbStatus?']],
    ["cpu.rtmr33 == 'a'", ['cpu has no member rtmr33: did you mean rtmr3?']],
    ["cpu.tcbStatus.matches('^Up') && cpu.rtmr4 == 'a'", ['rtmr4: did you mean rtmr0?']],
    ["cpu.constructor == 'a'", ['cpu has no member constructor: want type, mrTd, ']],
    ['cpu.attributes.debig', ['cpu.attributes has no member debig: did you mean debug?']],
    ["cpu['attributes'].debig", ['cpu[attributes] has no member debig: did you mean debug?']],
    ["cpu.tcbDate.year == 'a'", ['cpu.tcbDate has no members: there is no cpu.tcbDate.year']],
    ['now.year == 2026', ['now has no members: there is no now.year']],
    ["binding.recepe == 'a'", ['binding has no member recepe: did you mean recipe?']],
    ["gpu.driver == 'a'", ['gpu is a list, whose items are to be asked: there is no gpu.driver']],
    ["gpu[0].drivre == 'a'", ['gpu[…] has no member drivre: did you mean driver?']],
    ["gpu.all(g, g.drivre == 'a')", ['g has no member drivre: did you mean driver?']],
    ['gpu.exists(g, gpu.all(h, h.uid == g.ueid))', ['h has no member uid: did you mean ueid?']],
    ["gpu.exists_one(g, g.chp == 'a')", ['g has no member chp: did you mean chip?']],
    ["gpu.map(g, g.drivre) == ['a']", ['g has no member drivre: did you mean driver?']],
    ["gpu.map(g, g)[0].drivre == 'a'", ['(…)[…] has no member drivre: did you mean driver?']],
    ["gpu.filter(g, g.mod == 'a').size() == 1", ['g has no member mod: did you mean mode?']],
    ["gpu.filter(g, g.mode == 'a').all(h, h.modes == 'a')", ['h has no member modes: did you']],
    ["(gpu + gpu).all(d, d.modes == 'a')", ['d has no member modes: did you mean mode?']],
    ["(size(gpu) > 1 ? gpu : gpu).all(d, d.modes == 'a')", ['d has no member modes: did']],
    ["(size(gpu) > 1 ? gpu : gpu)[0].modes == 'a'", ['(…)[…] has no member modes: did you mean']],
    ["[cpu][0].tbcStatus == 'a'", ['(…)[…] has no member tbcStatus: did you mean tcbStatus?']],
    ["[gpu[0], gpu[1]].all(d, d.modes == 'a')", ['d has no member modes: did you mean mode?']],
    ["nvswitch.all(s, s.driver == 'a')", ['s has no member driver: want chip, hwModel, ueid, vb']],
    ["cpu.all(name, name.x == 'a')", ['name has no members: there is no name.x']],
    ["cpu.advisories.all(a, a.id == 'a')", ['a has no members: there is no a.id']],
    ["size(cpu.mrtd) == 96 || cpu.tbcStatus == 'a'", ['cpu has no member mrtd: did', TCB_STATUS]],
    ["cpu.tbcStatus == 'a' || cpu.tbcStatus == 'b'", [TCB_STATUS]],
    ["cpu.measurement == 'a'", ['cpu has no member measurement: want type, ']],
  ])('%s', (cel, sentences) => {
    const got = found(cel);
    expect(got).toEqual(sentences.map((sentence) => expect.stringContaining(sentence)));
  });
});

describe('says nothing of what a machine may have', () => {
  it.each([
    "cpu.tcbStatus == 'UpToDate' && cpu.attributes.septVeDisable && !cpu['attributes'].debug",
    "'tcbStatus' in cpu && !('INTEL-SA-00615' in cpu.advisories)",
    'gpu.all(g, g.driver == gpu[0].driver)',
    "gpu.filter(g, g.mode == 'ppcie').map(g, g.ueid) == nvswitch.map(s, s.ueid)",
    "binding.keys.exists(k, k == 'ohttp') && binding.deployment.startsWith('a')",
    'now - timestamp(cpu.tcbDate) < duration("8760h")',
    // A local name hides a root.
    "gpu.all(cpu, cpu.driver == 'a')",
    // Lists of this and that: nobody knows which it is.
    "[cpu, binding].exists(x, x.recipe == 'a')",
    "(gpu + nvswitch).exists(d, d.driver == 'a')",
    "[cpu, gpu[0]].exists(x, x.driver == 'a')",
    "([cpu] + [binding]).exists(x, x.recipe == 'a')",
    "(cpu.tcbStatus == 'a' ? cpu : binding).recipe == 'a'",
    "[cpu.tcbStatus, 'a'].exists(x, x == 'a')",
    "cpu.all(name, cpu[name] == 'a')",
    '[][0].anything == cpu.type',
  ])('%s', (cel) => {
    expect(found(cel)).toEqual([]);
  });

  it('knows of each kind of machine what it has', () => {
    const cel = 'cpu.reportedTcb.fmc > 1 && cpu.guestPolicy.smt && cpu.platformInfo.smtEn';
    expect(found(cel, 'amd-sev-snp')).toEqual([]);
    expect(found(cel)).toHaveLength(3);
    expect(found("cpu.mrTd == 'a'", 'amd-sev-snp')).toHaveLength(1);
  });
});
