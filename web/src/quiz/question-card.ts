import { byId, element, setText } from '../ui/dom.js';
import { type Question, secondsToAnswer } from './questions.js';

/** Shows one question and waits for the answer, or for the end of the time. */
export class QuestionCard {
  readonly #count = byId('question-count', HTMLElement);
  readonly #text = byId('question-text', HTMLElement);
  readonly #options = byId('options', HTMLElement);
  readonly #time = byId('time', HTMLElement);
  readonly #bar = byId('time-bar', HTMLElement);
  readonly #outcome = byId('outcome', HTMLElement);
  readonly #next = byId('next', HTMLButtonElement);

  /** @returns the seconds it took, and whether it was right; undefined answer: time is over */
  ask(question: Question, number: number, of: number): Promise<{ isRight: boolean; seconds: number }> {
    setText(this.#count, `Question ${number} of ${of}`);
    setText(this.#text, question.text);
    setText(this.#outcome, '');
    this.#next.hidden = true;
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    const bar = this.#bar.animate(
      { transform: ['scaleX(1)', 'scaleX(0)'] },
      { duration: secondsToAnswer * 1000, fill: 'forwards' },
    );
    return new Promise((resolve) => {
      const tick = () => {
        const left = Math.ceil(secondsToAnswer - seconds());
        setText(this.#time, `${Math.max(0, left)} s`);
        if (left <= 0) answer(undefined);
      };
      const answer = (option: string | undefined) => {
        clearInterval(timer);
        bar.pause();
        const isRight = option === question.right;
        this.#reveal(question, option);
        resolve({ isRight, seconds: seconds() });
      };
      const timer = setInterval(tick, 250);
      tick();
      const buttons = question.options.map((option) => {
        const button = element('button', { type: 'button', class: 'option' }, option);
        button.addEventListener('click', () => answer(option));
        return button;
      });
      this.#options.replaceChildren(...buttons);
      if (number > 1) buttons[0]?.focus();
    });
  }

  tell(outcome: string): void {
    setText(this.#outcome, outcome);
  }

  /** Resolves when the player wants to go on. */
  next(label: string): Promise<void> {
    setText(this.#next, label);
    this.#next.hidden = false;
    this.#next.focus();
    return new Promise((resolve) => this.#next.addEventListener('click', () => resolve(), { once: true }));
  }

  #reveal(question: Question, chosen: string | undefined): void {
    for (const button of this.#options.querySelectorAll('button')) {
      button.disabled = true;
      if (button.textContent === question.right) button.dataset.is = 'right';
      else if (button.textContent === chosen) button.dataset.is = 'wrong';
    }
  }
}
