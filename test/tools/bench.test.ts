import { describe, expect, it } from 'vitest';
import { gatewayTrials } from '../../tools/bench/gateway/trials.ts';
import { Scratch } from '../../tools/bench/ledger/scratch.ts';
import {
  type Measurement,
  measure,
  median,
  type Pace,
  type Workload,
} from '../../tools/bench/measure.ts';
import { readOptions, selectRows } from '../../tools/bench/options.ts';
import { renderJson, renderTable } from '../../tools/bench/report.ts';
import { sshTrials } from '../../tools/bench/session/ssh-trial.ts';
import { snpMeasurements } from '../../tools/bench/snp/measurements.ts';
import { snpPeerMeasurements } from '../../tools/bench/snp/peer.ts';
import { tdxMeasurements } from '../../tools/bench/tdx/measurements.ts';
import { compare } from '../../tools/bench/trial.ts';
import { faultOf } from '../support/fault-of.ts';

/** A machine whose clock only moves when work is done on it. */
class Machine {
  #ms = 0;
  /** From here on everything takes three times as long. */
  slowFromMs = Number.POSITIVE_INFINITY;
  /** Names of the workloads in the order in which their slices began. */
  readonly slices: string[] = [];
  readonly #garbageMs: number;

  constructor(garbageMs = 0) {
    this.#garbageMs = garbageMs;
  }

