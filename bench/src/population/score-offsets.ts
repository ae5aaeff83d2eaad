/**
 * Keeps every posted score above the user's last one, whoever posts: each run of load takes a stretch of its own. So all
 * writes change the board, which is the dearest case, and yet a user moves only a little.
 */
export class ScoreOffsets {
  #next = 1;

  /** The caller may post, for each user, its first score + this and the `stretch` scores that follow. */
  take(stretch: number): number {
    const offset = this.#next;
    this.#next += stretch + 1;
    return offset;
  }
}
