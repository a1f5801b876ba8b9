import { Fault } from '../../core/fault.ts';

/** The security patch levels (SPL) in a TCB_VERSION, by the name that AMD's KDS gives them. */
export const TCB_COMPONENTS = ['fmc', 'bootLoader', 'tee', 'snp', 'microcode'] as const;

export type TcbComponent = (typeof TCB_COMPONENTS)[number];

/** Lowest acceptable SPL by component; what is left out is not compared. */
export type MinimumTcb = Readonly<Partial<Record<TcbComponent, number>>>;

/**
 * A minimum without a component asks nothing, and is not one that was met.
 *
 * @throws Fault `usage` at `tcb.<component>` for a component that there is not, or no SPL: a
 * name that nobody compares would read as one that was.
 */
export function asksSomething(minimum: MinimumTcb | undefined): minimum is MinimumTcb {
  const entries = Object.entries(minimum ?? {});
  for (const [name, value] of entries) {
    if (!TCB_COMPONENTS.some((known) => known === name)) {
      throw new Fault(
        'usage',
        `tcb.${name}`,
        `no such component, want ${TCB_COMPONENTS.join(', ')}`,
      );
    }
    if (!Number.isInteger(value) || value < 0 || value > 255) {
      throw new Fault('usage', `tcb.${name}`, `want 0 to 255, got ${value}`);
    }
  }
  return entries.length > 0;
}

/** How the generations of processors lay out the eight bytes (SEV-SNP ABI specification). */
export type TcbLayout = 'milan-genoa' | 'turin';

const PLACES: Readonly<Record<TcbLayout, Readonly<Partial<Record<TcbComponent, number>>>>> = {
  'milan-genoa': { bootLoader: 0, tee: 1, snp: 6, microcode: 7 },
  turin: { fmc: 0, bootLoader: 1, tee: 2, snp: 3, microcode: 7 },
};

/** A TCB_VERSION: what the eight bytes say once the generation is known. */
export type TcbVersion = Readonly<Partial<Record<TcbComponent, number>>>;

/**
 * @param bytes 8 bytes, as in the report.
 * @returns the components that this generation has, in the order of its bytes.
 */
export function tcbVersion(bytes: Uint8Array, layout: TcbLayout): TcbVersion {
  return Object.fromEntries(
    Object.entries(PLACES[layout]).map(([name, at]) => [name, bytes[at] ?? 0]),
  );
}

/** The components that fall short, each with what it should be; never compared as one number. */
export function tcbShortfall(
  version: TcbVersion,
  minimum: MinimumTcb,
): readonly {
  readonly component: TcbComponent;
  readonly want: number;
  readonly got: number | undefined;
}[] {
  return TCB_COMPONENTS.flatMap((component) => {
    const want = minimum[component];
    const got = version[component];
    // A minimum for what the generation does not have can't be met.
    return want === undefined || (got !== undefined && got >= want)
      ? []
      : [{ component, want, got }];
  });
}
