import { element } from '../ui/dom.js';

/** GLOBAL stands for everyone in a read, so it comes first and is called so. */
const everyone = 'GLOBAL';
const labelOf = (region: string) => (region === everyone ? 'Everyone' : region);

/** One tab for each region: arrow keys, Home and End move between them, as in every tab list. */
export class RegionTabs {
  readonly #list: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #onChoose: (region: string) => void;
  #tabs: HTMLButtonElement[] = [];

  constructor(list: HTMLElement, panel: HTMLElement, onChoose: (region: string) => void) {
    this.#list = list;
    this.#panel = panel;
    this.#onChoose = onChoose;
    list.addEventListener('keydown', (event) => this.#move(event));
  }

  offer(regions: readonly string[]): void {
    const ordered = [everyone, ...regions.filter((region) => region !== everyone)];
    this.#tabs = ordered.map((region) => {
      const tab = element(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${region}`,
          'aria-controls': this.#panel.id,
          'data-region': region,
        },
        labelOf(region),
      );
      tab.addEventListener('click', () => this.#onChoose(region));
      return tab;
    });
    this.#list.replaceChildren(...this.#tabs);
  }

  select(region: string): void {
    for (const tab of this.#tabs) {
      const isSelected = tab.dataset.region === region;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      if (isSelected) this.#panel.setAttribute('aria-labelledby', tab.id);
    }
    // An unknown region in the address selects no tab; one must be reachable all the same.
    const first = this.#tabs[0];
    if (first && !this.#tabs.some((tab) => tab.tabIndex === 0)) first.tabIndex = 0;
  }

  #move(event: KeyboardEvent): void {
    const at = this.#tabs.indexOf(document.activeElement as HTMLButtonElement);
    if (at < 0) return;
    const last = this.#tabs.length - 1;
    const target = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    const tab = target === undefined ? undefined : this.#tabs[target];
    if (!tab) return;
    event.preventDefault();
    tab.focus();
    tab.click();
  }
}
