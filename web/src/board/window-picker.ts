import { element } from '../ui/dom.js';

const labels: Readonly<Record<string, string>> = {
  all: 'All time',
  '24h': '24 hours',
  '3d': '3 days',
  '7d': '7 days',
  daily: 'Today',
  weekly: 'This week',
  monthly: 'This month',
};

/** One radio button for each window that the game keeps. */
export class WindowPicker {
  readonly #group: HTMLElement;
  readonly #onChoose: (window: string) => void;
  #offered = '';

  constructor(group: HTMLElement, onChoose: (window: string) => void) {
    this.#group = group;
    this.#onChoose = onChoose;
    group.addEventListener('change', (event) => this.#onChoose((event.target as HTMLInputElement).value));
  }

  /** @param windows what the game keeps besides all time */
  offer(windows: readonly string[]): void {
    if (this.#offered === windows.join()) return;
    this.#offered = windows.join();
    const choices = ['all', ...windows].map((window) =>
      element(
        'label',
        { class: 'chip' },
        element('input', { type: 'radio', name: 'window', value: window }),
        element('span', {}, labels[window] ?? window),
      ),
    );
    this.#group.replaceChildren(...choices);
    this.#group.hidden = windows.length === 0;
  }

  select(window: string): void {
    for (const input of this.#group.querySelectorAll('input')) input.checked = input.value === window;
  }
}