  readonly pace: Pace = {
    now: () => this.#ms,
    collect: () => this.spend(this.#garbageMs),
    rounds: 5,
    sliceMs: 40,
    warmUpMs: 200,
  };

  spend(ms: number): void {
    this.#ms += this.#ms < this.slowFromMs ? ms : 3 * ms;
  }

  workload(name: string, msPerCall: number, options: Partial<Workload> = {}): Workload {
    const prepare = () => {
      this.slices.push(name);
      return () => this.spend(msPerCall);
    };
    return { name, prepare, ...options };
  }
}

async function only(measurement: Measurement, machine: Machine) {
  const [result] = await measure([measurement], machine.pace);
  if (result === undefined) throw new Error('no result');
  return result;
}

describe('measure', () => {
  it('gives a rate, and a ratio of rates', async () => {
    const machine = new Machine();
    const subject = machine.workload('slow', 0.5);
    const against = machine.workload('quick', 0.125);
    expect(await measure([{ name: 'row', subject, against }], machine.pace)).toEqual([
      { name: 'row', perSecond: 2000, against: 'quick', ratio: 0.25 },
    ]);
  });

  it('gives no ratio where there is nothing to compare with', async () => {
    const machine = new Machine();
    expect(await only({ name: 'row', subject: machine.workload('w', 1) }, machine)).toEqual({
      name: 'row',
      perSecond: 1000,
      against: null,
      ratio: null,
    });
  });

  it('keeps the ratio when the machine slows down on the way', async () => {
    const machine = new Machine();
    machine.slowFromMs = 600;
    const subject = machine.workload('subject', 1);
    const against = machine.workload('against', 0.5);
    const { ratio, perSecond } = await only({ name: 'row', subject, against }, machine);
    expect(ratio).toBe(0.5);
    expect(perSecond).toBeLessThan(1000);
  });

  it('runs subject and reference side by side, and changes which goes first', async () => {
    const machine = new Machine();
    const subject = machine.workload('s', 1);
    const against = machine.workload('r', 1);
    await measure([{ name: 'row', subject, against }], machine.pace);
    expect(machine.slices.slice(-10).join('')).toBe('rssrrssrrs');
  });

  it('visits every row in every round', async () => {
    const machine = new Machine();
    const rows = ['a', 'b'].map((name) => ({ name, subject: machine.workload(name, 1) }));
    await measure(rows, machine.pace);
    expect(machine.slices.slice(-10).join('')).toBe('ababababab');
  });

  it('fills a slice with as many calls as fit, and one call at least', async () => {
    const machine = new Machine();
    const counted = async (msPerCall: number): Promise<number> => {
      let calls = 0;
      const prepare = () => {
        calls = 0;
        return () => {
          calls++;
          machine.spend(msPerCall);
        };
      };
      await only({ name: 'row', subject: { name: 'w', prepare } }, machine);
      return calls;
    };
    expect(await counted(1)).toBe(40);
    expect(await counted(1000)).toBe(1);
  });

  it('never makes more calls than one preparation has input for', async () => {
    const machine = new Machine();
    let most = 0;
    const prepare = () => (call: number) => {
      most = Math.max(most, call + 1);
      machine.spend(0.01);
    };
    await only({ name: 'row', subject: { name: 'w', prepare, mostCalls: 7 } }, machine);
    expect(most).toBe(7);
  });

  it('leaves preparation off the clock', async () => {
    const machine = new Machine();
    const prepare = () => {
      machine.spend(500);
      return () => machine.spend(1);
    };
    const { perSecond } = await only({ name: 'row', subject: { name: 'w', prepare } }, machine);
    expect(perSecond).toBe(1000);
  });

  it('lets a slice pay for its own garbage, and for that only', async () => {
    const machine = new Machine(1);
    const prepare = () => () => machine.spend(39);
    const { perSecond } = await only(
      { name: 'row', subject: { name: 'w', prepare, mostCalls: 1 } },
      machine,
    );
    expect(perSecond).toBe(25);
  });

  it('stops at an operation that fails: a bench of failures measures nothing', async () => {
    const machine = new Machine();
    const prepare = () => () => {
      machine.spend(1);
      throw new Error('not accepted');
    };
    await expect(only({ name: 'row', subject: { name: 'w', prepare } }, machine)).rejects.toThrow(
      'not accepted',
    );
  });

  it('waits for an operation that takes its time, and stops when it fails', async () => {
    const machine = new Machine();
    const prepare = () => async () => {
      await Promise.resolve();
      machine.spend(2);
    };
    const { perSecond } = await only({ name: 'row', subject: { name: 'w', prepare } }, machine);
    expect(perSecond).toBe(500);
    const failing = () => () => Promise.reject(new Error('not accepted'));
    await expect(
      only({ name: 'row', subject: { name: 'w', prepare: failing } }, machine),
    ).rejects.toThrow('not accepted');
  });
});

describe('median', () => {
  it.each([
    { of: [3], is: 3 },
    { of: [10, 1, 2], is: 2 },
    { of: [4, 1, 3, 2], is: 2.5 },
  ])('of $of is $is', ({ of, is }) => {
    expect(median(of)).toBe(is);
  });

  it('of nothing is an error', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

const results = [
  { name: 'limit.p256', perSecond: 20123.456, against: null, ratio: null },
  { name: 'tdx.again', perSecond: 15000, against: 'limit.p256', ratio: 0.7454321 },
  { name: 'tdx.warm', perSecond: 6000, against: 'limit.tdx', ratio: 0.5 },
];
const subject: Workload = { name: 'any', prepare: () => () => {} };
const rows: Measurement[] = [
  { name: 'limit.p256', subject },
  { name: 'tdx.again', subject, atLeast: 0.7 },
  { name: 'tdx.warm', subject, atLeast: 0.8 },
];

it('JSON is one array whose objects all have the same four members', () => {
  expect(JSON.parse(renderJson(results))).toEqual([
    { name: 'limit.p256', perSecond: 20120, against: null, ratio: null },
    { name: 'tdx.again', perSecond: 15000, against: 'limit.p256', ratio: 0.7454 },
    { name: 'tdx.warm', perSecond: 6000, against: 'limit.tdx', ratio: 0.5 },
  ]);
});

it('the table aligns its columns and says which aims are met', () => {
  expect(renderTable(results, rows)).toBe(
    [
      'name        per second  median µs  against     ratio           aim  also',
      'limit.p256       20123       49.7',
      'tdx.again        15000       66.7  limit.p256   0.75     met: 0.70',
      'tdx.warm          6000      166.7  limit.tdx    0.50  missed: 0.80',
      '',
    ].join('\n'),
  );
});

it('what else was seen of a row is said in both', () => {
  const row = { name: 'gateway.verify', perSecond: 500, against: null, ratio: null };
  const seen = { ...row, also: { p50Ms: 1.23456, p99Ms: 20 } };
  expect(JSON.parse(renderJson([seen]))).toEqual([{ ...row, also: { p50Ms: 1.235, p99Ms: 20 } }]);
  expect(renderTable([seen], [])).toMatch(/ {2}p50Ms 1\.235, p99Ms 20\n$/);
});

it('a trial has the median of its rates and ratios, and its first round does not count', async () => {
  let clock = 0;
  const side = (name: string, ms: readonly number[]) => {
    let slices = 0;
    return {
      name,
      prepare: async () => async () => {
        clock += ms[slices++] ?? 0;
        return 10;
      },
    };
  };
  const subject = side('subject', [500, 100, 200, 100]);
  const against = side('limit', [1, 50, 50, 50]);
  expect(await compare(subject, against, { now: () => clock, rounds: 3 })).toEqual({
    name: 'subject',
    perSecond: 100,
    against: 'limit',
    ratio: 0.5,
  });
});

describe('options', () => {
  it('without any, all rows are measured and shown to people', () => {
    expect(readOptions([])).toEqual({ json: false, only: '' });
    expect(selectRows(rows, '')).toEqual(rows);
  });

  it('--json and --only', () => {
    expect(readOptions(['--json', '--only', 'tdx.'])).toEqual({ json: true, only: 'tdx.' });
    expect(selectRows(rows, 'tdx.').map(({ name }) => name)).toEqual(['tdx.again', 'tdx.warm']);
  });

  it.each([
    ['an unknown option', ['--fast']],
    ['an operand', ['tdx.warm']],
    ['--only without a prefix', ['--only']],
    ['a value for --json', ['--json=yes']],
  ])('refuses %s', (_name, args) => {
    expect(faultOf(() => readOptions(args))).toMatchObject({ code: 'usage', at: 'bench' });
  });

  it('refuses a prefix of nothing, and names what there is', () => {
    const fault = faultOf(() => selectRows(rows, 'snp'));
    expect(fault.code).toBe('usage');
    expect(fault.detail).toContain('tdx.warm');
  });
});

describe('the rows', async () => {
  const measurements = [...(await tdxMeasurements()), ...(await snpMeasurements())];

  it('keep their names once published', () => {
    expect(measurements.map(({ name, against }) => [name, against?.name])).toEqual([
      ['limit.p256', undefined],
      ['limit.tdx', undefined],
      ['peer.dcap-qvl', undefined],
      ['tdx.cold', 'peer.dcap-qvl'],
      ['tdx.cold.limit', 'limit.tdx'],
      ['tdx.warm', 'limit.tdx'],
      ['tdx.again', 'limit.p256'],
      ['tdx.parse', undefined],
      ['tdx.collateral', undefined],
      ['tdx.event-log', undefined],
      ['limit.p384', undefined],
      ['snp.cold', 'limit.p384'],
      ['snp.warm', 'limit.p384'],
      ['snp.table', 'limit.p384'],
    ]);
  });

  it.each(measurements)('$name succeeds, which it proves itself', async ({ subject }) => {
    const operation = await subject.prepare();
    for (let call = 0; call < 3; call++) await operation(call);
  });
});

it('the peer of SEV-SNP has its rows, or a reason why it has none', async () => {
  const reasons: string[] = [];
  const found = await snpPeerMeasurements((why) => reasons.push(why));
  expect(found.map(({ name }) => name)).toEqual(
    reasons.length > 0 ? [] : ['peer.tinfoil', 'snp.cold.peer'],
  );
  expect(reasons.join()).toMatch(/^(peer\.tinfoil: .+)?$/);
});

it('the rows of gateways keep their names; those of a server are left out where there is none', async () => {
  const scratch = new Scratch();
  const told: string[] = [];
  const named = (server: string | undefined) =>
    gatewayTrials(scratch, server, (text) => told.push(text)).map(({ name }) => name);
  const [sqlite, both] = [named(undefined), named('postgres://nobody.example/')];
  await scratch.end();
  const fleets = (store: string) =>
    [10, 100, 1000, 10_000].flatMap((nodes) =>
      ['', '.verify', '.admit'].map((row) => `gateway.fleet${row}${store}.${nodes}`),
    );
  expect(sqlite).toEqual(['gateway.admit.sqlite', 'gateway.verify', ...fleets('')]);
  expect(both).toEqual([
    'gateway.admit.sqlite',
    'gateway.admit.postgres',
    'gateway.verify',
    ...fleets(''),
    ...fleets('.postgres'),
  ]);
  expect(told).toHaveLength(1);
});

it('the row of ssh keeps its name, and is left out with a word where there is no sshd', async () => {
  const scratch = new Scratch();
  const told: string[] = [];
  const named = (sshd: string | undefined) =>
    sshTrials(
      scratch,
      (text) => told.push(text),
      () => sshd,
    ).map(({ name }) => name);
  expect([named('/usr/sbin/sshd'), named(undefined)]).toEqual([['ssh.connect'], []]);
  await scratch.end();
  expect(told).toEqual(['ssh.connect is left out: there is no sshd here']);
});
