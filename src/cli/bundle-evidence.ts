import { RECIPES, type RecipeName } from '../appraisal/binding/recipe.ts';
import { type Bundle, parseBundle } from '../appraisal/bundle/format.ts';
import type {
  BundleAnchors,
  BundleClocks,
  BundleExpectation,
  BundleInput,
  FoundEndorsements,
} from '../appraisal/bundle/input.ts';
import { type BundleVerification, verifyBundle } from '../appraisal/bundle/verifier.ts';
import { Fault } from '../core/fault.ts';
import { AMD_ROOTS } from '../core/x509/amd-roots.ts';
import { INTEL_SGX_ROOT } from '../core/x509/anchors.ts';
import { BundleEndorsements, type GivenEndorsements } from '../endorsements/bundle-endorsements.ts';
import { NO_WISH, type RevocationWish } from '../endorsements/revocation-wish.ts';
import { AMD_ENDORSEMENT_OPTIONS, readKdsClient } from './amd-endorsements.ts';
import { CPU_AND_DEVICE_ANCHOR_OPTIONS } from './anchor-options.ts';
import {
  ENDORSEMENT_OPTIONS,
  onlineMember,
  readChannel,
  readKept,
  readNamedCollateral,
  readPcs,
  SOURCE_OPTIONS,
  told,
} from './collateral.ts';
import { readAnchors, readAt, readExactly } from './input.ts';
import { type Io, usage } from './io.ts';
import { readKeySet } from './nras-statement.ts';
import {
  NVIDIA_AT_KINDS,
  NVIDIA_REQUEST_OPTIONS,
  readCounts,
  readNamedEndorsements,
  readNvidiaAnchors,
  readNvidiaRequests,
} from './nvidia-evidence.ts';
import { readNvidiaNetwork } from './nvidia-services.ts';
import { readSnpRequests, SNP_AT_KINDS, SNP_REQUEST_OPTIONS } from './snp-evidence.ts';
import { readTdxRequests, TDX_AT_KINDS, TDX_REQUEST_OPTIONS } from './tdx-evidence.ts';
import type { Args, Options } from './verb.ts';

export const BUNDLE_AT_KINDS = [
  ...new Set([...TDX_AT_KINDS, ...SNP_AT_KINDS, ...NVIDIA_AT_KINDS]),
] as const;

/** Each of these is about one kind of piece: without it nothing would come of them. */
const TDX_OPTIONS: Options = {
  collateral: { value: '<json>', help: 'Intel’s endorsements, as for verify tdx' },
  ...TDX_REQUEST_OPTIONS,
};
const SNP_OPTIONS: Options = {
  vek: { value: '<der|pem>', help: 'the VCEK or VLEK certificate, as for verify snp' },
  chain: {
    value: '<der|pem>',
    multiple: true,
    help: 'ASK or ASVK, and the ARK if you like; AMD’s own are built in',
  },
  crl: { value: '<der|pem>', help: 'the ARK’s CRL' },
  ...SNP_REQUEST_OPTIONS,
};
const DEVICE_OPTIONS = ['rim', 'ocsp', 'allow-opaque', 'allow-expired-rim', 'allow-rim-hold'];

export const BUNDLE_OPTIONS: Options = {
  nonce: {
    value: '<hex>',
    help: 'the challenge that was sent, 32 bytes; without it nothing is fresh',
  },
  purpose: { value: '<text>', help: 'what it must have been made for, e.g. client' },
  recipe: {
    value: '<name>',
    multiple: true,
    help: `how keys are bound: ${RECIPES.join(', ')}; any, unless said`,
  },
  'keyset-sha384': { value: '<hex>', help: 'the keyset that it must be about' },
  'device-nonce': {
    value: '<hex>',
    help: 'what devices must have signed, for recipes that derive nothing for them',
  },
  ...TDX_OPTIONS,
  ...SNP_OPTIONS,
  jwks: {
    value: '<json>',
    help: 'the keys of NVIDIA’s remote service, for statements of its in the bundle; without them those stay open',
  },
  ...NVIDIA_REQUEST_OPTIONS,
  ...ENDORSEMENT_OPTIONS,
  ...AMD_ENDORSEMENT_OPTIONS,
  'require-crl': {
    help: 'the same as --require-ocsp: of a bundle both want OCSP responses and AMD’s CRL',
  },
  ...CPU_AND_DEVICE_ANCHOR_OPTIONS,
};

/** A bundle that was verified, and all that it was verified with: the same again gives the same. */
export interface VerifiedFile {
  /** The bundle in its exact bytes. */
  readonly input: BundleInput & { readonly bundle: Uint8Array; readonly anchors: BundleAnchors };
  readonly verified: BundleVerification;
}

/**
 * A bundle, verified as the options say.
 *
 * @param unless what is expected of it where no option says so.
 */
export async function verifyBundleFile(
  io: Io,
  args: Args,
  bytes: Uint8Array,
  wish = NO_WISH,
  unless: (bundle: Bundle) => BundleExpectation = () => ({}),
): Promise<VerifiedFile> {
  const anchors = await readBundleAnchors(io, args);
  const at = readBundleClocks(io, args);
  const { revocation, relax } = readNvidiaRequests(args);
  const bundle = orBytes(bytes);
  const expected = {
    ...(bundle instanceof Uint8Array ? {} : unless(bundle)),
    ...readExpectation(args),
  };
  const requests = { tdx: readTdxRequests(args), snp: readSnpRequests(args) };
  if (!(bundle instanceof Uint8Array)) refuseIdleOptions(args, bundle);
  const endorsements =
    bundle instanceof Uint8Array ? {} : await findAll(io, args, bundle, { anchors, at, wish });
  const required = revocation ?? (args.has('require-crl') ? ('required' as const) : undefined);
  const jwks = args.one('jwks');
  const input = {
    bundle: bytes,
    at,
    anchors,
    endorsements,
    expected,
    ...requests,
    ...(required && { revocation: required }),
    ...(relax && { relax }),
    ...(jwks !== undefined && { nrasKeys: await readKeySet(io, jwks) }),
  };
  // What was read of the bytes already need not be read again.
  return { input, verified: verifyBundle({ ...input, bundle }) };
}

