import { sha256 } from '#crypto';
import { isZero } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { formatTime } from '../../core/encoding/time.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { Crl } from '../../core/x509/crl.ts';
import { certificateClaims, crlClaims } from '../certificate-claims.ts';
import type { Claims } from '../verification.ts';
import type { CertificateTable } from './certificate-table.ts';
import { isEarlier, versionText } from './firmware-version.ts';
import { guestPolicy } from './guest-policy.ts';
import { platformInfoFlags, unknownPlatformInfoBits } from './platform-info.ts';
import { PRODUCT_LINES, type ProductLine, productOf } from './product.ts';
import { HOST_REQUESTED, keyInfoOf, type SnpReport } from './report.ts';
import type { FurtherCrl } from './revocation.ts';
import { tcbShortfall, tcbVersion } from './tcb-version.ts';
import type { Vek, VekChain } from './vek-chain.ts';

/** Every field of the report; whether to believe them is what the checks say. */
export function reportClaims(report: SnpReport, line: ProductLine | undefined): Claims {
  const { cpuid } = report;
  const key = keyInfoOf(report);
  return {
    reportVersion: report.version,
    guestSvn: report.guestSvn,
    policy: hexNumber(report.policy),
    guestPolicy: policyClaims(report.policy),
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
    vmpl: report.vmpl,
    hostRequested: report.vmpl === HOST_REQUESTED,
    signatureAlgo: report.signatureAlgo,
    platformInfo: hexNumber(report.platformInfo),
    platformInfoFlags: platformInfoFlags(report.platformInfo),
    unknownPlatformInfoBits: unknownPlatformInfoBits(report.platformInfo),
    keyInfo: hexNumber(BigInt(report.keyInfo)),
    signingKey: key.signingKey ?? `reserved (${key.code})`,
    authorKeyEn: key.authorKeyEn,
    maskChipKey: key.maskChipKey,
    reportData: toHex(report.reportData),
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    reportId: toHex(report.reportId),
    reportIdMa: toHex(report.reportIdMa),
    ...(cpuid && {
      cpuid: { family: cpuid.family, model: cpuid.model, stepping: cpuid.stepping },
      processor: productOf(cpuid)?.name ?? null,
    }),
    chipId: toHex(report.chipId),
    chipIdMasked: isZero(report.chipId),
    ...tcbClaims(report, line),
    currentVersion: versionText(report.currentVersion),
    currentBuild: report.currentVersion.build,
    committedVersion: versionText(report.committedVersion),
    committedBuild: report.committedVersion.build,
    ...(report.launchMitVector && { launchMitVector: toHex(report.launchMitVector) }),
    ...(report.currentMitVector && { currentMitVector: toHex(report.currentMitVector) }),
    signature: toHex(report.signature),
  };
}

function policyClaims(policy: bigint): Claims {
  const { abiMajor, abiMinor, flags, unknown } = guestPolicy(policy);
  return { abiMajor, abiMinor, ...flags, unknownBits: unknown };
}

/** The four vectors as they stand; by component too, once their layout is known. */
function tcbClaims(report: SnpReport, line: ProductLine | undefined): Claims {
  const { currentTcb, reportedTcb, committedTcb, launchTcb } = report;
  const bytes = {
    currentTcb: toHex(currentTcb),
    reportedTcb: toHex(reportedTcb),
    committedTcb: toHex(committedTcb),
    launchTcb: toHex(launchTcb),
  };
  if (line === undefined) return bytes;
  const { layout } = PRODUCT_LINES[line];
  const current = tcbVersion(currentTcb, layout);
  const committed = tcbVersion(committedTcb, layout);
  return {
    ...bytes,
    currentSpl: current,
    reportedSpl: tcbVersion(reportedTcb, layout),
    committedSpl: committed,
    launchSpl: tcbVersion(launchTcb, layout),
    /** Firmware runs that the machine's owner can still take back. */
    committedBelowCurrent:
      tcbShortfall(committed, current).length > 0 ||
      isEarlier(report.committedVersion, report.currentVersion),
  };
}

function hexNumber(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** What came behind the report: by whose name it goes, and how much of it there is. */
export function tableClaims({ entries }: CertificateTable): Claims {
  return {
    certificateTable: entries.map(({ guid, name, data }) => ({
      guid,
      name: name ?? null,
      bytes: data.length,
    })),
  };
}

export function chainClaims({ vek, intermediate, root }: VekChain): Claims {
  return {
    ...(vek && vekClaims(vek)),
    ...(intermediate && {
      intermediateSubject: intermediate.subject.text,
      intermediateSerial: serialNumber(intermediate),
      intermediateSha256: toHex(sha256(intermediate.der)),
    }),
    ...(root && { rootSubject: root.subject.text, rootSha256: toHex(sha256(root.der)) }),
  };
}

/** The list that counts, and those that can only revoke. */
export function crlsClaims(crl: Crl | undefined, further: readonly FurtherCrl[]): Claims {
  return {
    ...(crl && { crl: crlClaims(crl) }),
    ...(further.length > 0 && {
      furtherCrls: further.map(({ crl: list, problem }) => ({
        ...(list && crlClaims(list)),
        problem: problem ?? null,
      })),
    }),
  };
}

function vekClaims({ certificate, office, extensions }: Vek): Claims {
  const { validity } = certificate;
  return {
    product: office.line,
    vekKind: office.signs,
    vekNotBefore: formatTime(validity.from),
    vekNotAfter: formatTime(validity.to),
    vek: { ...certificateClaims(certificate), ...(extensions && extensionClaims(extensions)) },
  };
}

export function extensionClaims(extensions: NonNullable<Vek['extensions']>): Claims {
  const { structVersion, productName, tcb, hwId, cspId } = extensions;
  return {
    structVersion,
    productName,
    tcb: toHex(tcb),
    ...(hwId && { hwId: toHex(hwId) }),
    ...(cspId !== undefined && { cspId }),
  };
}

/** As a number is written: AMD's serials are small ones. */
function serialNumber({ serial }: Certificate): string {
  return BigInt(`0x${serial}`).toString(16);
}
