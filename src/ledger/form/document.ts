import {
  makeCanonicalDocument,
  readCanonicalDocument,
} from '../../appraisal/policy/signing/canonical-document.ts';
import { malformed } from '../../core/fault.ts';
import {
  type BlobSink,
  type BlobSource,
  type Form,
  NO_SINK,
  NO_SOURCE,
  unwritable,
} from './form.ts';

/** What a kind of document is called in messages, and how large one may be. */
export interface DocumentKind<T> {
  readonly name: string;
  /** In bytes. */
  readonly most: number;
  readonly form: Form<T>;
}

/**
 * The bytes of a document, canonical JSON (RFC 8785).
 *
 * @throws Fault `usage` for a value that does not fit in: every document that is written can be read.
 */
export function writeDocument<T>(
  kind: DocumentKind<T>,
  value: T,
  sink: BlobSink = NO_SINK,
): Uint8Array {
  const { name, most, form } = kind;
  const { bytes } = makeCanonicalDocument(form.write(value, name, sink), name);
  if (bytes.length > most) throw unwritable(name, `larger than ${most} bytes`);
  return bytes;
}

/** @throws Fault `malformed` at `<name>…`, also for another text of the same value. */
export function readDocument<T>(
  { name, most, form }: DocumentKind<T>,
  bytes: Uint8Array,
  source: BlobSource = NO_SOURCE,
): T {
  if (bytes.length > most) throw malformed(name, `larger than ${most} bytes`);
  return form.read(readCanonicalDocument(bytes, name).value, name, source);
}
