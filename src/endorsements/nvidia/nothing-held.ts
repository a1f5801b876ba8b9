import { Fault } from '../../core/fault.ts';

/** There is no document that can be relied upon; some may be there that can't. */
export class NothingHeld extends Fault {
  /** A sentence for each that was stored, and is not what it is filed under. */
  readonly passedOver: readonly string[];

  constructor(at: string, detail: string, passedOver: readonly string[]) {
    super('unreachable', at, detail);
    this.passedOver = passedOver;
  }
}
