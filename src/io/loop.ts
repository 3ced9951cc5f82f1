import { LoopRoom } from './loop-room.ts';
import { LoopTurns } from './loop-turns.ts';

/** How guests and long replies share the event loop with everything else. */
export class Loop {
  readonly guests = new LoopRoom();
  readonly longReplies = new LoopTurns();

  /** A connection was accepted: more may wait, and go first. */
  accepted(): void {
    this.guests.giveWay();
    this.longReplies.giveWay();
  }
}
