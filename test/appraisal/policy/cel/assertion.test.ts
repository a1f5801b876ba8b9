import { describe, expect, it } from 'vitest';
import { compileAssertion } from '../../../../src/appraisal/policy/cel/assertion.ts';
import type { Facts } from '../../../../src/appraisal/policy/cel/facts.ts';
import { faultOf } from '../../../support/fault-of.ts';

const facts: Facts = {
  cpu: {
    type: 'intel-tdx',
    tcbStatus: 'UpToDate',
    tcbDate: '2025-08-13T00:00:00Z',
    evaluationDataNumber: 20,
    share: 0.5,
    nothing: null,
    advisories: ['INTEL-SA-00615'],
    attributes: { debug: false, septVeDisable: true },
  },
  gpu: [
    { driver: '590.12', mode: 'ppcie', ueid: '1' },
    { driver: '590.12', mode: 'ppcie', ueid: '2' },
  ],
  nvswitch: [],
  binding: { recipe: 'postern-v1', keys: ['ohttp', 'receipt'] },
  now: Date.UTC(2026, 5, 1),
};

const ask = (cel: string, of: Facts = facts) => compileAssertion(cel, 'cel').ask(of);

describe('an assertion', () => {
  it.each([
    ["cpu.tcbStatus == 'UpToDate'", 'true'],
    ['cpu.evaluationDataNumber >= 20 && cpu.evaluationDataNumber < 21', 'true'],
    ['cpu.share > 0.4', 'true'],
    ['cpu.attributes.septVeDisable && !cpu.attributes.debug', 'true'],
    ['gpu.all(g, g.driver == gpu[0].driver)', 'true'],
    ["gpu.exists(g, g.ueid == '3')", 'false'],
    ["gpu.exists_one(g, g.ueid == '2')", 'true'],
    ["gpu.filter(g, g.mode == 'ppcie').size() == 2", 'true'],
    ["gpu.map(g, g.ueid) == ['1', '2']", 'true'],
    ["'INTEL-SA-00615' in cpu.advisories", 'true'],
    ["cpu.tcbStatus.matches('^Up') && cpu.tcbStatus.startsWith('Up')", 'true'],
    ["timestamp(cpu.tcbDate) >= timestamp('2025-08-13T00:00:00Z')", 'true'],
    ["now - timestamp(cpu.tcbDate) < duration('8760h')", 'true'],
    ['has(cpu.product)', 'false'],
    ["has(cpu.product) && cpu.product == 'milan'", 'false'],
    ["!has(cpu.product) || cpu.product == 'milan'", 'true'],
    ["has(cpu.tcbStatus) ? cpu.tcbStatus == 'UpToDate' : size(gpu) == 0", 'true'],
    ['nvswitch.all(s, s.bios == 1)', 'true'],
    ["now > timestamp('2024-02-29T23:59:59.999999999+05:30')", 'true'],
    ["now > timestamp('0001-01-01T00:00:00Z')", 'true'],
    ['now > timestamp(1893456000)', 'false'],
    ['timestamp(int(now)) == now', 'true'],
    ['timestamp(int(now) + 1) != now', 'true'],
    ["int('20') == cpu.evaluationDataNumber && int('-1') < cpu.evaluationDataNumber", 'true'],
    ["string(cpu.evaluationDataNumber) == '20'", 'true'],
    ['cpu.evaluationDataNumber == 20.0 && cpu.share != 1', 'true'],
    ['has(cpu.nothing) && cpu.nothing == null && cpu.tcbStatus != null', 'true'],
    ["'tcbStatus' in cpu && !('product' in cpu)", 'true'],
    ['cpu.attributes == gpu[0]', 'false'],
    ['gpu[0] == gpu[1]', 'false'],
    ['nvswitch == gpu', 'false'],
    ["cpu.advisories == ['INTEL-SA-00615', 'INTEL-SA-00616']", 'false'],
    ["now != now + duration('1ns')", 'true'],
    ["now - duration('0') == now && now < now + duration('-.5h') + duration('+1h1m')", 'true'],
    ['gpu == gpu && gpu != nvswitch', 'true'],
    ["gpu.filter(g, g.mode == 'ppcie').map(g, g.ueid).exists(u, u == '2')", 'true'],
    ["(cpu.attributes.debug ? 'a' : 'b') == 'b'", 'true'],
  ])('%s is %s', (cel, outcome) => {
    expect(ask(cel)).toEqual({ outcome });
  });

  it.each([
    ["cpu.product == 'milan'", 'a member that is not there'],
    ["cpu.product == 'milan' || cpu.tcbStatus == 'UpToDate'", 'an error that || would absorb'],
    ["!(cpu.product == 'milan' && cpu.tcbStatus == 'OutOfDate')", 'an error that && would absorb'],
    ["gpu.exists(g, g.bios == '1' || g.ueid == '1')", 'an error that exists() would absorb'],
    ['gpu[2].driver == gpu[0].driver', 'an index that is not there'],
    ['cpu.tcbStatus', 'a text'],
    ['size(gpu)', 'a number'],
    ['cpu.evaluationDataNumber / 0 == 1', 'a division by zero'],
    ['cpu.evaluationDataNumber + 9223372036854775807 > 0', 'an overflow'],
    ['cpu.tcbStatus > 3', 'values that can’t be compared'],
    ['timestamp(cpu.tcbStatus) < now', 'no time'],
    ['!has(cpu.tcbStatus.product)', 'a member of a text'],
    ['!has(gpu.driver)', 'a member of a list'],
    ['!has(cpu.attributse.debug)', 'a member of what is not there'],
    ["cpu.evaluationDataNumber != '19'", 'a number beside a text'],
    ['cpu.attributes.debug != 1', 'a truth beside a number'],
    ['cpu.attributes != cpu.advisories', 'a map beside a list'],
    ['gpu.map(g, g.ueid) != [1, 2]', 'numbers beside texts'],
    ['!(615 in cpu.advisories)', 'a number among texts'],
    ["now != duration('1h')", 'a time beside a duration'],
    ["!('now' in now)", 'what has nothing in it'],
    ['now > timestamp(253402300800)', 'a time past year 9999'],
    ["now > timestamp('2025-02-29T00:00:00Z')", 'a day that the year does not have'],
    ["now > timestamp('2025-06-31T00:00:00+01:00')", 'a day that the month does not have'],
    ["now > timestamp('1900-02-29T00:00:00Z')", 'a leap day of a century'],
    ["now > timestamp('2025-06-30T24:00:00Z')", 'an hour that no day has'],
    ["now == now + duration('')", 'a duration of nothing'],
    ["now == now + duration('-')", 'a duration of a sign'],
    ["int('') == cpu.evaluationDataNumber - 20", 'a number of no digits'],
    ["int(' 20') == cpu.evaluationDataNumber", 'a number beside a blank'],
    ["int('0x14') == cpu.evaluationDataNumber", 'a hexadecimal number'],
    ["int('9223372036854775808') != cpu.evaluationDataNumber", 'a number past 64 bits'],
  ])('%s is not true: %s', (cel) => {
    const answer = ask(cel);
    expect(answer.outcome).toBe('error');
    expect('because' in answer && answer.because.length).toBeLessThanOrEqual(200);
  });

  it('does not look at a part of what is too large', () => {
    const gpu = Array.from({ length: 65 }, () => ({ driver: '590.12' }));
    expect(ask("gpu.all(g, g.driver == '590.12')", { ...facts, gpu })).toMatchObject({
      outcome: 'error',
    });
    expect(ask('cpu.a.b.c', { ...facts, cpu: { a: { b: { c: true } } } })).toEqual({
      outcome: 'error',
      because: 'a fact lies too deep',
    });
    const cpu = { tcbStatus: 'x'.repeat(513) };
    expect(ask("cpu.tcbStatus.contains('y')", { ...facts, cpu })).toMatchObject({
      outcome: 'error',
    });
  });

  it('is not asked of prototypes', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'size']) {
      expect(ask(`has(cpu.${name})`)).toEqual({ outcome: 'false' });
      expect(ask(`cpu.${name} == cpu.${name}`)).toMatchObject({ outcome: 'error' });
    }
  });
});

