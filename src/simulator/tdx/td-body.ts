import { ByteWriter } from '../../core/bytes/writer.ts';

/** Wire order and sizes of the TD report body; the names are those of the quote's claims. */
const TD10_FIELDS = {
  teeTcbSvn: 16,
  mrSeam: 48,
  mrSignerSeam: 48,
  seamAttributes: 8,
  tdAttributes: 8,
  xfam: 8,
  mrTd: 48,
  mrConfigId: 48,
  mrOwner: 48,
  mrOwnerConfig: 48,
  rtmr0: 48,
  rtmr1: 48,
  rtmr2: 48,
  rtmr3: 48,
  reportData: 64,
} as const;

const TD15_FIELDS = { ...TD10_FIELDS, teeTcbSvn2: 16, mrServiceTd: 48 } as const;

const TD15EX_FIELDS = {
  ...TD15_FIELDS,
  vmId: 1,
  tdId: 32,
  devInfo: 48,
  initServTdHash: 48,
  initServTdAttributes: 8,
  initCpuSvn: 16,
  initTeeTcbSvn: 16,
  initTeeFmspc: 12,
  curServTdHash: 48,
  curServTdAttributes: 8,
} as const;

/** Body kinds with the type number that a version 5 quote writes before them. */
export const TD_BODY_KINDS = {
  td10: { type: 2, fields: TD10_FIELDS },
  td15: { type: 3, fields: TD15_FIELDS },
  td15ex: { type: 4, fields: TD15EX_FIELDS },
} as const satisfies Record<string, { type: number; fields: Readonly<Record<string, number>> }>;

export type TdBodyKind = keyof typeof TD_BODY_KINDS;

/** Values by field name; a body kind leaves out what it has no place for. */
export type TdBody = Record<keyof typeof TD15EX_FIELDS, Uint8Array>;

/** A body of zeros, to fill in. */
export function emptyTdBody(): TdBody {
  const sizes = Object.entries(TD15EX_FIELDS);
  return Object.fromEntries(sizes.map(([name, size]) => [name, new Uint8Array(size)])) as TdBody;
}

export function encodeTdBody(kind: TdBodyKind, body: TdBody): Uint8Array {
  const writer = new ByteWriter();
  for (const [name, size] of Object.entries(TD_BODY_KINDS[kind].fields)) {
    const value = body[name as keyof TdBody];
    if (value.length !== size)
      throw new RangeError(`${name} has ${value.length} bytes, not ${size}`);
    writer.bytes(value);
  }
  return writer.finish();
}
