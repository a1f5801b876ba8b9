/** A PCR bank: which hash extends its registers, and so how long they are. */
interface Bank {
  readonly name: string;
  /** TPM_ALG_ID (TCG Algorithm Registry). */
  readonly id: number;
  /** Bytes of one register. */
  readonly size: number;
}

/** The banks that TPMs of the PC Client profile have. */
const BANKS: readonly Bank[] = [
  { name: 'sha1', id: 0x0004, size: 20 },
  { name: 'sha256', id: 0x000b, size: 32 },
  { name: 'sha384', id: 0x000c, size: 48 },
  { name: 'sha512', id: 0x000d, size: 64 },
];

export const ALG_RSASSA = 0x0014;
export const ALG_SHA256 = 0x000b;

export function bankOf(name: string): Bank | undefined {
  return BANKS.find((bank) => bank.name === name);
}

/** `sha256`, or for algorithms without a bank here the number, `0x0012`. */
export function algorithmName(id: number): string {
  return BANKS.find((bank) => bank.id === id)?.name ?? algorithmNumber(id);
}

/** A TPM_ALG_ID as the registry writes it. */
export function algorithmNumber(id: number): string {
  return `0x${id.toString(16).padStart(4, '0')}`;
}
