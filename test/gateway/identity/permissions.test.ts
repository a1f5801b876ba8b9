import { describe, expect, it } from 'vitest';
import type { FleetService } from '../../../src/gateway/fleet/service.ts';
import type { Principal, Role } from '../../../src/gateway/identity/credential.ts';
import {
  mayDo,
  OPERATIONS,
  type Operation,
  type Subject,
  wantMayDo,
} from '../../../src/gateway/identity/permissions.ts';
import { faultOf } from '../../support/fault-of.ts';

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
  //                    any cli  enr     nod     val aud adm
  enrolmentChallenge: ' .   .    e e e   . . .   .   .   a ',
  enrol: '              .   .    e . .   . . .   .   .   a ',
  challenge: '          .   .    . . .   n . .   .   .   a ',
  attest: '             .   .    . . .   n . .   .   .   a ',
  call: '               .   .    . . .   . . .   .   .   a ',
  node: '               .   .    . . .   n . .   v   u   a ',
  nodes: '              .   .    . . .   . . .   v   u   a ',
  quarantine: '         .   .    . . .   . . .   .   .   a ',
  release: '            .   .    . . .   . . .   .   .   a ',
  revoke: '             .   .    . . .   . . .   .   .   a ',
  override: '           .   .    . . .   . . .   .   .   a ',
  remove: '             .   .    . . .   . . .   .   .   a ',
  decision: '           .   .    . . .   n . .   v   u   a ',
  decisionProof: '      .   .    . . .   n . .   v   u   a ',
  exportDecision: '     .   .    . . .   . . .   .   u   . ',
  policies: '           .   .    . . .   . . .   .   u   a ',
  activatePolicy: '     .   .    . . .   . . .   .   .   a ',
  events: '             .   .    . . .   . . .   v   u   a ',
  lastEvent: '          .   .    . . .   . . .   v   u   a ',
  onEvents: '           .   .    . . .   . . .   v   u   a ',
  misbehaviour: '       .   .    . . .   . . .   v   u   a ',
  verify: '             .   c    . . .   . . .   v   u   a ',
  readiness: '          .   .    . . .   . . .   .   .   a ',
  metrics: '            .   .    . . .   . . .   .   .   a ',
  credentials: '        .   .    . . .   . . .   .   .   a ',
  ledgerFiles: '        x   x    x x x   x x x   x   x   x ',
  health: '             x   x    x x x   x x x   x   x   x ',
  openapi: '            x   x    x x x   x x x   x   x   x ',
};

/** The compiler's word that the fleet can do nothing that has no row. */
const METHODS: Readonly<Record<keyof FleetService, Operation>> = {
  enrolmentChallenge: 'enrolmentChallenge',
  enrol: 'enrol',
  challenge: 'challenge',
  attest: 'attest',
  call: 'call',
  node: 'node',
  nodes: 'nodes',
  quarantine: 'quarantine',
  release: 'release',
  revoke: 'revoke',
  override: 'override',
  remove: 'remove',
  decision: 'decision',
  exportDecision: 'exportDecision',
  decisionProof: 'decisionProof',
  policies: 'policies',
  activatePolicy: 'activatePolicy',
  events: 'events',
  lastEvent: 'lastEvent',
  onEvents: 'onEvents',
  misbehaviour: 'misbehaviour',
  verify: 'verify',
  readiness: 'readiness',
};

it('has a row for each operation', () => {
  expect(Object.keys(TABLE).sort()).toEqual([...OPERATIONS].sort());
  for (const [method, operation] of Object.entries(METHODS)) expect(operation).toBe(method);
});

describe.each(OPERATIONS)('%s', (operation) => {
  const row = TABLE[operation].replaceAll(' ', '');
  it.each(CALLERS.map(([name, principal, subject], i) => ({ name, principal, subject, i })))(
    '$name',
    ({ principal, subject, i }) => {
      expect(row).toHaveLength(CALLERS.length);
      const allowed = row[i] !== '.';
      expect(mayDo(principal, operation, subject)).toBe(allowed);
      if (allowed) return wantMayDo(principal, operation, subject);
      expect(faultOf(() => wantMayDo(principal, operation, subject))).toMatchObject({
        code: principal.kind === 'anyone' ? 'unauthenticated' : 'forbidden',
        at: `operation.${operation}`,
      });
    },
  );
});

it('a key of role node without a pool enrols nothing', () => {
  const nowhere = credential('node');
  for (const subject of [NOTHING, MINE]) expect(mayDo(nowhere, 'enrol', subject)).toBe(false);
});
