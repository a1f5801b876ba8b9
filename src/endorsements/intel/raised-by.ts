import type { TcbLack } from '../../evidence/tdx/tcb-shortfall.ts';

const MODULE = 'a newer TDX module on the host, and the TD started anew';
/** The SVNs of SGX components and of the PCE stand in the platform's PCK certificate. */
const CERTIFIED = 'and a new PCK certificate';

/**
 * What an operator has to do for an SVN to rise, for people. Categories and types are Intel's
 * words in TCB info.
 */
export function raisedBy({ component, svn, type, category }: TcbLack): string {
  if (component === 'QE') return 'a newer quoting enclave on the host (Intel’s DCAP packages)';
  if (component === 'TDX module') return MODULE;
  if (svn === 'PCESVN') return `a newer PCE on the host (Intel’s DCAP packages), ${CERTIFIED}`;
  const what = type === undefined ? '' : ` (${type})`;
  if (svn.startsWith('TDX')) {
    if (type === 'TDX Module') return MODULE;
    return `newer ${type ?? 'TDX firmware'} on the host, from ${bringer(category)}`;
  }
  return `an update of ${bringer(category)}${what}, ${CERTIFIED}`;
}

function bringer(category: string | undefined): string {
  if (category === 'BIOS') return 'the host’s BIOS';
  if (category === 'OS/VMM') return 'the host’s operating system';
  return 'the host’s firmware';
}
