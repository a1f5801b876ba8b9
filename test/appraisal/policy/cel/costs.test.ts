import { describe, expect, it } from 'vitest';
import { compileAssertion } from '../../../../src/appraisal/policy/cel/assertion.ts';
import type { Facts } from '../../../../src/appraisal/policy/cel/facts.ts';
import { faultOf } from '../../../support/fault-of.ts';

/** As large as facts can be, and alike until the end. */
const device = Object.fromEntries(
  Array.from({ length: 16 }, (_, i) => [`m${i}`, 'a'.repeat(128)] as const),
);
const members = Object.fromEntries(
  Array.from({ length: 64 }, (_, i) => [`m${i}`, 'a'.repeat(512)] as const),
);
const facts: Facts = {
  cpu: { ...members, m0: Array.from({ length: 64 }, () => 'a'.repeat(512)) },
  gpu: Array.from({ length: 64 }, () => device),
  nvswitch: Array.from({ length: 64 }, () => ({ ...device })),
  binding: members,
  now: 0,
};

const sum = (text: string, times: number) => Array.from({ length: times }, () => text).join('+');

describe('what is accepted is answered soon, whatever it asks', () => {
  it.each([
    ['each device with each', 'gpu.all(a, nvswitch.all(b, a.m1 == b.m1 && a.m2 + b.m2 != a.m3))'],
    ['whole maps', 'gpu.all(a, a == nvswitch[0] && nvswitch[1] == a)'],
    ['whole lists', 'gpu == nvswitch && nvswitch == gpu && cpu != binding'],
    ['a list for each', "gpu.all(a, !('b' in cpu.m0))"],
    ['a long text', `(${sum('cpu.m1', 60)}).contains('${'a'.repeat(100)}b')`],
    ['a long list', `(${sum('gpu', 12)}).exists(g, g.m1 == 'b')`],
    [
      'what was gathered',
      'gpu.filter(a, a.m1 != a.m15 + a.m2).map(a, a.m1).all(m, m.size() == 128)',
    ],
    ['patterns', "gpu.exists(g, g.m1.matches('^[0-9a-f]{16}b+(c|d)$'))"],
    ['a large pattern', "cpu.m1.matches('((a{10}){25})$')"],
    ['a large class', "cpu.m1.matches('(?i)(\\\\pL{400})b')"],
    ['a search that begins again', "gpu.exists(g, cpu.m1.contains(cpu.m2 + 'b'))"],
    ['searches in loops', `gpu.all(a, gpu.all(b, !a.m1.contains('${'a'.repeat(60)}b')))`],
  ])('%s', (_what, cel) => {
    const { ask } = compileAssertion(cel, 'cel');
    const start = performance.now();
    ask(facts);
    // A hundredfold of what a usual machine takes: this is against hours, not milliseconds.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('what grows is refused', () => {
  it.each([
    ['lists out of lists', 'gpu.map(a, gpu) == gpu.map(b, gpu)'],
    ['lists out of lists of lists', 'gpu.map(a, gpu.map(b, gpu)) == gpu.map(a, gpu.map(b, gpu))'],
    ['a list beside itself', `(${sum('gpu', 90)}).filter(g, g.m1 != '').size() == 1`],
    ['a loop over each of them', `gpu.map(a, ${sum('gpu', 40)}).all(y, y.all(z, z.m1 != ''))`],
    [
      'loops over what was gathered',
      "gpu.filter(a, a.m1 != '').all(x, gpu.filter(b, b == x) == gpu)",
    ],
    ['texts in loops', `gpu.all(a, gpu.all(b, (${sum('cpu.m1', 20)}).contains(cpu.m1 + 'b')))`],
    ['a search for each of many', "gpu.all(a, 'b' in gpu.map(b, b.m1 + a.m1))"],
    ['patterns in loops', "gpu.all(a, gpu.all(b, a.m1.matches('a+a+a+b')))"],
  ])('%s', (_what, cel) => {
    expect(faultOf(() => compileAssertion(cel, 'cel')).detail).toMatch(/could take \d+ steps/);
  });
});
