import * as node from '../../src/core/crypto/node.ts';
import type { CryptoPort } from '../../src/core/crypto/port.ts';
import * as portable from '../../src/core/crypto/portable.ts';

/** Both implementations of the port by name, whichever of them `#crypto` is in this project. */
export const implementations: readonly (readonly [string, CryptoPort])[] = [
  ['node', node],
  ['portable', portable],
];
