import { Fault } from '../../core/fault.ts';
import type { Candidate } from '../../protocol/session/candidates.ts';

const ID = /^[0-9a-f]{32}$/;

/** Whether a text can be nothing but a node's id. */
export function isNodeId(text: string): boolean {
  return ID.test(text);
}

/** `host:port` as ssh writes one: without the port where it is 22, in brackets where it is not. */
export function sshAddress(text: string): string {
  const [, bracketed, port] = /^\[([^\]]+)\](?::([0-9]+))?$/.exec(text) ?? [];
  const host = (bracketed ?? text).toLowerCase();
  const isPlain = bracketed === undefined && /^[^:]+:[0-9]+$/.test(text);
  if (isPlain) return host;
  return host.includes(':') ? `[${host}]:${port ?? 22}` : `${host}:${port ?? 22}`;
}

/**
 * Which of the machines somebody means: by id, by the name that its operator gave it, or by the
 * address where its SSH is said to be. Names and addresses are hints of the gateway; who answers has
 * to be acceptable whichever it is. None of the three goes before another: a machine that is named
 * like another's address is not meant by it.
 *
 * @throws Fault `missing` where none is meant, `usage` where several are.
 */
export function whichNode(candidates: readonly Candidate[], wanted: string): Candidate {
  const address = sshAddress(wanted);
  const [one, ...more] = candidates.filter(
    ({ node, name, services }) =>
      node === wanted ||
      name.toLowerCase() === wanted.toLowerCase() ||
      (services?.ssh !== undefined && sshAddress(services.ssh) === address),
  );
  if (one === undefined) {
    throw new Fault(
      'missing',
      wanted,
      'the gateway proposes no such node: it is not admitted, or of another pool',
    );
  }
  if (more.length > 0) {
    const ids = [one, ...more].map(({ node }) => node).join(', ');
    throw new Fault('usage', wanted, `is the name or address of several nodes; which one: ${ids}`);
  }
  return one;
}
