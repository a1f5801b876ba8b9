import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cosign, witnessPolicyOf } from '../../../src/cli/audit/cosign.ts';
import { openLedger, resumeWriter } from '../../../src/cli/audit/open-ledger.ts';
import { overrideOf } from '../../../src/cli/audit/override.ts';
import type { Io } from '../../../src/cli/io.ts';
import { parseVerifierKey, writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { Stapler } from '../../../src/ledger/staple.ts';
import { judgeCheckpoint } from '../../../src/ledger/trust/judge.ts';
import { Witness } from '../../../src/ledger/witness/witness.ts';
import { WITNESS_TIME, WitnessMemory, witnessSigners } from '../../support/witnessing.ts';
import { recorded, vkeyOf } from './ledgers.ts';

/** An open ledger whose folder names a witness of two keys, by a clock of the test's own. */
async function witnessed() {
  const dir = await recorded();
  const log = await vkeyOf(dir);
  const key = parseVerifierKey(log, 'vkey');
  const clock = { now: WITNESS_TIME };
  const statuses: number[] = [];
  const witness = new Witness({
    store: new WitnessMemory(),
    logs: new Map([[key.name, [key]]]),
    signers: witnessSigners,
    now: () => clock.now,
    keepFork: async () => undefined,
  });
  const fetch: Io['fetch'] = async (_url, init) => {
    const { status, body } = await witness.addCheckpoint(init?.body as Uint8Array);
    statuses.push(status);
    return new Response(body, { status });
  };
  const lines = witnessSigners.map(
    (signer, i) => `witness w${i} ${writeVerifierKey(signer.key)} http://127.0.0.1:1\n`,
  );
  const text = `log ${log}\n${lines.join('')}group all all w0 w1\nquorum all\n`;
  writeFileSync(join(dir, 'witnesses.tlog-policy'), text);
  const randomBytes = (size: number) => crypto.getRandomValues(new Uint8Array(size));
  const now = () => clock.now;
  const io = { fetch, now, randomBytes, env: () => undefined, err: () => undefined };
  const ledger = await openLedger(io as unknown as Io, dir, 'own');
  onTestFinished(() => ledger.close());
  const policy = await witnessPolicyOf(ledger.folder);
  if (policy === undefined) throw new Error('no policy');
  const ask = (renewBefore?: number, store = ledger.store) =>
    cosign(
      io as unknown as Io,
      { ...ledger, store },
      policy,
      renewBefore === undefined ? {} : { renewBefore },
    );
  const times = async () => {
    const head = await ledger.store.head();
    const lines = await ledger.store.cosignatures(head?.size ?? 0);
    const note = Buffer.concat([head?.checkpoint ?? Buffer.of(), Buffer.from(lines.join(''))]);
    return judgeCheckpoint(note, policy).witnesses.map(({ time }) => Number(time));
  };
  return { clock, statuses, ledger, policy, ask, times, io: io as unknown as Io };
}

const SECONDS = Math.floor(WITNESS_TIME / 1000);

it('a log that stands still is cosigned again once its cosignatures are old, and not before', async () => {
  const { clock, statuses, ledger, policy, ask, times } = await witnessed();
  expect(await ask()).toEqual([]);
  expect([await times(), statuses]).toEqual([[SECONDS, SECONDS], [200]]);
  clock.now += 300_000;
  expect(await ask()).toEqual([]);
  expect(await ask(SECONDS * 1000)).toEqual([]);
  expect(statuses).toEqual([200]);
  expect(await ask(clock.now - 240_000)).toEqual([]);
  // At its own size, and so at the first try.
  expect([await times(), statuses]).toEqual([
    [SECONDS + 300, SECONDS + 300],
    [200, 200],
  ]);
  // The third is the log’s own second key.
  expect(await ledger.store.cosignatures(2)).toHaveLength(3);
  expect(await Stapler.openWitnessed(ledger.store, policy)).toMatchObject({ size: 2 });
});

it('what others signed and had cosigned meanwhile is no contradiction; an older copy is one', async () => {
  const { ledger, ask, io } = await witnessed();
  const before = await ledger.store.head();
  const writer = await resumeWriter(io, ledger, []);
  await writer.append(overrideOf(io, ledger, 'resume_restored', 'for a test of witnesses'));
  await writer.close();
  expect(await ask()).toEqual([]);
  const behind = (times: number): typeof ledger.store => {
    let asked = 0;
    return new Proxy(ledger.store, {
      get: (store, name) => {
        if (name === 'head' && asked++ < times) return async () => before;
        const value = Reflect.get(store, name);
        return typeof value === 'function' ? value.bind(store) : value;
      },
    });
  };
  expect(await ask(Infinity, behind(1))).toEqual([]);
  expect(await ask(Infinity, behind(99))).toMatchObject([{ code: 'conflict' }]);
});
