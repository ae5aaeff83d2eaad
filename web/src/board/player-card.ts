import type { AroundAnswer, Row, Standing, TopAnswer } from '@leaderboard/shared/contracts/rankings';
import { callApi, pathWith } from '../api.js';
import { BoardTable } from '../ui/board-table.js';
import { byId, setText } from '../ui/dom.js';
import { formatNumber } from '../ui/format.js';
import type { PassedEvent } from './board-stream.js';
import type { ViewState } from './view-state.js';

const neighbours = 3;
/** Neighbours are read again when something has changed, but no oftener than this. */
const refreshEveryMs = 2_000;

/** The followed player: rank, score, and who stands next to it. */
export class PlayerCard {
  readonly #card = byId('player', HTMLElement);
  readonly #name = byId('player-name', HTMLElement);
  readonly #id = byId('player-id', HTMLElement);
  readonly #facts = byId('player-facts', HTMLElement);
  readonly #rank = byId('player-rank', HTMLElement);
  readonly #total = byId('player-total', HTMLElement);
  readonly #score = byId('player-score', HTMLElement);
  readonly #percentile = byId('player-percentile', HTMLElement);
  readonly #missing = byId('player-missing', HTMLElement);
  readonly #passed = byId('player-passed', HTMLElement);
  readonly #spoken = byId('player-spoken', HTMLElement);
  readonly #around = byId('player-around', HTMLTableElement);
  readonly #table: BoardTable;
  #state: ViewState | undefined;
  #reading: AbortController | undefined;
  #lastReadAt = 0;
  #timer: number | undefined;

  constructor(onChoose: (userId: string) => void, onLeave: () => void) {
    this.#table = new BoardTable(byId('player-rows', HTMLTableSectionElement), {
      onChoose,
      showMovement: true,
    });
    byId('player-leave', HTMLButtonElement).addEventListener('click', onLeave);
  }

  /** Begins with this player on this board, or ends. */
  follow(state: ViewState): void {
    this.#reading?.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastReadAt = 0;
    const before = this.#state;
    this.#state = state.user === undefined ? undefined : state;
    this.#card.hidden = state.user === undefined;
    setText(this.#passed, '');
    if (state.user === undefined) return;
    if (before?.user !== state.user) {
      setText(this.#name, state.user);
      setText(this.#id, '');
      this.#facts.hidden = true;
      this.#around.hidden = true;
      this.#missing.hidden = true;
    }
    this.#table.clear();
    this.refresh();
  }

  /** Something may have changed: reads the player and its neighbours, soon. */
  refresh(): void {
    if (!this.#state || this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#lastReadAt + refreshEveryMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, waitMs);
  }

  tellPassed({ user_id, by, rank }: PassedEvent): void {
    if (user_id !== this.#state?.user) return;
    // Nobody is named when the gateway cannot tell who it was.
    const who = by.length === 0 ? 'others' : by.map(({ name }) => name).join(', ');
    setText(this.#passed, `Passed by ${who}: now #${formatNumber(rank)}`);
  }

  async #read(): Promise<void> {
    const state = this.#state;
    if (state?.user === undefined) return;
    this.#lastReadAt = performance.now();
    const reading = new AbortController();
    this.#reading?.abort();
    this.#reading = reading;
    const { region, game, window, ties } = state;
    const board = { region, game, window, ties };
    const init = { signal: reading.signal };
    try {
      // That somebody is not ranked is an answer here, and no refusal as it would be by /rank.
      const found = await callApi<TopAnswer>(pathWith('/ranks', { ...board, user_ids: state.user }), init);
      if (found.rows.length === 0) return this.#showMissing();
      const path = `/around/${encodeURIComponent(state.user)}`;
      this.#show(await callApi<AroundAnswer>(pathWith(path, { ...board, range: neighbours }), init));
    } catch {
      // What is shown stays; the next change or snapshot tries again.
    }
  }

  #showMissing(): void {
    this.#facts.hidden = true;
    this.#around.hidden = true;
    this.#missing.hidden = false;
    setText(this.#spoken, 'This player has no score on this board.');
  }

  #show({ self, around }: AroundAnswer): void {
    this.#facts.hidden = false;
    this.#around.hidden = false;
    this.#missing.hidden = true;
    setText(this.#name, self.name);
    setText(this.#id, self.name === self.user_id ? self.region : `${self.user_id} · ${self.region}`);
    setText(this.#rank, `#${formatNumber(self.rank)}`);
    setText(this.#total, `of ${formatNumber(self.total)}`);
    setText(this.#score, formatNumber(self.score));
    setText(this.#percentile, `${formatNumber(self.percentile)} %`);
    setText(this.#spoken, `Rank ${formatNumber(self.rank)} of ${formatNumber(self.total)}`);
    this.#table.show(withSelf(self, around), self.user_id);
  }
}

/** The rows in the board's order; equal ranks stand in the order in which the score was reached. */
function withSelf(self: Standing, around: readonly Row[]): Row[] {
  return [...around, self].sort(
    (one, other) => one.rank - other.rank || one.updated_at.localeCompare(other.updated_at),
  );
}
