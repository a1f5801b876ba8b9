import { describe, expect, it } from 'vitest';
import type { Principal, Role } from '../../../src/gateway/identity/credential.ts';
import { mayDo } from '../../../src/gateway/identity/permissions.ts';
import { OPERATIONS, type Operation, type Subject } from '../../../src/gateway/operation.ts';

const MINE: Subject = { node: 'mine', pool: 'mine' };
const THEIRS: Subject = { node: 'theirs', pool: 'theirs' };
const NOTHING: Subject = {};

function credential(role: Role, pool?: string): Principal {
  return { kind: 'credential', id: '01', name: 'n', role, ...(pool !== undefined && { pool }) };
}

const NODE: Principal = { kind: 'node', id: 'mine' };
const ENROLLER = credential('node', 'mine');

/** A column each; a letter in the table below says yes, a dot no. */
const CALLERS: readonly (readonly [string, Principal, Subject])[] = [
  ['anyone', { kind: 'anyone' }, MINE],
  ['client', credential('client'), MINE],
  ['key of role node, its pool', ENROLLER, MINE],
  ['key of role node, another pool', ENROLLER, THEIRS],
  ['key of role node, no pool named', ENROLLER, NOTHING],
  ['node, about itself', NODE, MINE],
  ['node, about another', NODE, THEIRS],
  ['node, about nothing', NODE, NOTHING],
  ['validator', credential('validator'), THEIRS],
  ['auditor', credential('auditor'), THEIRS],
  ['admin', credential('admin'), THEIRS],
];

const TABLE: Readonly<Record<Operation, string>> = {
  //                     any cli enr nod val aud adm
  'health.read': 'x x xxx xxx x x x',
  'metrics.read': '. . ... ... . . a',
  'description.read': 'x x xxx xxx x x x',
  'keys.read': 'x x xxx xxx x x x',
  'ledger.read': 'x x xxx xxx x x x',
  'evidence.verify': '. c ... ... v u a',
  'enrolment.challenge': '. . eee ... . . a',
  'node.enrol': '. . e.. ... . . a',
  'node.list': '. . ... ... v u a',
  'node.read': '. . ... n.. v u a',
  'node.challenge': '. . ... n.. . . a',
  'node.attest': '. . ... n.. . . a',
  'node.call': '. . ... ... . . a',
  'node.quarantine': '. . ... ... . . a',
  'node.release': '. . ... ... . . a',
  'node.revoke': '. . ... ... . . a',
  'node.override': '. . ... ... . . a',
  'node.remove': '. . ... ... . . a',
  'certificate.issue': '. . ... n.. . . .',
  'certificate.authorities': 'x x xxx xxx x x x',
  'certificate.prove': 'x x xxx xxx x x x',
  'decision.read': '. . ... ... v u a',
  'decision.export': '. . ... ... . u .',
  'decision.prove': '. . ... ... v u a',
  'pool.read': '. c ... ... . u a',
  'pool.change': '. . ... ... . . a',
  'misbehaviour.read': '. . ... ... v u a',
  'events.follow': '. . ... ... v u a',
  'model.list': 'x x xxx xxx x x x',
  'session.prepare': '. c ... ... . . .',
  'session.relay': '. c ... ... . . .',
  'usage.read': '. c ... ... v u a',
  'usage.add': '. . ... n.. . . .',
  'reasons.read': '. . ... n.. v u a',
};

it('has a row for each operation', () => {
  expect(Object.keys(TABLE).sort()).toEqual([...OPERATIONS].sort());
});

describe.each(OPERATIONS)('%s', (operation) => {
  const row = TABLE[operation].replaceAll(' ', '');
  it.each(CALLERS.map(([name, principal, subject], i) => ({ name, principal, subject, i })))(
    '$name',
    ({ principal, subject, i }) => {
      expect(row).toHaveLength(CALLERS.length);
      expect(mayDo(principal, operation, subject)).toBe(row[i] !== '.');
    },
  );
});

it('a key of role node without a pool enrols nothing', () => {
  const nowhere = credential('node');
  for (const subject of [NOTHING, MINE]) expect(mayDo(nowhere, 'node.enrol', subject)).toBe(false);
});
