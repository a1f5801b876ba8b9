/** The CPU's evidence in a bundle, exact bytes. */
export type BundleCpu =
  | {
      readonly kind: 'tdx';
      readonly quote: Uint8Array;
      /** CCEL's TCG2 log, or dstack's JSON. */
      readonly eventLog?: Uint8Array;
      readonly ccelTable?: Uint8Array;
    }
  /** A plain or an extended report. */
  | { readonly kind: 'snp'; readonly report: Uint8Array };
