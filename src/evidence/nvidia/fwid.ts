import { type DerReader, derSequence, TAG } from '../../core/encoding/der.ts';
import { malformed } from '../../core/fault.ts';
import type { Certificate } from '../../core/x509/certificate.ts';

/** Digest of the firmware to which the device gave the leaf's key, SHA-384. */
const FWID_SIZE = 48;

/** Hopper and its switches: SEQUENCE { version, SubjectPublicKeyInfo, FWID } (TCG DICE, 2018). */
const COMPOSITE_DEVICE_ID = '2.23.133.5.4.1';
/** Blackwell: DiceTcbInfo (TCG DICE Attestation Architecture 1.1, section 6.1.1). */
const TCB_INFO = '2.23.133.5.4.1.1';
const SHA384 = '2.16.840.1.101.3.4.2.2';

/** Context tags of DiceTcbInfo: `fwids` is [6]. */
const FWIDS = 0xa6;

/**
 * The firmware id of a leaf, as its generation carries it.
 *
 * @returns undefined when the leaf has neither extension.
 * @throws Fault `malformed` for an extension that can't be read, and for a leaf with both.
 */
export function fwidOf({ extensions }: Certificate): Uint8Array | undefined {
  const hopper = extensions.get(COMPOSITE_DEVICE_ID)?.value;
  const blackwell = extensions.get(TCB_INFO)?.value;
  const path = 'chain.leaf.fwid';
  if (hopper && blackwell) throw malformed(path, 'two extensions that name firmware');
  if (hopper) return compositeFwid(hopper, path);
  return blackwell && tcbInfoFwid(blackwell, path);
}

function compositeFwid(value: Uint8Array, path: string): Uint8Array {
  const sequence = derSequence(value, path);
  sequence.smallInteger('version');
  sequence.expect(TAG.sequence, 'subjectPublicKeyInfo');
  const digest = readFwid(sequence.sequence('fwid'), path);
  sequence.end();
  return digest;
}

/** The first of `fwids` is the firmware's; the second is all zero in genuine leaves. */
function tcbInfoFwid(value: Uint8Array, path: string): Uint8Array {
  const info = derSequence(value, path);
  let first: Uint8Array | undefined;
  while (!info.done) {
    if (info.peek() !== FWIDS) {
      info.element('field');
      continue;
    }
    if (first) throw malformed(path, 'two lists of fwids');
    const list = info.inside(FWIDS, 'fwids');
    first = readFwid(list.sequence('fwid'), path);
    while (!list.done) list.expect(TAG.sequence, 'fwid');
  }
  if (first === undefined) throw malformed(path, 'DiceTcbInfo without fwids');
  return first;
}

/** FWID ::= SEQUENCE { hashAlg OBJECT IDENTIFIER, digest OCTET STRING } */
function readFwid(fwid: DerReader, path: string): Uint8Array {
  const algorithm = fwid.oid('hashAlg');
  const digest = fwid.octetString('digest');
  fwid.end();
  if (algorithm !== SHA384 || digest.length !== FWID_SIZE) {
    throw malformed(path, `want SHA-384, ${FWID_SIZE} bytes; got ${algorithm}, ${digest.length}`);
  }
  return digest;
}
