import type { Row } from '@leaderboard/shared/contracts/rankings';
import { BoardRow } from './board-row.js';
import { type Movement, movements } from './movement.js';

export interface BoardTableOptions {
  /** Called with the user_id when a name is chosen; names are plain text without it. */
  onChoose?: (userId: string) => void;
  /** Whether rows wear what happened to them. */
  showMovement: boolean;
}

const slideMs = 420;
const moveShownMs = 8_000;

/**
 * The rows of a board, one `<tr>` for each user for as long as the user is on it. A row that changes its place slides
 * there from where it was seen (first, last, invert, play), so nothing flickers and eyes can follow.
 */
export class BoardTable {
  readonly #body: HTMLTableSectionElement;
  readonly #options: BoardTableOptions;
  readonly #rows = new Map<string, BoardRow>();
  readonly #stillness = matchMedia('(prefers-reduced-motion: reduce)');
  #ranks: Map<string, number> | undefined;
  #limit = 0;

  constructor(body: HTMLTableSectionElement, options: BoardTableOptions) {
    this.#body = body;
    this.#options = options;
  }

  /** Forgets all rows: the next ones are another board's, and nobody moves from one to the other. */
  clear(): void {
    this.#ranks = undefined;
    this.#rows.clear();
    this.#body.replaceChildren();
  }

  /** @param limit how many rows were asked for: when there is room for more, those who come in are not new */
  show(rows: readonly Row[], followed?: string, limit = rows.length): void {
    const known = this.#limit === limit ? this.#ranks : undefined;
    const moved = this.#options.showMovement ? movements(known, rows) : new Map<string, Movement>();
    const seenAt = this.#positions();
    const focused = document.activeElement;

    const present = new Set(rows.map((row) => row.user_id));
    for (const [userId, row] of this.#rows) {
      if (present.has(userId)) continue;
      row.element.remove();
      this.#rows.delete(userId);
    }
    for (const [at, row] of rows.entries()) {
      const shown = this.#rows.get(row.user_id) ?? this.#make(row.user_id);
      shown.update(row, row.user_id === followed);
      const movement = moved.get(row.user_id);
      if (movement !== undefined) shown.wear(movement, moveShownMs);
      const there = this.#body.children[at];
      if (there !== shown.element) this.#body.insertBefore(shown.element, there ?? null);
    }
    // An element that is moved in the document loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#body.contains(focused))
      focused.focus({ preventScroll: true });

    if (known) this.#slide(seenAt);
    this.#ranks = new Map(rows.map((row) => [row.user_id, row.rank]));
    this.#limit = limit;
  }

  #make(userId: string): BoardRow {
    const row = new BoardRow(userId, this.#options.onChoose);
    this.#rows.set(userId, row);
    return row;
  }

  /** Where each row is seen at this moment, in the middle of a slide too. */
  #positions(): Map<string, number> {
    if (this.#stillness.matches) return new Map();
    return new Map([...this.#rows].map(([userId, row]) => [userId, row.element.getBoundingClientRect().top]));
  }

  #slide(seenAt: ReadonlyMap<string, number>): void {
    if (this.#stillness.matches) return;
    for (const row of this.#rows.values())
      for (const running of row.element.getAnimations()) running.cancel();
    const tops = [...this.#rows].map(
      ([userId, row]) => [userId, row, row.element.getBoundingClientRect().top] as const,
    );
    for (const [userId, row, top] of tops) {
      const before = seenAt.get(userId);
      if (before === undefined)
        row.element.animate({ opacity: [0, 1] }, { duration: slideMs, easing: 'ease-out' });
      else if (Math.abs(before - top) > 0.5)
        row.element.animate(
          { transform: [`translateY(${before - top}px)`, 'none'] },
          { duration: slideMs, easing: 'cubic-bezier(.2, .8, .2, 1)' },
        );
    }
  }
}