/** What no piece of this bundle is asked would be a check asked for and never made. */
function refuseIdleOptions(args: Args, { cpu, devices, statements }: Bundle): void {
  const about: readonly (readonly [what: string, present: boolean, options: readonly string[]])[] =
    [
      ['a TDX quote', cpu?.kind === 'tdx', Object.keys(TDX_OPTIONS)],
      ['an SEV-SNP report', cpu?.kind === 'snp', Object.keys(SNP_OPTIONS)],
      ['devices', devices.length > 0, DEVICE_OPTIONS],
      ['statements of NVIDIA’s service', (statements.nras ?? []).length > 0, ['jwks']],
      [
        'an SEV-SNP report or devices',
        cpu?.kind === 'snp' || devices.length > 0,
        ['require-ocsp', 'require-crl'],
      ],
    ];
  for (const [what, present, options] of about) {
    const idle = present ? undefined : options.find((name) => args.has(name));
    if (idle !== undefined) throw usage(`--${idle} is about ${what}: this bundle has none`);
  }
}

/** What can't be read is read again by the verifier, which says why. */
function orBytes(bytes: Uint8Array): Uint8Array | Bundle {
  try {
    return parseBundle(bytes);
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return bytes;
    throw error;
  }
}

/** The roots that the options name for each kind, and the vendors' for the others. */
export async function readBundleAnchors(io: Io, args: Args): Promise<BundleAnchors> {
  const nvidia = await readNvidiaAnchors(io, args, 'nvidia-trust-anchor');
  return {
    tdx: await readAnchors(io, args, [INTEL_SGX_ROOT]),
    snp: await readAnchors(io, args, AMD_ROOTS, 'amd-trust-anchor'),
    nvidia,
  };
}

function readBundleClocks(io: Io, args: Args): BundleClocks {
  const { all, kinds } = readAt(io, args, BUNDLE_AT_KINDS);
  return {
    evidence: all,
    tcbInfo: kinds['tcb-info'] ?? all,
    qeIdentity: kinds['qe-identity'] ?? all,
    crl: kinds.crl ?? all,
    rim: kinds.rim ?? all,
    ocsp: kinds.ocsp ?? all,
    rimOcsp: kinds['rim-ocsp'] ?? all,
  };
}

function readExpectation(args: Args): BundleExpectation {
  const nonce = readExactly(args, 'nonce', 32);
  const keysetSha384 = readExactly(args, 'keyset-sha384', 48);
  const deviceNonce = readExactly(args, 'device-nonce', 32);
  const purpose = args.one('purpose');
  const recipes = args.many('recipe').map((text) => {
    const recipe: RecipeName | undefined = RECIPES.find((known) => known === text);
    if (recipe === undefined)
      throw usage(`--recipe: want ${RECIPES.join(', ')}, got ${JSON.stringify(text)}`);
    return recipe;
  });
  return {
    ...(nonce && { nonce }),
    ...(keysetSha384 && { keysetSha384 }),
    ...(deviceNonce && { deviceNonce }),
    ...(purpose !== undefined && { purpose }),
    ...(recipes.length > 0 && { recipes }),
    devices: readCounts(args),
  };
}

interface BundleSearch {
  readonly anchors: BundleAnchors;
  readonly at: BundleClocks;
  readonly wish: RevocationWish;
}

/** What was named; what the bundle does not carry, from the folder or from the vendors. */
async function findAll(
  io: Io,
  args: Args,
  bundle: Bundle,
  { anchors, at, wish }: BundleSearch,
): Promise<FoundEndorsements> {
  const given = await readGiven(io, args, bundle);
  const network = {
    intel: readPcs(io, args),
    amd: readKdsClient(io, args),
    nvidia: await readNvidiaNetwork(io, args),
  };
  const finder = new BundleEndorsements({
    ...readKept(io, args),
    anchors,
    channel: readChannel(args),
    ...onlineMember(args, network),
  });
  // Of a bundle, whoever requires AMD's list requires NVIDIA's answers as well.
  const required = args.has('require-crl') || args.has('require-ocsp');
  const { endorsements: found, warnings } = await finder.find(bundle, {
    at,
    ...(args.many('at').length > 0 && { asked: at.tcbInfo }),
    wish: { crl: required || wish.crl, ocsp: required || wish.ocsp },
    given,
  });
  return told(io, { found, warnings });
}

/** The files that were named for pieces of this bundle. */
async function readGiven(io: Io, args: Args, { cpu }: Bundle): Promise<GivenEndorsements> {
  const devices = await readNamedEndorsements(io, args);
  if (cpu === undefined) return devices;
  if (cpu.kind === 'tdx') {
    // Folder and --offline are about devices too.
    const collateral = await readNamedCollateral(io, args, SOURCE_OPTIONS);
    return { ...devices, ...(collateral && { collateral }) };
  }
  const file = async (name: string) => {
    const path = args.one(name);
    return path === undefined ? undefined : io.readFile(path);
  };
  const vek = await file('vek');
  const crl = await file('crl');
  const chain = await Promise.all(args.many('chain').map((path) => io.readFile(path)));
  return { ...devices, ...(vek && { vek }), ...(crl && { crl }), chain };
}