describe('refused before it is ever asked', () => {
  const nested = (macro: string) =>
    `gpu.${macro}(a, gpu.${macro}(b, gpu.${macro}(c, a.ueid == c.ueid)))`;
  it.each([
    ['no CEL', 'cpu..type', /is no CEL/],
    ['an empty text', '', /is no CEL/],
    ['a constant', '1 == 1', /says nothing about the machine/],
    ['true', 'true', /says nothing about the machine/],
    ['what is true of every machine', "cpu.type == 'a' || true", /decides all, or nothing/],
    ['what is true in another place', "true || cpu.type == 'a'", /decides all, or nothing/],
    ['a negated constant', "cpu.type == 'a' || !false", /decides all, or nothing/],
    ['a comparison of constants', "cpu.type == 'a' || 1 == 1", /decides all, or nothing/],
    ['a constant in a loop', "gpu.all(g, g.mode == 'a' || true)", /decides all, or nothing/],
    ['a loop over constants', "cpu.type == 'a' || [1].all(x, x == 1)", /decides all, or nothing/],
    ['a loop over nothing', "cpu.type == 'a' || [].all(x, false)", /decides all, or nothing/],
    ['a loop that asks nothing', 'gpu.all(g, true)', /decides all, or nothing/],
    ['a constant choice', 'true ? cpu.a : cpu.b', /decides all, or nothing/],
    ['a choice that is decided', "cpu.a == 'a' ? 1 == 1 : cpu.b", /decides all, or nothing/],
    ['bytes', "b'a' != cpu.type", /of a kind that no fact has/],
    ['an unsigned number', 'cpu.evaluationDataNumber == 20u', /of a kind that no fact has/],
    ['another root', 'env.PATH == cpu.type', /knows no "env"/],
    [
      'a message of protobuf',
      'google.protobuf.Int32Value{value: 1} == cpu.type',
      /knows no|none of these/,
    ],
    ['a map', "{'a': cpu.type}.a == 'b'", /none of these/],
    ['another function', 'cpu.type.lowerAscii() == cpu.type', /knows no function/],
    ['dyn', "dyn(cpu.type) == 'a'", /knows no function/],
    ['three comprehensions', nested('all'), /more than 2 comprehensions/],
    ['a pattern that is not its own', 'cpu.type.matches(cpu.tcbStatus)', /no text of its own/],
    ['a long pattern', `cpu.type.matches('${'a'.repeat(65)}')`, /more than 64 characters/],
    ['a pattern that is none', "cpu.type.matches('(')", /that RE2 does not read/],
    ['a back-reference', "cpu.type.matches('(a)\\\\1')", /that RE2 does not read/],
    ['a pattern that grows', "cpu.type.matches('((a{30}){30}){30}')", /could take \d+ steps/],
    ['a pattern that hides it', "cpu.type.matches('\\\\Q[\\\\E(a{1000})]')", /could take/],
    ['a pattern for each of many', "gpu.all(g, g.mode.matches('a{400}'))", /could take \d+ steps/],
    ['many parts', Array.from({ length: 100 }, () => 'cpu.type').join('+'), /more than 200 parts/],
    ['brackets', `${'('.repeat(30)}cpu.type${')'.repeat(30)}`, /more than 24 brackets/],
    ['many brackets', '('.repeat(1024), /more than 24 brackets/],
    ['brackets after a text of them', `'${')'.repeat(300)}' == ${'('.repeat(300)}`, /more than 24/],
    ['lists', `${'['.repeat(500)}${']'.repeat(500)}`, /more than 24 brackets/],
    ['a long source', `cpu.type == '${'a'.repeat(1024)}'`, /at most 1024 characters/],
    [
      'steps',
      'gpu.all(a, gpu.all(b, gpu == gpu && gpu + gpu == gpu + gpu))',
      /could take \d+ steps/,
    ],
  ])('%s', (_what, cel, problem) => {
    const fault = faultOf(() => compileAssertion(cel, 'spec.assertions[0].cel'));
    expect([fault.code, fault.at]).toEqual(['malformed', 'spec.assertions[0].cel']);
    expect(fault.detail).toMatch(problem);
  });

  it('a chain of operators does not exhaust the stack', () => {
    for (const cel of [
      `${'!'.repeat(1000)}a`,
      `${'-'.repeat(1000)}1`,
      `cpu${'.b'.repeat(500)}`,
      `${'cpu.a ? 1 : '.repeat(80)}2`,
    ]) {
      expect(faultOf(() => compileAssertion(cel, 'cel')).code).toBe('malformed');
    }
  });
});
