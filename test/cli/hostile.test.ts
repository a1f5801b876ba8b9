import { describe, expect, it } from 'vitest';
import type { SimulatedTdx } from '../../src/simulator/tdx/simulate.ts';
import { simulateTdx } from '../../src/simulator/tdx/simulate.ts';
import { filesOf, jsonOf, postern, UNSAFE, VERIFY } from './fake-io.ts';

/** Clears the screen, sets the title, writes a verdict of its own, turns the line around. */
const EVIL = 'x\u001b[2J\u001b]0;mine\u0007\u009b1A\r\nACCEPT\u2028\u202e\u200b\u007f\u{e0041}';

type Edit = NonNullable<Parameters<typeof simulateTdx>[0]>['edit'];

const EDITS: readonly (readonly [string, NonNullable<Edit>])[] = [
  [
    'the PCK certificate’s name',
    ({ certificates }) => {
      certificates.pck.commonName = EVIL;
    },
  ],
  [
    'the PCK CA’s name',
    ({ certificates }) => {
      certificates.platformCa.commonName = EVIL;
    },
  ],
  [
    'the root’s name',
    ({ certificates }) => {
      certificates.root.commonName = EVIL;
    },
  ],
  [
    'the TCB signer’s name',
    ({ certificates }) => {
      certificates.tcbSigner.commonName = EVIL;
    },
  ],
  [
    'advisories',
    ({ tcbInfo }) => {
      for (const level of tcbInfo.content.tcbLevels) level.advisoryIDs = [EVIL];
    },
  ],
  [
    'names of components of a stale platform',
    ({ certificates: { pck }, tcbInfo }) => {
      pck.sgx.components[1] = 2;
      pck.sgx.cpuSvn[1] = 2;
      for (const { tcb } of tcbInfo.content.tcbLevels) {
        for (const component of tcb.sgxtcbcomponents) component.type = EVIL;
      }
    },
  ],
  [
    'a TCB status',
    ({ tcbInfo }) => {
      for (const level of tcbInfo.content.tcbLevels) level.tcbStatus = EVIL;
    },
  ],
  [
    'a TCB date',
    ({ tcbInfo }) => {
      for (const level of tcbInfo.content.tcbLevels) level.tcbDate = EVIL;
    },
  ],
  [
    'the TCB info’s id',
    ({ tcbInfo }) => {
      tcbInfo.content.id = EVIL;
    },
  ],
  [
    'the TCB info’s dates',
    ({ tcbInfo }) => {
      tcbInfo.content.nextUpdate = EVIL;
    },
  ],
  [
    'the FMSPC of the TCB info',
    ({ tcbInfo }) => {
      tcbInfo.content.fmspc = EVIL;
    },
  ],
  [
    'a module’s id',
    ({ tcbInfo }) => {
      for (const module of tcbInfo.content.tdxModuleIdentities ?? []) module.id = EVIL;
    },
  ],
  [
    'the QE identity’s id',
    ({ qeIdentity }) => {
      qeIdentity.content.id = EVIL;
    },
  ],
  [
    'a member’s name in the TCB info',
    ({ tcbInfo }) => {
      tcbInfo.write = (value) =>
        JSON.stringify(value).replace('{', `{${JSON.stringify(EVIL)}:1,${JSON.stringify(EVIL)}:2,`);
    },
  ],
  [
    'members of the collateral',
    (plan) => {
      plan.afterCollateral = (made) => ({
        ...made,
        root_ca_crl: EVIL,
        pck_crl: EVIL,
        tcb_info_signature: EVIL,
        qe_identity_issuer_chain: EVIL,
      });
    },
  ],
  [
    'the texts themselves',
    (plan) => {
      plan.afterCollateral = (made) => ({ ...made, tcb_info: EVIL, qe_identity: EVIL });
    },
  ],
  [
    'the firmware’s log',
    ({ logs }) => {
      const event = logs.boot[0];
      if (event) event.data = new TextEncoder().encode(EVIL);
    },
  ],
];

