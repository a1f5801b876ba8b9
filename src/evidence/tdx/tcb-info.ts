import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import type { Validity } from '../../core/x509/validity.ts';
import {
  COMPONENT_STATUSES,
  type ComponentStatus,
  PLATFORM_STATUSES,
  type PlatformStatus,
} from './tcb-status.ts';

/** One SVN of a level; category and type are Intel's words for what it versions, e.g. `SEAMLDR ACM`. */
export interface TcbComponent {
  readonly svn: number;
  readonly category: string | undefined;
  readonly type: string | undefined;
}

interface Level<Status> {
  readonly status: Status;
  /** Milliseconds since the epoch. */
  readonly date: number;
  readonly advisories: readonly string[];
}

export interface PlatformLevel extends Level<PlatformStatus> {
  readonly sgx: readonly TcbComponent[];
  readonly pceSvn: number;
  readonly tdx: readonly TcbComponent[];
}

/** A level of the TDX module or of the quoting enclave. */
export interface IsvLevel extends Level<ComponentStatus> {
  readonly isvSvn: number;
}

export interface TdxModule {
  readonly mrSigner: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
}

export interface TdxModuleIdentity extends TdxModule {
  /** Upper-case, e.g. `TDX_03`. */
  readonly id: string;
  /** Highest SVN first. */
  readonly levels: readonly IsvLevel[];
}

/** Intel's TCB info, version 3, for TDX (PCS API v4, "Get TDX TCB Info"). */
export interface TcbInfo {
  readonly fmspc: Uint8Array;
  readonly pceId: Uint8Array;
  /** issueDate to nextUpdate. */
  readonly validity: Validity;
  readonly evaluationDataNumber: number;
  readonly module: TdxModule;
  readonly moduleIdentities: readonly TdxModuleIdentity[];
  /** Our own order, highest first: the document's order is not relied upon. */
  readonly levels: readonly PlatformLevel[];
}

const SVN_MAX = 255;
const U16_MAX = 65_535;
const MOST_LEVELS = 1024;
/** Intel's longest list today has some twenty. */
const MOST_ADVISORIES = 512;
const LONGEST_ADVISORY = 64;

/** @throws Fault `malformed` at `collateral.tcb_info.<member>`. */
export function parseTcbInfo(text: string): TcbInfo {
  const path = 'collateral.tcb_info';
  const root = new JsonShape(parseJson(text, path).value, path);
  if (root.string('id') !== 'TDX') {
    throw malformed(`${path}.id`, `want "TDX", got ${JSON.stringify(root.string('id'))}`);
  }
  requireNumber(root, 'version', 3);
  requireNumber(root, 'tcbType', 0);
  const levels = nonEmpty(root, 'tcbLevels').map(parsePlatformLevel).sort(compareLevels);
  for (const [i, level] of levels.entries()) {
    const next = levels[i + 1];
    if (next && compareLevels(level, next) === 0) {
      throw malformed(`${path}.tcbLevels`, 'two levels with the same SVNs');
    }
  }
  const moduleIdentities = root.has('tdxModuleIdentities')
    ? root.objects('tdxModuleIdentities').map(parseModuleIdentity)
    : [];
  if (new Set(moduleIdentities.map((identity) => identity.id)).size < moduleIdentities.length) {
    throw malformed(`${path}.tdxModuleIdentities`, 'two identities with the same id');
  }
  return {
    fmspc: root.hex('fmspc', 6),
    pceId: root.hex('pceId', 2),
    validity: documentValidity(root),
    evaluationDataNumber: root.integer('tcbEvaluationDataNumber', 2 ** 31),
    module: parseModule(root.object('tdxModule')),
    moduleIdentities,
    levels,
  };
}

/** issueDate to nextUpdate of a signed document of Intel's; in the wrong order, as of a CRL, no instant is inside. */
export function documentValidity(root: JsonShape): Validity {
  return { from: root.time('issueDate'), to: root.time('nextUpdate') };
}

export function requireNumber(root: JsonShape, name: string, want: number): void {
  const got = root.integer(name, 2 ** 31);
  if (got !== want) throw malformed(`${root.path}.${name}`, `want ${want}, got ${got}`);
}

