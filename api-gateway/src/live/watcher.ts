import type { Frame } from './frame.js';

/** Whoever watches a board: a stream, or one subscription of a socket. */
export interface Watcher {
  /** Whose own standing it wants to know, too. */
  readonly userId: string | undefined;
  /** Never waits and never throws: who is too slow is cut off. */
  send(frame: Frame): void;
}
