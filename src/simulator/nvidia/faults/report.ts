import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import {
  append,
  type Damage,
  flipBit,
  inTurn,
  overwrite,
  truncate,
  writeU16,
} from '../../damage.ts';
import type { NvidiaPlan } from '../plan.ts';
import { AT, BLOCK_SIZE, type MeasurementBlock } from '../report.ts';
import { afterwards, fields, signedOver } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

const format = { fails: ['nvidia.report.format'] } as const;
const nonce = { fails: ['nvidia.nonce'] } as const;

/** Request and response, both as far as the parameters. */
const REQUEST = [0x11, 0xe0, 0x01, 0xff] as const;
const RESPONSE = [0x11, 0x60, 0, 0] as const;

const REQUEST_SIZE = 37;
/** Behind 64 blocks and the responder’s nonce. */
const OPAQUE_LENGTH_AT = AT.record + 64 * BLOCK_SIZE + 32;

const block =
  (i: number, change: Partial<MeasurementBlock>) =>
  ({ report }: NvidiaPlan) => {
    const one = report.blocks[i];
    if (one) Object.assign(one, change);
  };

/** A field of the block of index 1, written over and signed. */
function firstBlock(describes: string, damage: Damage) {
  return { describes, ...format, apply: signedOver(damage) } as const;
}

function header(describes: string, change: Parameters<typeof fields>[0]) {
  return { describes, ...format, apply: fields(change) } as const;
}

