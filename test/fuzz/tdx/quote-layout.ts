/**
 * The quote's wire table once more, read from Intel's document and not from the parser under
 * test: the two must agree on where every byte belongs.
 */
export interface Field {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface QuoteParts {
  /** Header, descriptor and body. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly attestationKey: Uint8Array;
  readonly outerType: number;
  readonly qeReport: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  readonly qeAuthData: Uint8Array;
  readonly innerType: number;
  readonly certification: Uint8Array;
  readonly trailing: Uint8Array;
}

const HEADER = {
  version: 2,
  attestation_key_type: 2,
  tee_type: 4,
  qe_svn: 2,
  pce_svn: 2,
  qe_vendor_id: 16,
  user_data: 20,
};

const BODY = {
  tee_tcb_svn: 16,
  mr_seam: 48,
  mr_signer_seam: 48,
  seam_attributes: 8,
  td_attributes: 8,
  xfam: 8,
  mr_td: 48,
  mr_config_id: 48,
  mr_owner: 48,
  mr_owner_config: 48,
  rtmr0: 48,
  rtmr1: 48,
  rtmr2: 48,
  rtmr3: 48,
  report_data: 64,
};

const BODY_15 = { tee_tcb_svn2: 16, mr_service_td: 48 };

const BODY_15_EX = {
  vm_id: 1,
  td_id: 32,
  dev_info: 48,
  init_serv_td_hash: 48,
  init_serv_td_attributes: 8,
  init_cpu_svn: 16,
  init_tee_tcb_svn: 16,
  init_tee_fmspc: 12,
  cur_serv_td_hash: 48,
  cur_serv_td_attributes: 8,
};

const QE_REPORT = {
  qe_cpu_svn: 16,
  qe_misc_select: 4,
  qe_reserved1: 28,
  qe_attributes: 16,
  qe_mr_enclave: 32,
  qe_reserved2: 32,
  qe_mr_signer: 32,
  qe_reserved3: 96,
  qe_isv_prod_id: 2,
  qe_isv_svn: 2,
  qe_reserved4: 60,
  qe_report_data: 64,
};

/** Fields that say how long something else is, or what it is. */
export const LENGTHS = [
  'body_size',
  'auth_data_size',
  'outer_size',
  'qe_auth_data_size',
  'inner_size',
] as const;
export const KINDS = [
  'version',
  'attestation_key_type',
  'tee_type',
  'body_type',
  'outer_type',
  'inner_type',
] as const;

/** Every field in wire order; of an honest quote, which is long enough. */
export function layoutOf(quote: Uint8Array): readonly Field[] {
  const view = viewOf(quote);
  const fields: Field[] = [];
  let at = 0;
  const add = (sizes: Readonly<Record<string, number>>) => {
    for (const [name, size] of Object.entries(sizes)) {
      fields.push({ name, start: at, end: at + size });
      at += size;
    }
  };
  add(HEADER);
  let bodySize = 584;
  if (view.getUint16(0, true) === 5) {
    bodySize = view.getUint32(50, true);
    add({ body_type: 2, body_size: 4 });
  }
  add(BODY);
  if (bodySize > 584) add(BODY_15);
  if (bodySize > 648) add(BODY_15_EX);
  add({ auth_data_size: 4, signature: 64, attestation_key: 64, outer_type: 2, outer_size: 4 });
  add(QE_REPORT);
  add({ qe_report_signature: 64, qe_auth_data_size: 2 });
  add({ qe_auth_data: view.getUint16(at - 2, true), inner_type: 2, inner_size: 4 });
  add({ certification: view.getUint32(at - 4, true) });
  if (at < quote.length) add({ trailing: quote.length - at });
  return fields;
}

/** Undefined where the bytes are too few or a length is not exactly what is there. */
export function partsOf(quote: Uint8Array): QuoteParts | undefined {
  const view = viewOf(quote);
  if (quote.length < 54) return undefined;
  const version = view.getUint16(0, true);
  const signedEnd = version === 5 ? 54 + view.getUint32(50, true) : 48 + 584;
  const auth = signedEnd + 4;
  if (quote.length < auth + 590) return undefined;
  const authEnd = auth + view.getUint32(signedEnd, true);
  const dataAt = auth + 584;
  const dataEnd = dataAt + view.getUint16(auth + 582, true);
  if (quote.length < authEnd || authEnd < dataEnd + 6) return undefined;
  if (view.getUint32(auth + 130, true) !== authEnd - (auth + 134)) return undefined;
  if (view.getUint32(dataEnd + 2, true) !== authEnd - (dataEnd + 6)) return undefined;
  return {
    signed: quote.subarray(0, signedEnd),
    signature: quote.subarray(auth, auth + 64),
    attestationKey: quote.subarray(auth + 64, auth + 128),
    outerType: view.getUint16(auth + 128, true),
    qeReport: quote.subarray(auth + 134, auth + 518),
    qeReportSignature: quote.subarray(auth + 518, auth + 582),
    qeAuthData: quote.subarray(dataAt, dataEnd),
    innerType: view.getUint16(dataEnd, true),
    certification: quote.subarray(dataEnd + 6, authEnd),
    trailing: quote.subarray(authEnd),
  };
}

/** The parts put together again with every length right. */
export function assemble(parts: QuoteParts): Uint8Array {
  const inner = parts.certification.length;
  const outer = 384 + 64 + 2 + parts.qeAuthData.length + 6 + inner;
  return Uint8Array.from(
    Buffer.concat([
      parts.signed,
      u32(64 + 64 + 6 + outer),
      parts.signature,
      parts.attestationKey,
      u16(parts.outerType),
      u32(outer),
      parts.qeReport,
      parts.qeReportSignature,
      u16(parts.qeAuthData.length),
      parts.qeAuthData,
      u16(parts.innerType),
      u32(inner),
      parts.certification,
      parts.trailing,
    ]),
  );
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff);
}

export function u32(value: number): Uint8Array {
  return Uint8Array.of(...u16(value), ...u16(value >>> 16));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
