/** TCB info and QE identity as Intel writes them, members in Intel's order; mutable, to be wrong on purpose. */

export interface TcbComponent {
  svn: number;
  category?: string;
  type?: string;
}

export interface TcbLevel {
  tcb: { sgxtcbcomponents: TcbComponent[]; pcesvn: number; tdxtcbcomponents?: TcbComponent[] };
  tcbDate: string;
  tcbStatus: string;
  advisoryIDs?: string[];
}

/** A level of a TDX module or of the quoting enclave. */
interface SvnLevel {
  tcb: { isvsvn: number };
  tcbDate: string;
  tcbStatus: string;
  advisoryIDs?: string[];
}

interface TdxModule {
  mrsigner: string;
  attributes: string;
  attributesMask: string;
}

export interface TdxModuleIdentity extends TdxModule {
  id: string;
  tcbLevels: SvnLevel[];
}

export interface TcbInfoDocument {
  id: string;
  version: number;
  issueDate: string;
  nextUpdate: string;
  fmspc: string;
  pceId: string;
  tcbType: number;
  tcbEvaluationDataNumber: number;
  tdxModule?: TdxModule;
  tdxModuleIdentities?: TdxModuleIdentity[];
  tcbLevels: TcbLevel[];
}

export interface QeIdentityDocument {
  id: string;
  version: number;
  issueDate: string;
  nextUpdate: string;
  tcbEvaluationDataNumber: number;
  miscselect: string;
  miscselectMask: string;
  attributes: string;
  attributesMask: string;
  mrsigner: string;
  isvprodid: number;
  tcbLevels: SvnLevel[];
}

/** A document on its way to be signed. */
export interface SignedDocument<T> {
  content: T;
  /** The last word on the text before it is signed, for what JSON.stringify would not write. */
  write: (content: T) => string;
  /** Key label of the signer. */
  signedBy: string;
  /** Certificates of the issuer chain, by name, in order. */
  chain: string[];
  /** What happens to the text after it was signed. */
  afterSigning: (text: string) => string;
  /** What happens to the signature. */
  signature: (signature: Uint8Array) => Uint8Array;
}

export const ZERO_SIGNER = '00'.repeat(48);

/** The names that Intel gives to the first eight SGX components, and to the TDX components. */
const SGX_COMPONENTS: readonly Omit<TcbComponent, 'svn'>[] = [
  { category: 'BIOS', type: 'Early Microcode Update' },
  { category: 'OS/VMM', type: 'SGX Late Microcode Update' },
  { category: 'OS/VMM', type: 'TXT SINIT' },
  { category: 'BIOS' },
  { category: 'BIOS' },
  { category: 'BIOS' },
  {},
  { category: 'OS/VMM', type: 'SEAMLDR ACM' },
];

const TDX_COMPONENTS: readonly Omit<TcbComponent, 'svn'>[] = [
  { category: 'OS/VMM', type: 'TDX Module' },
  { category: 'OS/VMM', type: 'TDX Module' },
  { category: 'OS/VMM', type: 'TDX Late Microcode Update' },
];

/** 16 components, zeros behind the given SVNs. */
export function sgxComponents(...svns: readonly number[]): TcbComponent[] {
  return sixteen(svns, SGX_COMPONENTS);
}

export function tdxComponents(...svns: readonly number[]): TcbComponent[] {
  return sixteen(svns, TDX_COMPONENTS);
}

function sixteen(
  svns: readonly number[],
  names: readonly Omit<TcbComponent, 'svn'>[],
): TcbComponent[] {
  return Array.from({ length: 16 }, (_, i) => ({ svn: svns[i] ?? 0, ...names[i] }));
}
