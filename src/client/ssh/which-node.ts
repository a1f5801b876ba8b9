import { Fault } from '../../core/fault.ts';
import { type Candidate, isCalled } from '../../protocol/session/candidates.ts';

const ID = /^[0-9a-f]{32}$/;

/** Whether a text can be nothing but a node's id. */
export function isNodeId(text: string): boolean {
  return ID.test(text);
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
  const [one, ...more] = candidates.filter((candidate) => isCalled(candidate, wanted));
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