export const REPORT_FAULTS = {
  report_empty: { describes: 'no bytes at all', ...format, apply: afterwards(truncate(0)) },
  report_short: {
    describes: 'a byte of the signature missing',
    ...format,
    apply: afterwards(truncate(-1)),
  },
  report_trailing_nul: {
    describes: 'a NUL behind the signature, as some tools leave it',
    ...format,
    apply: afterwards(append(Uint8Array.of(0))),
  },
  report_twice: {
    describes: 'the report twice over',
    ...format,
    apply: afterwards((report) => concatBytes(report, report)),
  },
  report_request_only: {
    describes: 'the request and no response',
    ...format,
    apply: afterwards(truncate(REQUEST_SIZE)),
  },
  report_response_only: {
    describes: 'the response without the request that it answers',
    ...format,
    apply: afterwards((report) => report.slice(REQUEST_SIZE)),
  },
  report_as_hex: {
    describes: 'the report in hex, as one tool writes it into a file',
    ...format,
    apply: afterwards((report) => utf8(Buffer.from(report).toString('hex'))),
  },
  request_spdm_1_2: header('a request of SPDM 1.2, which is signed otherwise', {
    request: [0x12, ...REQUEST.slice(1)] as [number, number, number, number],
  }),
  request_of_another_kind: header('another request than for measurements', {
    request: [0x11, 0xe1, 0x01, 0xff],
  }),
  request_no_signature: header('a request that asks for no signature', {
    request: [0x11, 0xe0, 0x00, 0xff],
  }),
  request_one_measurement: header('a request for one measurement only', {
    request: [0x11, 0xe0, 0x01, 0x01],
  }),
  request_slot_8: header('a slot that there is not', {
    slotId: 8,
    response: [0x11, 0x60, 0, 8],
  }),
  response_spdm_1_0: header('a response of SPDM 1.0', { response: [0x10, 0x60, 0, 0] }),
  response_is_an_error: header('an SPDM error as the response', { response: [0x11, 0x7f, 0, 0] }),
  response_param1: header('a parameter of the response that is reserved', {
    response: [0x11, 0x60, 1, 0],
  }),
  response_other_slot: header('a response from another slot than was asked', {
    response: [...RESPONSE.slice(0, 3), 1] as [number, number, number, number],
  }),
  blocks_one_more_said: {
    describes: 'one block more is said than there are',
    ...format,
    apply: signedOver(overwrite(AT.numberOfBlocks, Uint8Array.of(65))),
  },
  blocks_one_less_said: {
    describes: 'one block less is said than there are',
    ...format,
    apply: signedOver(overwrite(AT.numberOfBlocks, Uint8Array.of(63))),
  },
  record_length_big_endian: {
    describes: 'the length of the record in the other byte order',
    ...format,
    apply: signedOver((bytes) =>
      overwrite(AT.recordLength, bytes.slice(AT.recordLength, AT.record).reverse())(bytes),
    ),
  },
  record_length_one_less: {
    describes: 'the last byte of the record belongs to the nonce behind it',
    ...format,
    apply: signedOver(writeU16(AT.recordLength, 64 * BLOCK_SIZE - 1)),
  },
  record_length_64k_more: {
    describes: 'a record that ends 64 KiB behind the report',
    ...format,
    apply: signedOver(overwrite(AT.recordLength + 2, Uint8Array.of(1))),
  },
  block_index_twice: {
    describes: 'two blocks of one index: one to look at, the other to run',
    ...format,
    apply: block(1, { index: 1 }),
  },
  block_index_0: { describes: 'a block of index 0', ...format, apply: block(0, { index: 0 }) },
  block_index_65: {
    describes: 'a block of an index above their number',
    ...format,
    apply: block(63, { index: 65 }),
  },
  block_specification: {
    describes: 'a measurement by another specification than DMTF’s',
    ...format,
    apply: block(7, { specification: 2 }),
  },
  block_raw: {
    describes: 'a measurement that is no digest but the thing itself',
    ...format,
    apply: block(7, { type: 0x81 }),
  },
  block_sha256: {
    describes: 'a measurement of 32 bytes',
    ...format,
    apply: ({ report }) => {
      for (const one of report.blocks) one.value = one.value.slice(0, 32);
    },
  },
  block_size_over: firstBlock(
    'a block that reaches into the next',
    writeU16(AT.record + 2, BLOCK_SIZE),
  ),
  block_value_size_over: firstBlock(
    'a value that reaches into the next block',
    writeU16(AT.record + 5, BLOCK_SIZE),
  ),
  block_sizes_differ: firstBlock(
    'a block whose size is not that of its value',
    inTurn(writeU16(AT.record + 2, 50), writeU16(AT.record + 5, 48)),
  ),
  opaque_length_one_more: {
    describes: 'opaque data that reaches into the signature',
    ...format,
    apply: signedOver((bytes) =>
      writeU16(OPAQUE_LENGTH_AT, bytes.length - OPAQUE_LENGTH_AT - 1)(bytes),
    ),
  },
  opaque_length_one_less: {
    describes: 'opaque data that ends a byte early',
    ...format,
    apply: signedOver((bytes) =>
      writeU16(OPAQUE_LENGTH_AT, bytes.length - OPAQUE_LENGTH_AT - 3)(bytes),
    ),
  },
  nonce_of_another_request: {
    describes: 'a good report, in answer to another challenge',
    ...nonce,
    asks: (found) => ({ nonce: flipBit(31)(found.nonce) }),
  },
  nonce_is_the_responders: {
    describes: 'the challenge stands where the device’s own nonce is',
    ...nonce,
    asks: ({ responderNonce }) => ({ nonce: responderNonce }),
  },
  nonce_reversed: {
    describes: 'the challenge in the other byte order',
    ...nonce,
    asks: (found) => ({ nonce: found.nonce.toReversed() }),
  },
  nonce_zero: {
    describes: 'a nonce of zeros in the report, another one asked for',
    ...nonce,
    apply: fields({ nonce: new Uint8Array(32) }),
    asks: ({ responderNonce }) => ({ nonce: responderNonce }),
  },
  nonce_asked_shorter: {
    describes: 'a challenge that the report begins with, and goes on',
    ...nonce,
    asks: (found) => ({ nonce: found.nonce.slice(0, 31) }),
  },
} as const satisfies NvidiaFaults;
