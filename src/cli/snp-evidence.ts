import { AMD_ROOTS } from '../core/x509/amd-roots.ts';
import { NO_WISH } from '../endorsements/revocation-wish.ts';
import { bulletinOf, FLOORS_AS_OF } from '../evidence/snp/floors/bulletins.ts';
import { WEAKNESSES } from '../evidence/snp/floors/weaknesses.ts';
import type { SnpClocks, SnpRelaxation, SnpRequests } from '../evidence/snp/input.ts';
import { type MinimumTcb, TCB_COMPONENTS, type TcbComponent } from '../evidence/snp/tcb-version.ts';
import { type SnpVerification, verifySnp } from '../evidence/snp/verifier.ts';
import { AMD_ENDORSEMENT_OPTIONS, findSnpEndorsements } from './amd-endorsements.ts';
import { ANCHOR_OPTION } from './anchor-options.ts';
import { readAnchors, readAt } from './input.ts';
import { type Io, usage } from './io.ts';
import type { Args, Options } from './verb.ts';

/** Endorsements that may have been gathered at another moment than the report. */
export const SNP_AT_KINDS = ['crl'] as const;

/** What can be asked of a report beyond the baseline. */
export const SNP_REQUEST_OPTIONS: Options = {
  'min-tcb': {
    value: '<component=n,…>',
    help: `lowest acceptable reported TCB: ${TCB_COMPONENTS.join(', ')}`,
  },
  'min-launch-tcb': {
    value: '<component=n,…>',
    help: 'the same for the TCB that the guest was launched under',
  },
  'min-committed-tcb': {
    value: '<component=n,…>',
    help: 'the same for the TCB that the machine can no longer go below',
  },
  'require-fix': {
    value: '<bulletin>',
    multiple: true,
    help: 'reject a reported TCB below the fix of this bulletin, e.g. AMD-SB-3019 (snp floors lists them)',
  },
  'allow-vmpl': {
    value: '<1|2|3>',
    multiple: true,
    help: 'relax the baseline: accept this VMPL besides 0',
  },
  'allow-platform-bit': {
    value: '<n>',
    multiple: true,
    help: 'relax the baseline: accept this PLATFORM_INFO bit, though this release does not know it',
  },
};

/** What any verb that verifies an SEV-SNP report can be told about it. */
export const SNP_EVIDENCE_OPTIONS: Options = {
  vek: {
    value: '<der|pem>',
    help: 'the VCEK or VLEK certificate, where the report has no certificate table behind it',
  },
  chain: {
    value: '<der|pem>',
    multiple: true,
    help: 'ASK or ASVK, and the ARK if you like; AMD’s own are built in',
  },
  crl: {
    value: '<der|pem>',
    help: 'the ARK’s CRL; one in the certificate table can revoke, and clears nobody',
  },
  'require-crl': { help: 'without a CRL in date the verdict is indeterminate' },
  ...AMD_ENDORSEMENT_OPTIONS,
  ...SNP_REQUEST_OPTIONS,
  ...ANCHOR_OPTION,
};

/** A report, verified as the options say. */
export async function verifySnpEvidence(
  io: Io,
  args: Args,
  readReport: () => Promise<Uint8Array>,
  reportData: Uint8Array | undefined,
  wish = NO_WISH,
): Promise<SnpVerification> {
  const anchors = await readAnchors(io, args, AMD_ROOTS);
  const at = readClocks(io, args);
  const requests = readSnpRequests(args);
  const file = async (name: string) => {
    const path = args.one(name);
    return path === undefined ? undefined : io.readFile(path);
  };
  const vek = await file('vek');
  const crl = await file('crl');
  const chain = await Promise.all(args.many('chain').map((path) => io.readFile(path)));
  const bytes = await readReport();
  const found = await findSnpEndorsements(io, args, bytes, {
    anchors,
    asked: args.many('at').length > 0 ? at.evidence : undefined,
    needVek: vek === undefined,
    needCrl: crl === undefined,
    requiresCrl: wish.crl,
    ...(vek && { vek }),
  });
  const vekUsed = vek ?? found.vek;
  const crlUsed = crl ?? found.crl;
  const { vekMissing, crlMissing } = found;
  return verifySnp({
    report: bytes,
    ...(vekUsed && { vek: vekUsed }),
    ...(vekMissing !== undefined && { vekMissing }),
    chain: chain.length > 0 ? chain : (found.chain ?? []),
    ...(crlUsed && { crl: crlUsed }),
    ...(crlMissing !== undefined && { crlMissing }),
    ...(found.furtherCrls && { furtherCrls: found.furtherCrls }),
    ...(args.has('require-crl') && { revocation: 'required' as const }),
    at,
    anchors,
    ...(reportData && { reportData }),
    ...requests,
  });
}

