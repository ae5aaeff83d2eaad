import { describe, expect, it } from 'vitest';
import { lineChart } from './line-chart.js';

const chart = (values: readonly number[], name = 'rank') =>
  lineChart({
    title: 'Growth',
    xTitle: 'users',
    yTitle: 'µs',
    xs: [10_000, 100_000, 1_000_000],
    series: [{ name, values }],
  });

const points = (svg: string) =>
  /points="([^"]*)"/
    .exec(svg)?.[1]
    ?.split(' ')
    .map((pair) => pair.split(',').map(Number));

describe('lineChart', () => {
  it('places equal factors equally far apart, the least at the left and the greatest at the top', () => {
    expect(points(chart([10, 100, 1000]))).toEqual([
      [64, 308],
      [302, 178],
      [540, 48],
    ]);
  });

  it('has room for values that do not differ', () => {
    expect(points(chart([20, 20, 20]))?.every(([, y = Number.NaN]) => y >= 48 && y <= 308)).toBe(true);
  });

  it('is valid XML whatever a series is called', () => {
    expect(chart([1, 2, 3], 'a < b & c')).toContain('a &lt; b &amp; c');
  });
});
