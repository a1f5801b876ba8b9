import fc from 'fast-check';
import { expect } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import * as node from '../../../src/core/crypto/node.ts';
import * as portable from '../../../src/core/crypto/portable.ts';
import { Fault } from '../../../src/core/fault.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { parseTdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { parseCcelTable } from '../../../src/evidence/tdx/event-log/ccel-table.ts';
import { eventLogClaims } from '../../../src/evidence/tdx/event-log/claims.ts';
import { departures } from '../../../src/evidence/tdx/event-log/departure.ts';
import { eventLine } from '../../../src/evidence/tdx/event-log/labels.ts';
import { readEventLog } from '../../../src/evidence/tdx/event-log/read.ts';
import { readUefiVariable } from '../../../src/evidence/tdx/event-log/uefi-variable.ts';
import { parsePckExtension, SGX_EXTENSION } from '../../../src/evidence/tdx/pck-extension.ts';
import { parseQeIdentity } from '../../../src/evidence/tdx/qe-identity.ts';
import { parseQuote } from '../../../src/evidence/tdx/quote.ts';
import { parseTcbInfo } from '../../../src/evidence/tdx/tcb-info.ts';
import { deriveKey } from '../../../src/simulator/keys.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { asView } from '../../support/view.ts';
import { isPlainJson } from '../well-formed.ts';
import { SCALAR_EDGES } from './ecdsa.ts';
import { createWorld } from './world.ts';

const [platform] = (await createWorld()).platforms;
if (platform === undefined) throw new RangeError('an empty world');
const { quotes, collateral, ccelLog, ccelTable, dstackLog } = platform;

/** A parser with what it reads; gives what must be the same for a view, or nothing to compare. */
interface Target {
  readonly name: string;
  readonly good: readonly Uint8Array[];
  readonly read: (bytes: Uint8Array) => unknown;
}

const TARGETS: readonly Target[] = [
  { name: 'quote', good: quotes, read: parseQuote },
  { name: 'CCEL table', good: [ccelTable], read: parseCcelTable },
  { name: 'event log', good: [ccelLog.subarray(0, 2_900), utf8(dstackLog)], read: readLog },
  { name: 'variable', good: [variableOf(ccelLog)], read: (bytes) => readUefiVariable(bytes) ?? {} },
  { name: 'PCK extension', good: [pckExtension()], read: (bytes) => parsePckExtension(bytes, 'x') },
  { name: 'collateral', good: [utf8(JSON.stringify(collateral))], read: parseTdxCollateral },
  { name: 'TCB info', good: [utf8(collateral.tcb_info)], read: ofText(parseTcbInfo) },
  { name: 'QE identity', good: [utf8(collateral.qe_identity)], read: ofText(parseQeIdentity) },
];

const target = fc.oneof(
  ...TARGETS.map(({ name, good, read }) =>
    damaged(...good).map((bytes) => ({ name, read, bytes })),
  ),
);

fuzz('every parser refuses by a Fault that names the place, or reads', target, (input) => {
  const value = orFault(() => input.read(input.bytes));
  const ofView = orFault(() => input.read(asView(input.bytes)));
  expect(ofView).toEqual(value);
});

/** Any other error escapes and fails the test; `internal` would be a bug of ours. */
function orFault(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(['malformed', 'unsupported']).toContain(error.code);
    expect(error.at).not.toBe('');
    return `${error.code} ${error.message}`;
  }
}

function ofText(parse: (text: string) => object): Target['read'] {
  return (bytes) => parse(Buffer.from(bytes).toString());
}

/** All that is made of a log, for people included: text for terminals is printable ASCII. */
function readLog(bytes: Uint8Array): unknown {
  const log = readEventLog(bytes);
  const claims = eventLogClaims(log);
  expect(isPlainJson(claims)).toBe(true);
  const lines = [
    ...log.events.map(eventLine),
    ...departures(log, readEventLog(ccelLog)).flatMap(({ want, have }) => [want, have]),
  ];
  for (const line of lines) expect(line).toMatch(/^[ -~]*$/);
  return claims;
}

function variableOf(log: Uint8Array): Uint8Array {
  const variable = readEventLog(log).events.find(({ data }) => readUefiVariable(data));
  if (variable === undefined) throw new RangeError('no variable in the log');
  return variable.data;
}

function pckExtension(): Uint8Array {
  const quote = parseQuote(quotes[0] ?? new Uint8Array());
  const pem = Buffer.from(quote.certification.data).toString('latin1');
  const body = /-----BEGIN CERTIFICATE-----([^-]*)-----END/.exec(pem)?.[1] ?? '';
  const certificate = parseCertificate(Uint8Array.from(Buffer.from(body, 'base64')), 'pck');
  const extension = certificate.extensions.get(SGX_EXTENSION);
  if (extension === undefined) throw new RangeError('no PCK certificate in front');
  return extension.value;
}

const signer = deriveKey('fuzz', 'agreement');
const message = utf8('one message');
const honest = signer.sign(message);

const scalar = fc.oneof(
  fc.constantFrom(...SCALAR_EDGES),
  fc.constantFrom(honest.subarray(0, 32), honest.subarray(32)),
  damaged(honest.subarray(0, 32), honest.subarray(32)),
);
const point = fc.oneof(
  { arbitrary: fc.constant(signer.publicKey), weight: 3 },
  { arbitrary: damaged(signer.publicKey, new Uint8Array(64)), weight: 1 },
  {
    arbitrary: fc.tuple(scalar, scalar).map(([x, y]) => Uint8Array.from([...x, ...y])),
    weight: 1,
  },
);

fuzz(
  'both crypto implementations judge keys and signatures alike',
  fc.record({ point, r: scalar, s: scalar }),
  ({ point, r, s }) => {
    const signature = Uint8Array.from([...r, ...s]);
    const answers = [node, portable].map(({ importP256, verifyP256 }) => {
      const key = importP256(point);
      return key === undefined ? 'no key' : verifyP256(key, message, signature);
    });
    expect(answers[0]).toBe(answers[1]);
    if (answers[0] !== true) return;
    expect([toHex(honest.subarray(0, 32))]).toContain(toHex(r));
  },
);
