import { expect, it } from 'vitest';
import { formatTable } from './format-table.js';

it('pads the columns and moves numbers to the right', () => {
  expect(
    formatTable(
      ['what', 'how many'],
      [
        ['a', '1'],
        ['b', '–'],
      ],
    ),
  ).toBe(
    ['| what | how many |', '|------|---------:|', '| a    |        1 |', '| b    |        – |'].join('\n'),
  );
});
