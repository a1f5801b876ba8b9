import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { deriveKey } from '../../src/simulator/keys.ts';
import type { Answer } from './fake-pccs.ts';
import { platform } from './world.ts';

const SEED = 'postern';

/** The list of evaluation numbers as Intel signs it. */
export const list = {
  id: 'TDX',
  version: 1,
  issueDate: '2026-05-20T10:16:03Z',
  nextUpdate: '2026-06-19T10:16:03Z',
  tcbEvalNumbers: [
    {
      tcbEvaluationDataNumber: 20,
      tcbRecoveryEventDate: '2025-08-12T00:00:00Z',
      tcbDate: '2025-08-13T00:00:00Z',
    },
    {
      tcbEvaluationDataNumber: 21,
      tcbRecoveryEventDate: '2026-05-12T00:00:00Z',
      tcbDate: '2026-05-13T00:00:00Z',
    },
  ],
};

export function signedList(
  content: unknown = list,
  { signedBy = 'tcb signer', chain = platform.served.tcbInfo.issuerChain } = {},
): Answer {
  const text = JSON.stringify(content);
  const signature = toHex(deriveKey(SEED, signedBy).sign(utf8(text)));
  return {
    body: `{"tcbEvaluationDataNumbers":${text},"signature":"${signature}"}`,
    headers: { 'TCB-Evaluation-Data-Numbers-Issuer-Chain': encodeURIComponent(chain) },
  };
}