function parseModule(shape: JsonShape): TdxModule {
  return {
    mrSigner: shape.hex('mrsigner', 48),
    attributes: shape.hex('attributes', 8),
    attributesMask: shape.hex('attributesMask', 8),
  };
}

function parseModuleIdentity(shape: JsonShape): TdxModuleIdentity {
  const id = shape.string('id').toUpperCase();
  if (!/^TDX_[0-9A-F]{2}$/.test(id)) {
    throw malformed(`${shape.path}.id`, `want TDX_ and two hex digits, got ${JSON.stringify(id)}`);
  }
  return { id, ...parseModule(shape), levels: parseIsvLevels(shape) };
}

/** Levels of a module or an enclave, highest SVN first; one SVN may stand once only. */
export function parseIsvLevels(shape: JsonShape): readonly IsvLevel[] {
  const levels = nonEmpty(shape, 'tcbLevels').map((level) => ({
    isvSvn: level.object('tcb').integer('isvsvn', U16_MAX),
    ...parseLevel(level, COMPONENT_STATUSES),
  }));
  levels.sort((a, b) => b.isvSvn - a.isvSvn);
  if (new Set(levels.map((level) => level.isvSvn)).size < levels.length) {
    throw malformed(`${shape.path}.tcbLevels`, 'two levels with the same isvsvn');
  }
  return levels;
}

function parsePlatformLevel(shape: JsonShape): PlatformLevel {
  const tcb = shape.object('tcb');
  return {
    sgx: parseComponents(tcb, 'sgxtcbcomponents'),
    pceSvn: tcb.integer('pcesvn', U16_MAX),
    tdx: parseComponents(tcb, 'tdxtcbcomponents'),
    ...parseLevel(shape, PLATFORM_STATUSES),
  };
}

function parseComponents(tcb: JsonShape, name: string): readonly TcbComponent[] {
  const components = tcb.objects(name);
  if (components.length !== 16) {
    throw malformed(`${tcb.path}.${name}`, `want 16 components, got ${components.length}`);
  }
  return components.map((component) => ({
    svn: component.integer('svn', SVN_MAX),
    category: component.has('category') ? component.string('category') : undefined,
    type: component.has('type') ? component.string('type') : undefined,
  }));
}

function parseLevel<Status extends string>(
  shape: JsonShape,
  statuses: readonly Status[],
): Level<Status> {
  const text = shape.string('tcbStatus');
  const status = statuses.find((known) => known === text);
  if (status === undefined) {
    throw malformed(`${shape.path}.tcbStatus`, `unknown status ${JSON.stringify(text)}`);
  }
  return {
    status,
    date: shape.time('tcbDate'),
    advisories: shape.has('advisoryIDs') ? parseAdvisories(shape) : [],
  };
}

/** Every one of them is printed, and none of them is trusted before its signature is. */
function parseAdvisories(shape: JsonShape): readonly string[] {
  const ids = shape.strings('advisoryIDs');
  if (ids.length > MOST_ADVISORIES || ids.some((id) => id.length > LONGEST_ADVISORY)) {
    throw malformed(
      `${shape.path}.advisoryIDs`,
      `want at most ${MOST_ADVISORIES} of at most ${LONGEST_ADVISORY} characters`,
    );
  }
  return ids;
}

function nonEmpty(shape: JsonShape, name: string): readonly JsonShape[] {
  const items = shape.objects(name);
  if (items.length === 0 || items.length > MOST_LEVELS) {
    throw malformed(
      `${shape.path}.${name}`,
      `want 1 to ${MOST_LEVELS} entries, got ${items.length}`,
    );
  }
  return items;
}

/** Descending by SGX components, then PCESVN, then TDX components. */
function compareLevels(a: PlatformLevel, b: PlatformLevel): number {
  return compareSvns(b.sgx, a.sgx) || b.pceSvn - a.pceSvn || compareSvns(b.tdx, a.tdx);
}

function compareSvns(a: readonly TcbComponent[], b: readonly TcbComponent[]): number {
  for (const [i, component] of a.entries()) {
    const difference = component.svn - (b[i]?.svn ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
