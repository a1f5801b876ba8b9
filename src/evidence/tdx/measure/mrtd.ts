import { sha384 } from '#crypto';
import { utf8 } from '../../../core/bytes/text.ts';
import { Fault } from '../../../core/fault.ts';
import { PAGE_SIZE } from '../../firmware-sections.ts';
import { parseTdvf } from './tdvf.ts';
import type { TdvfSection } from './tdvf-sections.ts';

/**
 * In which order a host measures a section. `page-by-page`: each page is added, then extended,
 * as upstream KVM does. `section-by-section`: all pages are added, then all are extended, as the
 * hosts of Intel's QEMU 8 did, and some that are built on them still do.
 */
export const PAGE_ORDERS = ['page-by-page', 'section-by-section'] as const;

export type PageOrder = (typeof PAGE_ORDERS)[number];

const RECORD_SIZE = 128;
const CHUNK_SIZE = 256;
const CHUNKS = PAGE_SIZE / CHUNK_SIZE;

const PAGE_ADD = utf8('MEM.PAGE.ADD');
const EXTEND = utf8('MR.EXTEND');

/**
 * The MRTD of a TD that starts with this firmware: SHA-384 over a record for each page that the
 * VMM adds and for each 256 bytes that it has measured (Intel TDX Module base architecture
 * specification, "MRTD: build-time measurement register"). It depends on nothing else: what the
 * TD is configured with stands in other registers.
 *
 * @param firmware the image that the VMM loads, e.g. OVMF.fd.
 * @returns 48 bytes.
 * @throws Fault `malformed` or `unsupported` at `measure.firmware…`, `usage` at `measure.order`.
 */
export function mrTd(firmware: Uint8Array, order: PageOrder): Uint8Array {
  if (!PAGE_ORDERS.includes(order)) {
    throw new Fault('usage', 'measure.order', `want ${PAGE_ORDERS.join(' or ')}`);
  }
  const measured = parseTdvf(firmware).sections.filter((section) => section.measured !== 'nothing');
  const transcript = new Transcript(measured.reduce((sum, section) => sum + lengthOf(section), 0));
  for (const section of measured) {
    const steps = order === 'page-by-page' ? [add, extend] : [add];
    for (let at = 0; at < section.size; at += PAGE_SIZE) {
      for (const step of steps) step(transcript, section, at);
    }
    if (order === 'page-by-page') continue;
    for (let at = 0; at < section.size; at += PAGE_SIZE) extend(transcript, section, at);
  }
  return sha384(transcript.bytes);
}

/**
 * TDH.MEM.PAGE.ADD: one buffer of 128 bytes.
 *
 * | offset | size | field            |
 * |--------|------|------------------|
 * | 0      | 12   | `MEM.PAGE.ADD`   |
 * | 16     | 8    | GPA of the page  |
 */
function add(transcript: Transcript, { gpa }: TdvfSection, at: number): void {
  transcript.record(PAGE_ADD, gpa + at);
}

/**
 * TDH.MR.EXTEND: three buffers of 128 bytes for each 256 bytes of a page.
 *
 * | offset | size | field                                   |
 * |--------|------|-----------------------------------------|
 * | 0      | 9    | `MR.EXTEND`                             |
 * | 16     | 8    | GPA of the 256 bytes                    |
 * | 128    | 256  | the bytes                               |
 */
function extend(transcript: Transcript, section: TdvfSection, at: number): void {
  if (section.measured !== 'contents') return;
  for (let offset = at; offset < at + PAGE_SIZE; offset += CHUNK_SIZE) {
    transcript.record(EXTEND, section.gpa + offset);
    transcript.chunk(section.data.subarray(offset, offset + CHUNK_SIZE));
  }
}

function lengthOf({ size, measured }: TdvfSection): number {
  const page = measured === 'contents' ? CHUNKS * (RECORD_SIZE + CHUNK_SIZE) : 0;
  return (size / PAGE_SIZE) * (RECORD_SIZE + page);
}

/** All that the TDX module hashes, in one piece of memory that begins as zeros. */
class Transcript {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  record(name: Uint8Array, gpa: number): void {
    this.bytes.set(name, this.#at);
    this.#view.setBigUint64(this.#at + 16, BigInt(gpa), true);
    this.#at += RECORD_SIZE;
  }

  /** Up to 256 bytes; what the image does not hold stays zero. */
  chunk(data: Uint8Array): void {
    this.bytes.set(data, this.#at);
    this.#at += CHUNK_SIZE;
  }
}
