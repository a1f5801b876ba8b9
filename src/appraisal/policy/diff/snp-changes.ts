import type { SnpRules } from '../schema/snp.ts';
import type { Report } from './change.ts';
import {
  compareAlternatives,
  compareDemands,
  compareFloors,
  comparePresence,
  compareRules,
  nothing,
  type Pair,
} from './compare.ts';
import { compareSets } from './set-changes.ts';

const POLICY_BITS = [
  'smt',
  'singleSocket',
  'cxlAllow',
  'memAes256Xts',
  'raplDis',
  'ciphertextHidingDram',
  'pageSwapDisable',
] as const;

const PLATFORM_BITS = [
  'smtEn',
  'tsmeEn',
  'eccEn',
  'raplDis',
  'ciphertextHidingDramEn',
  'aliasCheckComplete',
  'iommuWriteSafe',
  'tioEn',
] as const;

export function compareSnp(report: Report, path: string, [before, after]: Pair<SnpRules>): void {
  compareSets(report, `${path}.referenceSets`, [before.referenceSets, after.referenceSets]);
  compareGuestPolicies(report, `${path}.guestPolicy`, [before.guestPolicy, after.guestPolicy]);
  const [old, fresh] = [before.platformInfo, after.platformInfo];
  for (const name of PLATFORM_BITS) {
    comparePresence(report, `${path}.platformInfo.${name}`, [old[name], fresh[name]]);
  }
  compareMinTcb(report, `${path}.minTcb`, [before.minTcb, after.minTcb]);
  compareDemands(report, `${path}.tcbAppliesTo`, [before.tcbAppliesTo, after.tcbAppliesTo]);
  compareRules<readonly string[]>(
    report,
    `${path}.bulletins`,
    [before.bulletins, after.bulletins],
    (pair) => compareDemands(report, `${path}.bulletins`, pair),
  );
  compareAlternatives(report, `${path}.vmpl`, [before.vmpl, after.vmpl]);
  compareAlternatives(report, `${path}.signer`, [before.signer, after.signer]);
  if (before.provisionalFirmware !== after.provisionalFirmware) {
    const effect = after.provisionalFirmware === 'allow' ? 'widens' : 'narrows';
    const text = `${before.provisionalFirmware} → ${after.provisionalFirmware}`;
    report(`${path}.provisionalFirmware`, effect, text);
  }
  compareRules<'require'>(report, `${path}.crl`, [before.crl, after.crl], nothing);
}

function compareGuestPolicies(
  report: Report,
  path: string,
  [before, after]: Pair<SnpRules['guestPolicy']>,
): void {
  for (const name of POLICY_BITS) {
    comparePresence(report, `${path}.${name}`, [before[name], after[name]]);
  }
  const at = `${path}.minAbi`;
  compareRules<{ major: number; minor: number }>(
    report,
    at,
    [before.minAbi, after.minAbi],
    ([old, fresh]) => {
      const step = fresh.major - old.major || fresh.minor - old.minor;
      if (step === 0) return;
      const text = `${old.major}.${old.minor} → ${fresh.major}.${fresh.minor}`;
      report(at, step > 0 ? 'narrows' : 'widens', text);
    },
  );
}

const PRODUCTS = ['milan', 'genoa', 'turin'] as const;
const COMPONENTS = ['fmc', 'bootLoader', 'tee', 'snp', 'microcode'] as const;

/** A product that is not listed is refused. */
function compareMinTcb(
  report: Report,
  path: string,
  [before, after]: Pair<SnpRules['minTcb']>,
): void {
  for (const product of PRODUCTS) {
    const at = `${path}.${product}`;
    const [old, fresh]: Pair<Readonly<Record<string, number>> | undefined> = [
      before[product],
      after[product],
    ];
    if (old === undefined && fresh !== undefined) report(at, 'widens', `adds ${product}`);
    else if (fresh === undefined && old !== undefined) report(at, 'narrows', `removes ${product}`);
    else if (old && fresh) {
      for (const name of COMPONENTS) {
        compareFloors(report, `${at}.${name}`, [old[name] ?? 0, fresh[name] ?? 0]);
      }
    }
  }
}
