import { toHex } from '../../core/bytes/hex.ts';
import { deriveBytes } from '../keys.ts';
import {
  type QeIdentityDocument,
  sgxComponents,
  type TcbInfoDocument,
  type TcbLevel,
  type TdxModuleIdentity,
  tdxComponents,
  ZERO_SIGNER,
} from './documents.ts';
import { TDX_FMSPC, TDX_PCE_ID } from './hierarchy.ts';

/**
 * Intel publishes two sets at any time: `early` names the next TCB recovery months before
 * `standard` does, so that operators can see which of their machines will fall behind.
 */
export type UpdateChannel = 'standard' | 'early';

export const EVALUATION_DATA_NUMBER = { standard: 20, early: 21 } as const satisfies Record<
  UpdateChannel,
  number
>;

/** MRSIGNER of the simulated quoting enclave; Intel's own stands in no simulated document. */
export function qeSigner(seed: string): Uint8Array {
  return deriveBytes(seed, 'quoting enclave signer', 32);
}

export function standardTcbInfo(channel: UpdateChannel): TcbInfoDocument {
  const module = {
    mrsigner: ZERO_SIGNER,
    attributes: '0000000000000000',
    attributesMask: 'FFFFFFFFFFFFFFFF',
  };
  return {
    id: 'TDX',
    version: 3,
    issueDate: '2026-05-20T10:16:03Z',
    nextUpdate: '2026-06-19T10:16:03Z',
    fmspc: TDX_FMSPC.toUpperCase(),
    pceId: TDX_PCE_ID,
    tcbType: 0,
    tcbEvaluationDataNumber: EVALUATION_DATA_NUMBER[channel],
    tdxModule: module,
    tdxModuleIdentities: [
      { id: 'TDX_03', ...module, tcbLevels: [moduleLevel(3, 'UpToDate')] },
      {
        id: 'TDX_01',
        ...module,
        tcbLevels: [
          moduleLevel(6, 'UpToDate'),
          moduleLevel(4, 'OutOfDate', ['INTEL-SA-01036', 'INTEL-SA-01099']),
          moduleLevel(2, 'OutOfDate', ['INTEL-SA-01036', 'INTEL-SA-01099']),
        ],
      },
    ],
    tcbLevels: channel === 'early' ? earlyLevels() : standardLevels(),
  };
}

const MODULE_DATES = new Map([
  [6, '2025-11-12T00:00:00Z'],
  [4, '2024-03-13T00:00:00Z'],
  [3, '2025-11-12T00:00:00Z'],
  [2, '2023-08-09T00:00:00Z'],
]);

function moduleLevel(
  isvsvn: number,
  tcbStatus: string,
  advisoryIDs?: string[],
): TdxModuleIdentity['tcbLevels'][number] {
  const tcbDate = MODULE_DATES.get(isvsvn) ?? '2018-01-04T00:00:00Z';
  return { tcb: { isvsvn }, tcbDate, tcbStatus, ...(advisoryIDs && { advisoryIDs }) };
}

function standardLevels(): TcbLevel[] {
  return [
    {
      tcb: {
        sgxtcbcomponents: sgxComponents(3, 3, 2, 2, 4, 1, 0, 5),
        pcesvn: 13,
        tdxtcbcomponents: tdxComponents(5, 0, 3),
      },
      tcbDate: '2025-11-12T00:00:00Z',
      tcbStatus: 'UpToDate',
    },
    {
      tcb: {
        sgxtcbcomponents: sgxComponents(2, 2, 2, 2, 3, 1, 0, 5),
        pcesvn: 13,
        tdxtcbcomponents: tdxComponents(5, 0, 2),
      },
      tcbDate: '2024-03-13T00:00:00Z',
      tcbStatus: 'OutOfDate',
      advisoryIDs: ['INTEL-SA-01036', 'INTEL-SA-01079', 'INTEL-SA-01099', 'INTEL-SA-01103'],
    },
    {
      tcb: {
        sgxtcbcomponents: sgxComponents(2, 2, 2, 2, 3, 1, 0, 5),
        pcesvn: 5,
        tdxtcbcomponents: tdxComponents(5, 0, 2),
      },
      tcbDate: '2018-01-04T00:00:00Z',
      tcbStatus: 'OutOfDate',
      advisoryIDs: ['INTEL-SA-00106', 'INTEL-SA-00837', 'INTEL-SA-01036', 'INTEL-SA-01079'],
    },
  ];
}

/** One recovery ahead: microcode above that of the simulated platform is wanted. */
function earlyLevels(): TcbLevel[] {
  const [current, ...older] = standardLevels();
  const next: TcbLevel = {
    tcb: {
      sgxtcbcomponents: sgxComponents(5, 5, 2, 2, 4, 1, 0, 5),
      pcesvn: 13,
      tdxtcbcomponents: tdxComponents(5, 0, 5),
    },
    tcbDate: '2026-05-13T00:00:00Z',
    tcbStatus: 'UpToDate',
  };
  const superseded = current && {
    ...current,
    tcbStatus: 'OutOfDate',
    advisoryIDs: ['INTEL-SA-01192'],
  };
  return [next, ...(superseded ? [superseded] : []), ...older];
}

export function standardQeIdentity(seed: string, channel: UpdateChannel): QeIdentityDocument {
  return {
    id: 'TD_QE',
    version: 2,
    issueDate: '2026-05-20T10:32:27Z',
    nextUpdate: '2026-06-19T10:32:27Z',
    tcbEvaluationDataNumber: EVALUATION_DATA_NUMBER[channel],
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: '11000000000000000000000000000000',
    attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
    mrsigner: toHex(qeSigner(seed)).toUpperCase(),
    isvprodid: 2,
    tcbLevels: [
      { tcb: { isvsvn: 4 }, tcbDate: '2025-11-12T00:00:00Z', tcbStatus: 'UpToDate' },
      {
        tcb: { isvsvn: 2 },
        tcbDate: '2023-08-09T00:00:00Z',
        tcbStatus: 'OutOfDate',
        advisoryIDs: ['INTEL-SA-00837'],
      },
    ],
  };
}
