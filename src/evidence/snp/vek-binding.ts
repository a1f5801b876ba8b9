import { equalBytes, isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { CheckList } from '../check-list.ts';
import type { SnpCheckId } from './checks.ts';
import { lineOfProductName, PRODUCT_LINES, type ProductLine, productOf } from './product.ts';
import { keyInfoOf, type SnpReport } from './report.ts';
import { lineOfRoot, officeOf, VEK_COMMON_NAMES, type VekKind } from './roles.ts';
import { TCB_COMPONENTS, tcbVersion } from './tcb-version.ts';
import type { Vek, VekChain } from './vek-chain.ts';

type Checks = CheckList<SnpCheckId>;

/** Whether this certificate is the one that this report names: its kind, chip, TCB and product. */
export function checkVekBinding(checks: Checks, report: SnpReport, chain: VekChain): void {
  const { vek } = chain;
  const { signingKey } = keyInfoOf(report);
  // Nobody's key: that is answered for itself.
  const named = signingKey === 'vcek' || signingKey === 'vlek';
  if (vek && named) checkKind(checks, signingKey, vek);
  if (vek?.extensions) {
    checkHwId(checks, report, vek, vek.extensions.hwId);
    checkTcb(checks, report, vek.office.line, vek.extensions.tcb);
  }
  checkProduct(checks, report, chain);
}

/** Whether certificates fit together that no report goes with. */
export function checkVekAlone(checks: Checks, chain: VekChain): void {
  const { vek } = chain;
  if (vek) checkKind(checks, vek.office.signs, vek);
  checkProductMatch(checks, undefined, chain);
}

/** A VLEK passed off as a VCEK would let a cloud provider's key speak for a chip. */
function checkKind(checks: Checks, kind: VekKind, { certificate, office, extensions }: Vek): void {
  const want = describeKind(kind, VEK_COMMON_NAMES[kind], {
    hwId: kind === 'vcek',
    cspId: kind === 'vlek',
  });
  const got = describeKind(office.signs, certificate.subject.commonName || '(no name)', {
    // Malformed extensions fail for themselves.
    hwId: extensions ? extensions.hwId !== undefined : kind === 'vcek',
    cspId: extensions ? extensions.cspId !== undefined : kind === 'vlek',
  });
  checks.answer('snp.vek.kind', want === got ? undefined : { want, got });
}

function describeKind(
  kind: VekKind,
  commonName: string,
  has: { readonly hwId: boolean; readonly cspId: boolean },
): string {
  const issuer = kind === 'vcek' ? 'ASK' : 'ASVK';
  const facts = [has.hwId ? 'a hwID' : 'no hwID', has.cspId ? 'a CSP_ID' : 'no CSP_ID'];
  return `CN=${commonName} of an ${issuer}, with ${facts.join(' and ')}`;
}

function checkHwId(
  checks: Checks,
  report: SnpReport,
  { office }: Vek,
  hwId: Uint8Array | undefined,
): void {
  const id = 'snp.vek.hwid';
  if (keyInfoOf(report).signingKey === 'vlek') {
    checks.skipped(id, 'a VLEK is issued to a cloud provider and names no chip');
  } else if (isZero(report.chipId)) {
    checks.skipped(
      id,
      'the chip id is masked (all zero): only the certificate says which chip this is',
    );
  } else if (hwId !== undefined) {
    const padded = new Uint8Array(report.chipId.length);
    padded.set(hwId);
    const same = equalBytes(padded, report.chipId) && hwId.length === hwIdLength(office.line);
    checks.answer(
      id,
      same ? undefined : { want: `CHIP_ID ${toHex(report.chipId)}`, got: `hwID ${toHex(hwId)}` },
    );
  }
}

function hwIdLength(line: ProductLine): number {
  return PRODUCT_LINES[line].hwIdLength;
}

function checkTcb(checks: Checks, report: SnpReport, line: ProductLine, tcb: Uint8Array): void {
  const same = equalBytes(tcb, report.reportedTcb);
  checks.answer(
    'snp.vek.tcb',
    same
      ? undefined
      : {
          want: `REPORTED_TCB ${describeTcb(report.reportedTcb, line)}`,
          got: `SPLs ${describeTcb(tcb, line)}`,
        },
  );
}

/** E.g. `bootLoader 4, tee 0, snp 24, microcode 219 (04000000000018db)`. */
function describeTcb(bytes: Uint8Array, line: ProductLine): string {
  const version = tcbVersion(bytes, PRODUCT_LINES[line].layout);
  const parts = TCB_COMPONENTS.flatMap((name) =>
    version[name] === undefined ? [] : [`${name} ${version[name]}`],
  );
  return `${parts.join(', ')} (${toHex(bytes)})`;
}

/** Report, leaf, intermediate and root must all say the same product line. */
function checkProduct(checks: Checks, { cpuid, version }: SnpReport, chain: VekChain): void {
  const product = cpuid && productOf(cpuid);
  if (cpuid) {
    const at = `family 0x${cpuid.family.toString(16)}, model 0x${cpuid.model.toString(16)}`;
    checks.answer(
      'snp.product.known',
      product?.line
        ? undefined
        : {
            want: 'a processor of the Milan, Genoa or Turin line',
            got: product ? `${product.name} (${at}), whose roots are not known` : at,
          },
    );
  } else if (chain.vek) {
    checks.pass(
      'snp.product.known',
      `version ${version} does not name the processor: the product is the certificate’s`,
    );
  } else {
    checks.unresolved(
      'snp.product.known',
      `version ${version} does not name the processor, and there is no certificate that does`,
    );
  }
  // One that is not known was answered for itself.
  checkProductMatch(checks, product?.line, chain);
}

function checkProductMatch(
  checks: Checks,
  processor: ProductLine | undefined,
  { vek, intermediate, root }: VekChain,
): void {
  if (intermediate === undefined || root === undefined) return;
  const issuer = officeOf(intermediate.subject.commonName)?.line;
  // One of no name of AMD's was answered for itself.
  if (issuer === undefined) return;
  const productName = vek?.extensions?.productName;
  const sources: readonly ProductSource[] = [
    ...(processor ? [{ name: 'processor', path: 'report.cpuid', line: processor }] : []),
    { name: 'issuer', path: 'chain', line: issuer },
    ...(productName === undefined
      ? []
      : [
          {
            name: 'productName',
            path: 'vek.extensions.productName',
            line: lineOfProductName(productName),
            text: productName,
          },
        ]),
    { name: 'root', path: 'chain', line: lineOfRoot(root.subject.commonName) },
  ];
  const [odd, ...more] = sources.filter(({ line }) => line !== issuer);
  if (odd === undefined) {
    checks.pass('snp.product.match');
    return;
  }
  const got = sources.map(describeSource).join(', ');
  // Where one alone differs, that is it; the rest stand by the issuer.
  const path = more.length === 0 ? odd.path : 'chain';
  checks.fail('snp.product.match', { want: 'one product line', got }, { path });
}

/** One that names a product line, and where it stands. */
interface ProductSource {
  readonly name: string;
  readonly path: string;
  /** Undefined where it is none of AMD's lines. */
  readonly line: ProductLine | undefined;
  /** As it stands, where that is not its own name. */
  readonly text?: string;
}

function describeSource({ name, line, text }: ProductSource): string {
  const unknown = text === undefined ? 'unknown' : `unknown (${JSON.stringify(text)})`;
  return `${name} ${line ?? unknown}`;
}
