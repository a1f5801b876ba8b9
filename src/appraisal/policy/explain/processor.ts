import type { SnpRules } from '../schema/snp.ts';
import { type TdxRules, wantedAttributes } from '../schema/tdx.ts';
import type { Presence } from '../schema/values.ts';
import { listed, type ShowHex, unlessSkipped } from './explanation.ts';

/** Everything about a TDX quote but its registers. */
export function tdxLines(rules: TdxRules, hex: ShowHex): readonly string[] {
  const { xfam, tdxModule, platform, tcb } = rules;
  const { fmspc, ...configured } = platform;
  return [
    `The TCB status is ${listed(tcb.accept, 'or')}.`,
    ...unlessSkipped<number>(
      tcb.minEvaluationDataNumber,
      (floor) => `Intel’s evaluation of the TCB has number ${floor} or a later one.`,
    ),
    ...unlessSkipped<readonly { major: number; minIsvSvn: number }[]>(
      tdxModule.floors,
      (floors) =>
        `The TDX module is of major version ${listed(
          floors.map(({ major, minIsvSvn }) => `${major} from ISV SVN ${minIsvSvn}`),
          'or',
        )}.`,
    ),
    ...unlessSkipped<readonly string[]>(
      tdxModule.mrSeam,
      (known) => `The TDX module measures (MRSEAM) ${listed(known.map(hex), 'or')}.`,
    ),
    ...unlessSkipped<readonly string[]>(
      fmspc,
      (known) => `The platform is of kind (FMSPC) ${listed(known.map(hex), 'or')}.`,
    ),
    ...bitLines('attributes of the TD', wantedAttributes(rules)),
    ...bitLines('configuration of the platform', configured),
    ...unlessSkipped<Exclude<TdxRules['xfam'], { skip: string }>>(xfam, (rule) =>
      'exact' in rule
        ? `The CPU features (XFAM) are exactly ${rule.exact}.`
        : `No CPU feature (XFAM) of bit ${listed(rule.forbidBits, 'or')} is on.`,
    ),
  ];
}

/** Everything about an SEV-SNP report but its registers. */
export function snpLines(rules: SnpRules): readonly string[] {
  const { debug: _debug, migrateMa: _migrate, minAbi, ...bits } = rules.guestPolicy;
  const products = Object.entries(rules.minTcb).map(([product, tcb]) => {
    const components = Object.entries(tcb).map(([name, least]) => `${name} ${least}`);
    return `${product} from ${components.join(', ')}`;
  });
  return [
    `The processor is ${listed(products, 'or')}.`,
    `That holds of the ${listed(rules.tcbAppliesTo, 'and')} TCB.`,
    ...unlessSkipped<readonly string[]>(
      rules.bulletins,
      (bulletins) => `The reported TCB has the fixes of ${listed(bulletins, 'and')}.`,
    ),
    ...(rules.provisionalFirmware === 'forbid'
      ? ['The firmware that runs is committed: the machine’s owner can’t take it back.']
      : []),
    `The report was asked for at VMPL ${listed(rules.vmpl, 'or')} and signed by a ${listed(
      rules.signer.map((signer) => signer.toUpperCase()),
      'or',
    )}.`,
    ...unlessSkipped<'require'>(rules.crl, () => 'AMD’s revocation list was looked at.'),
    ...bitLines('guest policy', bits),
    ...unlessSkipped<{ major: number; minor: number }>(
      minAbi,
      ({ major, minor }) => `The guest wants firmware of ABI ${major}.${minor} or later.`,
    ),
    ...bitLines('platform', rules.platformInfo),
  ];
}

/** Bits that are asked for; those that may be anything stand under "Not checked". */
function bitLines(what: string, bits: Readonly<Record<string, Presence>>): readonly string[] {
  const of = (wanted: Presence) =>
    Object.entries(bits)
      .filter(([, presence]) => presence === wanted)
      .map(([name]) => name);
  const [set, clear] = [of('require'), of('forbid')];
  const parts = [
    ...(set.length > 0 ? [`${listed(set, 'and')} set`] : []),
    ...(clear.length > 0 ? [`${listed(clear, 'and')} clear`] : []),
  ];
  return parts.length === 0 ? [] : [`Of the ${what}: ${parts.join('; ')}.`];
}