async function everyOutput(made: SimulatedTdx): Promise<readonly string[]> {
  const files = filesOf(made);
  const outputs: string[] = [];
  for (const argv of [
    [...VERIFY, '--claims', '--event-log', 'ccel'],
    [...VERIFY, '--json'],
    ['inspect', 'quote'],
    ['inspect', 'quote', '--json'],
    ['inspect', 'collateral.json'],
    ['inspect', 'collateral.json', '--json'],
    ['inspect', 'ccel'],
    ['inspect', 'root.der'],
  ]) {
    const { exit, out, err } = await postern(argv, files);
    expect(exit).not.toBe(70);
    if (argv.includes('--json')) jsonOf({ out });
    outputs.push(out, err);
  }
  return outputs;
}

describe('nothing reaches the terminal raw from', () => {
  it.each(EDITS)('%s', async (_, edit) => {
    const outputs = await everyOutput(await simulateTdx({ edit }));
    for (const output of outputs) {
      expect(output).not.toMatch(UNSAFE);
      expect(output).not.toMatch(/^ACCEPT\\u2028/m);
    }
  });

  it('names of runtime events', async () => {
    const made = await simulateTdx({
      fault: 'valid_dstack',
      edit: ({ logs }) => {
        for (const event of logs.runtime) event.name = EVIL;
      },
    });
    const files = filesOf(made);
    for (const argv of [
      ['inspect', 'dstack.json'],
      [...VERIFY, '--claims', '--event-log', 'dstack.json'],
    ]) {
      const { out, err } = await postern(argv, files);
      expect(out + err).not.toMatch(UNSAFE);
      expect(out + err).not.toMatch(/^ACCEPT\\/m);
    }
  });

  it('names of members', async () => {
    for (const file of [
      JSON.stringify({ [EVIL]: 1 }),
      JSON.stringify({ tcb_info: { [EVIL]: 1 } }),
      `{${JSON.stringify(EVIL)}:1,${JSON.stringify(EVIL)}:1}`,
      JSON.stringify([{ [EVIL]: 1 }]),
      JSON.stringify([{ imr: EVIL }]),
      EVIL,
      `-----BEGIN CERTIFICATE-----${EVIL}`,
    ]) {
      const { exit, out, err } = await postern(['inspect', 'file'], { file });
      expect(exit).toBeLessThanOrEqual(1);
      expect(out + err).not.toMatch(UNSAFE);
    }
  });

  it('names of files', async () => {
    const { exit, err } = await postern(['inspect', `gone${EVIL}`]);
    expect(exit).toBe(69);
    expect(err).toMatch(/^postern: gonex\\x1b\[2J.*\\x0aACCEPT.*\n$/);
  });
});

it('a forged verdict in a name stays inside its own line', async () => {
  const edit: Edit = ({ certificates }) => {
    certificates.pck.commonName = '\n\nACCEPT  authentic · vendor anchors · revocation checked';
  };
  const { exit, out } = await postern(
    [...VERIFY, '--claims'],
    filesOf(await simulateTdx({ edit })),
  );
  expect(exit).toBe(1);
  expect(out.split('\n').filter((line) => /^(ACCEPT|REJECT|INDETERMINATE) /.test(line))).toEqual([
    'REJECT  not shown to be authentic · simulator anchors · revocation unchecked · at 2026-06-01T00:00:00Z',
  ]);
});

it('JSON carries the same values as they were', async () => {
  const made = await simulateTdx({
    edit: ({ tcbInfo }) => {
      for (const level of tcbInfo.content.tcbLevels) level.advisoryIDs = [EVIL];
    },
  });
  const { out } = await postern([...VERIFY, '--json'], filesOf(made));
  expect(JSON.parse(out).tcb.advisories).toEqual([EVIL]);
});