export function readSnpRequests(args: Args): SnpRequests {
  const minimumTcb = readMinimumTcb(args, 'min-tcb');
  const minimumLaunchTcb = readMinimumTcb(args, 'min-launch-tcb');
  const minimumCommittedTcb = readMinimumTcb(args, 'min-committed-tcb');
  return {
    ...(minimumTcb && { minimumTcb }),
    ...(minimumLaunchTcb && { minimumLaunchTcb }),
    ...(minimumCommittedTcb && { minimumCommittedTcb }),
    fixes: readFixes(args),
    relax: readRelaxation(args),
  };
}

function readClocks(io: Io, args: Args): SnpClocks {
  const { all, kinds } = readAt(io, args, SNP_AT_KINDS);
  return { evidence: all, crl: kinds.crl ?? all };
}

function readMinimumTcb(args: Args, option: string): MinimumTcb | undefined {
  const text = args.one(option);
  if (text === undefined) return undefined;
  const minimum: Partial<Record<TcbComponent, number>> = {};
  for (const part of text.split(',')) {
    const [name, value, ...more] = part.split('=');
    const component = TCB_COMPONENTS.find((known) => known === name);
    if (
      component === undefined ||
      more.length > 0 ||
      !/^(\d{1,3}|0x[0-9a-f]{1,2})$/i.test(value ?? '')
    ) {
      const known = TCB_COMPONENTS.join(', ');
      throw usage(
        `--${option}: want <component>=<0 to 255 or 0x00 to 0xff>, of ${known}; got ${JSON.stringify(part)}`,
      );
    }
    if (Number(value) > 255) throw usage(`--${option}: ${component} is at most 255, got ${value}`);
    if (minimum[component] !== undefined) throw usage(`--${option}: ${component} twice`);
    minimum[component] = Number(value);
  }
  return minimum;
}

function readFixes(args: Args): readonly string[] {
  const fixes = args.many('require-fix');
  for (const fix of fixes) {
    const weakness = WEAKNESSES.find(({ id }) => id === fix);
    if (weakness) throw usage(`--require-fix: no TCB fixes ${fix} (${weakness.title})`);
    if (bulletinOf(fix) === undefined) {
      throw usage(
        `--require-fix: no bulletin ${JSON.stringify(fix)} in the table of ${FLOORS_AS_OF}; snp floors lists it`,
      );
    }
  }
  return fixes;
}

function readRelaxation(args: Args): SnpRelaxation {
  const vmpls = args.many('allow-vmpl').map((text) => {
    const vmpl = ([1, 2, 3] as const).find((known) => String(known) === text);
    if (vmpl === undefined)
      throw usage(`--allow-vmpl: want 1, 2 or 3, got ${JSON.stringify(text)}`);
    return vmpl;
  });
  const platformInfoBits = args.many('allow-platform-bit').map((text) => {
    if (!/^\d{1,2}$/.test(text) || Number(text) > 63) {
      throw usage(`--allow-platform-bit: want 0 to 63, got ${JSON.stringify(text)}`);
    }
    return Number(text);
  });
  return { vmpls, platformInfoBits };
}
