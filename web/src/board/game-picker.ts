import type { GameAnswer } from '@leaderboard/shared/contracts/games';
import { callApi, pathWith } from '../api.js';
import { element } from '../ui/dom.js';
import { cursorBefore, isGameName } from './game-search.js';

/** The board over all games that count on it; not a game of the list. */
export const overallGame = '*';
export const labelOfGame = (game: string): string => (game === overallGame ? 'Overall' : game);

interface GamesPage {
  games: GameAnswer[];
  next_cursor?: string;
}

const pageSize = 50;

/**
 * An editable combobox over any number of games: it lists those whose names begin with what is typed, and reads on as the
 * list is scrolled to its end.
 */
export class GamePicker {
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #onChoose: (game: string) => void;
  #chosen = '';
  #prefix = '';
  #next: string | undefined;
  #active = -1;
  #reading: AbortController | undefined;

  constructor(input: HTMLInputElement, list: HTMLElement, onChoose: (game: string) => void) {
    this.#input = input;
    this.#list = list;
    this.#onChoose = onChoose;
    input.addEventListener('focus', () => input.select());
    input.addEventListener('click', () => this.#open(''));
    input.addEventListener('input', () => this.#open(input.value.trim()));
    input.addEventListener('blur', () => this.#close());
    input.addEventListener('keydown', (event) => this.#onKey(event));
    // The input keeps the focus while the list is used.
    list.addEventListener('mousedown', (event) => event.preventDefault());
    list.addEventListener('click', (event) => {
      const option = (event.target as Element).closest<HTMLElement>('[role=option]');
      if (option?.dataset.game) this.#choose(option.dataset.game);
    });
    list.addEventListener('scroll', () => {
      if (list.scrollTop + list.clientHeight > list.scrollHeight - 40) void this.#readOn();
    });
  }

  select(game: string): void {
    this.#chosen = game;
    if (this.#list.hidden) this.#input.value = labelOfGame(game);
  }

  get #options(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>('[role=option]')];
  }

  #open(prefix: string): void {
    this.#reading?.abort();
    this.#reading = undefined;
    this.#prefix = prefix;
    this.#active = -1;
    this.#input.removeAttribute('aria-activedescendant');
    this.#list.hidden = false;
    this.#input.setAttribute('aria-expanded', 'true');
    this.#list.replaceChildren();
    if (prefix !== '' && !isGameName(prefix)) {
      this.#say('No game has such a name.');
      return;
    }
    this.#next = prefix === '' ? '' : (cursorBefore(prefix) ?? '');
    void this.#readOn();
  }

  /** Adds the next page of games. */
  async #readOn(): Promise<void> {
    if (this.#next === undefined || this.#reading) return;
    const reading = new AbortController();
    this.#reading = reading;
    const prefix = this.#prefix;
    try {
      const query = { limit: pageSize, cursor: this.#next || undefined };
      const page = await callApi<GamesPage>(pathWith('/games', query), { signal: reading.signal });
      const matching = page.games.filter(({ game }) => game.startsWith(prefix));
      this.#next = matching.length === page.games.length ? page.next_cursor : undefined;
      this.#add(matching);
    } catch {
      if (reading.signal.aborted) return;
      this.#say('The games cannot be read at the moment.');
    }
    if (this.#reading === reading) this.#reading = undefined;
  }

  #add(games: readonly GameAnswer[]): void {
    const names = games.map(({ game }) => game);
    const hasOverall = this.#list.querySelector(`[data-game="${overallGame}"]`) !== null;
    if (!hasOverall && games.some(({ overall }) => overall)) names.unshift(overallGame);
    const already = this.#options.length;
    const options = names.map((game, at) =>
      element(
        'div',
        {
          role: 'option',
          id: `game-${already + at}`,
          'data-game': game,
          'aria-selected': game === this.#chosen ? 'true' : 'false',
        },
        labelOfGame(game),
      ),
    );
    this.#list.append(...options);
    if (already + names.length === 0) this.#say('No game begins like this.');
  }

  #say(text: string): void {
    this.#list.append(element('div', { class: 'hint', role: 'presentation' }, text));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (this.#list.hidden) this.#open('');
      else this.#activate(this.#active + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const option =
        this.#options[this.#active] ?? this.#options.find((each) => each.dataset.game === this.#prefix);
      if (!this.#list.hidden && option?.dataset.game) this.#choose(option.dataset.game);
      else if (isGameName(this.#prefix)) this.#choose(this.#prefix);
    } else if (event.key === 'Escape') this.#close();
  }

  #activate(at: number): void {
    const options = this.#options;
    this.#active = Math.max(0, Math.min(at, options.length - 1));
    for (const [index, option] of options.entries())
      option.classList.toggle('active', index === this.#active);
    const active = options[this.#active];
    if (!active) return;
    active.scrollIntoView({ block: 'nearest' });
    this.#input.setAttribute('aria-activedescendant', active.id);
    if (this.#active === options.length - 1) void this.#readOn();
  }

  #choose(game: string): void {
    this.#chosen = game;
    this.#close();
    this.#onChoose(game);
  }

  #close(): void {
    this.#reading?.abort();
    this.#reading = undefined;
    this.#prefix = '';
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
    this.#input.value = labelOfGame(this.#chosen);
  }
}
