import {
  type TcbComponent,
  type TcbInfoDocument,
  type TcbLevel,
  tdxComponents,
} from '../documents.ts';
import type { TdxPlan } from '../plan.ts';
import type { TdxFaults } from './fault.ts';

const format = { fails: ['tdx.tcb_info.format'] } as const;

const content = (change: (document: TcbInfoDocument) => void) => (plan: TdxPlan) => {
  change(plan.tcbInfo.content);
};

/** Changes the text before it is signed, for what no object can hold. */
const text = (change: (text: string) => string) => (plan: TdxPlan) => {
  const { write } = plan.tcbInfo;
  plan.tcbInfo.write = (value) => change(write(value));
};

/** Changes the level that the simulated platform is on. */
const level = (change: (level: TcbLevel) => void) =>
  content(({ tcbLevels }) => {
    const [first] = tcbLevels;
    if (first) change(first);
  });

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

export const TCB_INFO_FAULTS = {
  tcb_garbage: {
    describes: 'a signed text that is no JSON',
    ...format,
    apply: text(() => 'garbage'),
  },
  tcb_trailing_text: {
    describes: 'signed text behind the JSON object',
    ...format,
    apply: text((json) => `${json}{}`),
  },
  tcb_wrapped: {
    describes: 'the whole response of Intel’s service instead of the document in it',
    ...format,
    apply: text((json) => `{"tcbInfo":${json}}`),
  },
  tcb_version2: {
    describes: 'TCB info version 2, which knows no TDX',
    ...format,
    apply: content((document) => {
      document.version = 2;
    }),
  },
  tcb_version4: {
    describes: 'a version of TCB info that does not exist yet',
    ...format,
    apply: content((document) => {
      document.version = 4;
    }),
  },
  tcb_id_sgx: {
    describes: 'the TCB info of SGX',
    ...format,
    apply: content((document) => {
      document.id = 'SGX';
    }),
  },
  tcb_type1: {
    describes: 'a TCB type whose rules nobody knows',
    ...format,
    apply: content((document) => {
      document.tcbType = 1;
    }),
  },
  tcb_no_levels: {
    describes: 'an empty list of TCB levels',
    ...format,
    apply: content((document) => {
      document.tcbLevels = [];
    }),
  },
  tcb_duplicate_levels: {
    describes: 'two TCB levels with the same SVNs and different status',
    ...format,
    apply: content(({ tcbLevels }) => {
      const [first] = tcbLevels;
      if (first) tcbLevels.push({ ...first, tcbStatus: 'OutOfDate' });
    }),
  },
  tcb_comp_short: {
    describes: 'fifteen SGX components',
    ...format,
    apply: level(({ tcb }) => {
      tcb.sgxtcbcomponents.pop();
    }),
  },
  tdx_comp_missing: {
    describes: 'a level without TDX components',
    ...format,
    apply: level(({ tcb }) => {
      Reflect.deleteProperty(tcb, 'tdxtcbcomponents');
    }),
  },
  tdx_comp_short: {
    describes: 'fifteen TDX components',
    ...format,
    apply: level(({ tcb }) => {
      tcb.tdxtcbcomponents = tdxComponents(5, 0, 3).slice(0, 15);
    }),
  },
  tcb_svn_256: {
    describes: 'an SVN that does not fit its byte',
    ...format,
    apply: level(({ tcb }) => {
      tcb.sgxtcbcomponents[15] = { svn: 256 };
    }),
  },
  tcb_svn_negative: {
    describes: 'an SVN below zero, which every platform would cover',
    ...format,
    apply: level(({ tcb }) => {
      tcb.sgxtcbcomponents[15] = { svn: -1 };
    }),
  },
  tcb_svn_text: {
    describes: 'an SVN as text, which compares by other rules',
    ...format,
    apply: level(({ tcb }) => {
      tcb.sgxtcbcomponents[15] = { svn: '0' } as unknown as TcbComponent;
    }),
  },
  tcb_unknown_status: {
    describes: 'a TCB status that nobody knows',
    ...format,
    apply: level((first) => {
      first.tcbStatus = 'Fine';
    }),
  },
  tcb_bad_date: {
    describes: 'a nextUpdate that is no date: compared as NaN it would never pass',
    ...format,
    apply: content((document) => {
      document.nextUpdate = 'never';
    }),
  },
  tcb_date_rolled: {
    describes: 'a nextUpdate on 31 June, which some libraries take for 1 July',
    ...format,
    apply: content((document) => {
      document.nextUpdate = '2026-06-31T10:16:03Z';
    }),
  },
  tcb_date_offset: {
    describes: 'an issueDate with an offset instead of Z',
    ...format,
    apply: content((document) => {
      document.issueDate = '2026-05-20T10:16:03+00:00';
    }),
  },
  tcb_bad_level_date: {
    describes: 'a tcbDate that is no date',
    ...format,
    apply: level((first) => {
      first.tcbDate = '2025-13-12T00:00:00Z';
    }),
  },
  tcb_fmspc_short: {
    describes: 'an FMSPC of five bytes',
    ...format,
    apply: content((document) => {
      document.fmspc = document.fmspc.slice(0, 10);
    }),
  },
  tdxmodule_missing: {
    describes: 'no tdxModule',
    ...format,
    apply: content((document) => {
      Reflect.deleteProperty(document, 'tdxModule');
    }),
  },
  module_id_bad: {
    describes: 'a module identity whose id names no version',
    ...format,
    apply: content((document) => {
      const [first] = document.tdxModuleIdentities ?? [];
      if (first) first.id = 'TDX_3';
    }),
  },
  module_id_twice: {
    describes: 'two module identities of the same id, differing in case only',
    ...format,
    apply: content((document) => {
      const [, second] = document.tdxModuleIdentities ?? [];
      if (second) document.tdxModuleIdentities?.push({ ...second, id: 'tdx_01' });
    }),
  },
  module_no_levels: {
    describes: 'a module identity with an empty list of levels',
    ...format,
    apply: content((document) => {
      for (const identity of document.tdxModuleIdentities ?? []) identity.tcbLevels = [];
    }),
  },
  json_deep_nesting: {
    describes: 'a signed member nested 10,000 deep, to exhaust a recursive parser’s stack',
    ...format,
    apply: text((json) => json.replace('{', `{"deep":${nested(10_000)},`)),
  },
  json_signed_dup_key_status: {
    describes: 'a signed level with two statuses: parsers differ in which one they take',
    ...format,
    apply: text((json) =>
      json.replace('"tcbStatus":"UpToDate"', '"tcbStatus":"Revoked","tcbStatus":"UpToDate"'),
    ),
  },
  json_dup_keys: {
    describes: 'a second fmspc written in after signing',
    fails: ['tdx.tcb_info.format', 'tdx.tcb_info.signature'],
    apply: (plan) => {
      plan.tcbInfo.afterSigning = (json) => json.replace('{', '{"fmspc":"000000000000",');
    },
  },
  json_escaped_dup_key: {
    describes: 'a signed document with one member name twice, once written with an escape',
    ...format,
    apply: text((json) => json.replace('{', '{"\\u0069d":"SGX",')),
  },
  fmspc_mismatch: {
    describes: 'a validly signed TCB info of another kind of platform',
    fails: ['tdx.tcb_info.fmspc'],
    apply: content((document) => {
      document.fmspc = '00906ED50000';
    }),
  },
  pceid_mismatch: {
    describes: 'a validly signed TCB info of another provisioning certification enclave',
    fails: ['tdx.tcb_info.pceid'],
    apply: content((document) => {
      document.pceId = '0001';
    }),
  },
} as const satisfies TdxFaults;
