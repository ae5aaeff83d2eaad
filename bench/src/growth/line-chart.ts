/** A small line chart as SVG text: both axes logarithmic, one line for each series, its name at its end. */

export interface Series {
  readonly name: string;
  /** As many as there are x. */
  readonly values: readonly number[];
}

export interface Chart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xs: readonly number[];
  readonly series: readonly Series[];
}

const width = 640;
const height = 360;
const area = { left: 64, right: 540, top: 48, bottom: 308 } as const;
/** Told apart by people who see colours differently, too. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

export function lineChart({ title, xTitle, yTitle, xs, series }: Chart): string {
  const values = series.flatMap((one) => one.values);
  const x = scale(xs, area.left, area.right);
  const yTicks = powersOfTen(Math.min(...values), Math.max(...values));
  const y = scale(yTicks, area.bottom, area.top);
  const grid = yTicks.map((tick) => {
    const at = y(tick).toFixed(1);
    return `<line x1="${area.left}" x2="${area.right}" y1="${at}" y2="${at}" stroke="#ccc"/>${text(area.left - 8, y(tick) + 4, short(tick), 'end')}`;
  });
  const ticks = xs.map((value) => text(x(value), area.bottom + 20, short(value), 'middle'));
  const lines = series.map(({ values: ofOne }, at) => {
    const colour = colours[at % colours.length] ?? '';
    const points = ofOne.map((value, index) => [x(xs[index] ?? 1), y(value)] as const);
    const path = points.map((point) => point.map((part) => part.toFixed(1)).join(',')).join(' ');
    const dots = points.map(
      ([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3" fill="${colour}"/>`,
    );
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`;
  });
  const labels = apart(series.map(({ values: ofOne }) => y(ofOne.at(-1) ?? 1))).map((at, index) =>
    text(area.right + 10, at + 4, series[index]?.name ?? '', 'start', colours[index % colours.length]),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${area.left}" y="24" font-size="14" font-weight="bold">${escaped(title)}</text>`,
    ...grid,
    ...ticks,
    text((area.left + area.right) / 2, height - 12, xTitle, 'middle'),
    `<text transform="translate(14 ${(area.top + area.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yTitle)}</text>`,
    ...lines,
    ...labels,
    '</svg>',
    '',
  ].join('\n');
}

/** From values to places, by their logarithm. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const span = most - least || 1;
  return (value) => from + ((to - from) * (Math.log(value) - least)) / span;
}

function powersOfTen(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least));
  const last = Math.max(first + 1, Math.ceil(Math.log10(most)));
  return Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at));
}

const labelHeight = 14;

/** The same places, moved down as far as needed for the labels not to cover each other. */
function apart(places: readonly number[]): number[] {
  const moved = [...places];
  const order = places.map((_, at) => at).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  let free = Number.NEGATIVE_INFINITY;
  for (const at of order) {
    moved[at] = Math.max(places[at] ?? 0, free);
    free = (moved[at] ?? 0) + labelHeight;
  }
  return moved;
}

function text(x: number, y: number, content: string, anchor: string, fill = '#333'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${escaped(content)}</text>`;
}

const short = (value: number) =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value);

const escaped = (content: string) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
