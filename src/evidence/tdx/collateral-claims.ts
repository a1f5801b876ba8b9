import { toHex } from '../../core/bytes/hex.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { certificateClaims, crlClaims } from '../certificate-claims.ts';
import type { Claims } from '../verification.ts';
import type { TdxEndorsements } from './endorsements.ts';
import type { QeIdentity } from './qe-identity.ts';
import type { IsvLevel, PlatformLevel, TcbComponent, TcbInfo, TdxModule } from './tcb-info.ts';

/** Everything that the collateral says; FMSPC and PCEID of a quote are the quote's own claims. */
export function endorsementClaims(endorsements: TdxEndorsements): Claims {
  const { tcbInfo, qeIdentity, rootCrl, pckCrl } = endorsements;
  const [tcbSigner] = tcbInfo.signer ?? [];
  const [qeSigner] = qeIdentity.signer ?? [];
  return {
    ...(tcbInfo.value && tcbInfoClaims(tcbInfo.value)),
    ...(tcbSigner && { tcbInfoSigner: certificateClaims(tcbSigner) }),
    ...(qeIdentity.value && qeIdentityClaims(qeIdentity.value)),
    ...(qeSigner && { qeIdentitySigner: certificateClaims(qeSigner) }),
    ...(rootCrl && { rootCaCrl: crlClaims(rootCrl) }),
    ...(pckCrl && { pckCrl: crlClaims(pckCrl) }),
  };
}

function tcbInfoClaims(info: TcbInfo): Claims {
  const [newest] = info.levels;
  return {
    fmspc: toHex(info.fmspc),
    pceId: toHex(info.pceId),
    tcbInfoIssueDate: formatTime(info.validity.from),
    tcbInfoNextUpdate: formatTime(info.validity.to),
    tcbEvaluationDataNumber: info.evaluationDataNumber,
    tdxModule: moduleClaims(info.module),
    tdxModuleIdentities: info.moduleIdentities.map((identity) => ({
      id: identity.id,
      ...moduleClaims(identity),
      tcbLevels: identity.levels.map(isvLevelClaims),
    })),
    tcbComponentNames: {
      sgx: newest?.sgx.map(componentName) ?? [],
      tdx: newest?.tdx.map(componentName) ?? [],
    },
    tcbLevels: info.levels.map(platformLevelClaims),
  };
}

function moduleClaims({ mrSigner, attributes, attributesMask }: TdxModule): Claims {
  return {
    mrSigner: toHex(mrSigner),
    attributes: toHex(attributes),
    attributesMask: toHex(attributesMask),
  };
}

function qeIdentityClaims(identity: QeIdentity): Claims {
  return {
    qeIdentityIssueDate: formatTime(identity.validity.from),
    qeIdentityNextUpdate: formatTime(identity.validity.to),
    qeEvaluationDataNumber: identity.evaluationDataNumber,
    qeIdentity: {
      miscSelect: toHex(identity.miscSelect),
      miscSelectMask: toHex(identity.miscSelectMask),
      attributes: toHex(identity.attributes),
      attributesMask: toHex(identity.attributesMask),
      mrSigner: toHex(identity.mrSigner),
      isvProdId: identity.isvProdId,
      tcbLevels: identity.levels.map(isvLevelClaims),
    },
  };
}

function platformLevelClaims(level: PlatformLevel): Claims {
  return {
    sgx: level.sgx.map((component) => component.svn),
    pceSvn: level.pceSvn,
    tdx: level.tdx.map((component) => component.svn),
    ...statusClaims(level),
  };
}

function isvLevelClaims(level: IsvLevel): Claims {
  return { isvSvn: level.isvSvn, ...statusClaims(level) };
}

function statusClaims({ status, date, advisories }: PlatformLevel | IsvLevel): Claims {
  return { tcbStatus: status, tcbDate: formatTime(date), advisories: [...advisories] };
}

function componentName({ category, type }: TcbComponent): string {
  return [type, category].filter(Boolean).join(', ');
}
