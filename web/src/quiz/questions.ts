export interface Question {
  /** Part of the idempotency key: an answer counts once, however often it is sent. */
  id: string;
  text: string;
  options: readonly string[];
  right: string;
}

/**
 * They come with the page, and so do the answers: fine among friends. Where points are worth something, a game server
 * judges the answers and posts the scores with its own token (PLAYER_WRITES=false refuses those of players).
 */
export const questions: readonly Question[] = [
  {
    id: 'tungsten',
    text: 'Which element has the symbol W?',
    options: ['Tungsten', 'Tin', 'Uranium', 'Wolframite'],
    right: 'Tungsten',
  },
  {
    id: 'violin',
    text: 'How many strings has a violin?',
    options: ['Three', 'Four', 'Five', 'Six'],
    right: 'Four',
  },
  {
    id: 'base-to-peak',
    text: 'Which mountain is the tallest, measured from its base?',
    options: ['Mount Everest', 'K2', 'Mauna Kea', 'Denali'],
    right: 'Mauna Kea',
  },
  {
    id: 'status-429',
    text: 'What does a web server mean by 429?',
    options: ['I am a teapot', 'Too many requests', 'Not found', 'Payment required'],
    right: 'Too many requests',
  },
  {
    id: 'hearts',
    text: 'How many hearts has an octopus?',
    options: ['One', 'Two', 'Three', 'Eight'],
    right: 'Three',
  },
  {
    id: 'moon',
    text: 'In which year did people first walk on the Moon?',
    options: ['1957', '1961', '1969', '1972'],
    right: '1969',
  },
];

export const secondsToAnswer = 15;

/** 100 for the right answer, and up to 100 more for a quick one. */
export function pointsFor(secondsTaken: number): number {
  const left = Math.max(0, secondsToAnswer - secondsTaken) / secondsToAnswer;
  return 100 + Math.round(100 * left);
}
