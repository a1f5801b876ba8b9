import { isIP } from 'node:net';
import { NEVER_PASSED } from '../../agent/session/allowed.ts';
import { parseForward } from '../../agent/tls/forward.ts';
import { parseUpstreamAddress } from '../../agent/upstream/address.ts';
import { durationMs } from '../../appraisal/policy/duration.ts';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { Fault } from '../../core/fault.ts';
import { sizeBytes } from '../config/size.ts';
import { splitAddress } from '../config/split-address.ts';
import { AGENT_DEFAULTS } from './config.ts';
import type { WrittenAgentConfig } from './schema.ts';

type Report = (path: string, problem: string) => void;

/** What no schema can say: that the parts of a configuration fit each other. */
export function agentMisunderstandings(written: WrittenAgentConfig): readonly Misfit[] {
  const found: Misfit[] = [];
  const report: Report = (path, problem) => {
    found.push({ path, problem });
  };
  checkPlaces(written, report);
  checkAllowed(written, report);
  checkKeys(written, report);
  checkGateway(written, report);
  checkTls(written, report);
  checkCertificates(written, report);
  return found;
}

function checkPlaces({ listen, upstream, limits = {} }: WrittenAgentConfig, report: Report): void {
  if (listen !== undefined && splitAddress(listen).port > 65_535) {
    report('listen', 'want a port up to 65535');
  }
  try {
    parseUpstreamAddress(upstream.address);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'usage') throw error;
    report('upstream.address', error.detail);
  }
  const { request, bodies } = { ...AGENT_DEFAULTS.limits, ...limits };
  if (sizeBytes(bodies) < sizeBytes(request)) {
    const where = limits.bodies === undefined ? 'limits.request' : 'limits.bodies';
    report(where, 'not one request would be taken: want limits.bodies no less than limits.request');
  }
}

function checkAllowed({ serves, allow = {} }: WrittenAgentConfig, report: Report): void {
  if (serves === 'plain' && allow.requests === undefined) {
    report(
      'allow.requests',
      'is missing: of a server of any kind nobody knows what it is asked for',
    );
  }
  for (const list of ['requestHeaders', 'responseHeaders'] as const) {
    for (const [i, name] of (allow[list] ?? []).entries()) {
      if (NEVER_PASSED.has(name)) report(`allow.${list}[${i}]`, 'is never passed on');
    }
  }
}

/** Longer, and what was sealed stays readable for whoever steals the key. */
const LONGEST = { life: '24h', inFlight: '1h', dateWindow: '10m' } as const;

function checkKeys({ keys = {} }: WrittenAgentConfig, report: Report): void {
  for (const [name, most] of Object.entries(LONGEST)) {
    const text = keys[name as keyof typeof LONGEST];
    if (text !== undefined && durationMs(text) > durationMs(most)) {
      report(`keys.${name}`, `want at most ${most}`);
    }
  }
  const { life, overlap } = { ...AGENT_DEFAULTS.keys, ...keys };
  if (durationMs(overlap) >= durationMs(life)) {
    report('keys.overlap', 'want less than keys.life: keys would follow each other without end');
  }
}

function checkGateway({ gateway }: WrittenAgentConfig, report: Report): void {
  if (gateway === undefined) return;
  const { origin, address, nodeKey, node, enrolmentKey } = gateway;
  for (const [name, url] of [
    ['origin', origin],
    ['address', address],
  ] as const) {
    const canonical = url === undefined ? undefined : (URL.parse(url)?.origin ?? '');
    if (canonical !== url) report(`gateway.${name}`, `want it as browsers write it, ${canonical}`);
  }
  if (node !== undefined && nodeKey === undefined) {
    report('gateway.node', 'is of no use without gateway.nodeKey, which it was enrolled under');
  }
  if (node === undefined && enrolmentKey === undefined) {
    report('gateway.enrolmentKey', 'is missing: nobody enrols a machine without one');
  }
  const { retry, retryMost } = { ...AGENT_DEFAULTS.gateway, ...gateway };
  if (durationMs(retryMost) < durationMs(retry)) {
    report('gateway.retryMost', 'want no less than gateway.retry');
  }
}

function checkTls({ tls }: WrittenAgentConfig, report: Report): void {
  if (tls === undefined) return;
  if (splitAddress(tls.listen).port > 65_535) report('tls.listen', 'want a port up to 65535');
  try {
    parseForward(tls.forward);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'usage') throw error;
    report('tls.forward', error.detail);
  }
  for (const [i, name] of tls.names.entries()) {
    if (/^[0-9.]+$|:/.test(name) && isIP(name) === 0) {
      report(`tls.names[${i}]`, 'is neither a name nor an IP address');
    }
  }
}

function checkCertificates({ gateway, ssh, tls }: WrittenAgentConfig, report: Report): void {
  if (gateway !== undefined) return;
  for (const [name, served] of Object.entries({ ssh, tls })) {
    if (served?.certificates === true) {
      report(`${name}.certificates`, 'there is no gateway to ask for them');
    }
  }
}
