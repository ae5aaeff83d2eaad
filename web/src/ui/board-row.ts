import type { Row } from '@leaderboard/shared/contracts/rankings';
import { element, setText } from './dom.js';
import { formatNumber } from './format.js';
import type { Movement } from './movement.js';

/** One user's `<tr>`: rank, movement, name, region, score. */
export class BoardRow {
  readonly element: HTMLTableRowElement;
  readonly #rank = element('span', { class: 'rank' });
  readonly #move = element('td', { class: 'move' });
  readonly #name = element('bdi', { class: 'name' });
  readonly #id = element('bdi', { class: 'id' });
  readonly #region = element('td', { class: 'region' });
  readonly #score = element('td', { class: 'score' });
  #moveEnds = 0;
  #shownScore: number | undefined;

  constructor(userId: string, onChoose?: (userId: string) => void) {
    const label = onChoose
      ? element('button', { type: 'button', class: 'player', title: 'Follow this player' }, this.#name)
      : element('span', { class: 'player' }, this.#name);
    label.addEventListener('click', () => onChoose?.(userId));
    this.element = element(
      'tr',
      { 'data-user': userId },
      element('td', { class: 'place' }, this.#rank),
      this.#move,
      element('th', { scope: 'row' }, label, this.#id),
      this.#region,
      this.#score,
    );
  }

  update(row: Row, isFollowed: boolean): void {
    setText(this.#rank, formatNumber(row.rank));
    this.#rank.dataset.medal = row.rank <= 3 ? String(row.rank) : '';
    setText(this.#name, row.name);
    setText(this.#id, row.name === row.user_id ? '' : row.user_id);
    setText(this.#region, row.region);
    setText(this.#score, formatNumber(row.score));
    if (this.#shownScore !== undefined && this.#shownScore !== row.score) this.#flash();
    this.#shownScore = row.score;
    this.element.classList.toggle('followed', isFollowed);
    if (isFollowed) this.element.setAttribute('aria-current', 'true');
    else this.element.removeAttribute('aria-current');
  }

  /** Shows what happened to the row, for a while. */
  wear(movement: Movement, forMs: number): void {
    const [kind, symbol, spoken] = describe(movement);
    this.#move.dataset.move = kind;
    this.#move.replaceChildren(
      element('span', { 'aria-hidden': 'true' }, symbol),
      element('span', { class: 'visually-hidden' }, spoken),
    );
    clearTimeout(this.#moveEnds);
    this.#moveEnds = setTimeout(() => {
      delete this.#move.dataset.move;
      this.#move.replaceChildren();
    }, forMs);
  }

  /** The colour fades by a CSS animation, which begins anew when the class does. */
  #flash(): void {
    this.#score.classList.remove('changed');
    void this.#score.offsetWidth;
    this.#score.classList.add('changed');
  }
}

function describe(movement: Movement): [kind: string, symbol: string, spoken: string] {
  if (movement === 'new') return ['new', 'new', 'new'];
  const places = formatNumber(Math.abs(movement));
  return movement > 0 ? ['up', `▲ ${places}`, `up ${places}`] : ['down', `▼ ${places}`, `down ${places}`];
}
