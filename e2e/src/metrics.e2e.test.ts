import { readFileSync } from 'node:fs';
import { inRepository } from '@leaderboard/local/paths';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { call } from './testing/client.js';
import { selectorsOf } from './testing/promql.js';

/** By metric, the labels that it has in some process. */
const shown = new Map<string, Set<string>>();
/** Those too that have no sample yet. */
const declared = new Set<string>();
/** What Prometheus adds to everything it scrapes. */
const added = ['job', 'instance'];

function read(text: string): void {
  for (const [, metric = ''] of text.matchAll(/^# TYPE (\S+)/gm)) declared.add(metric);
  for (const [, metric = '', labels = ''] of text.matchAll(/^([a-z_:][\w:]*)(?:\{(.*)\})? \S+$/gim)) {
    const known = shown.get(metric) ?? new Set(added);
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
    shown.set(metric, known);
  }
}

beforeAll(async () => {
  const { gatewayUrls, serviceUrls, workerUrls } = inject('stack');
  shown.set('up', new Set(added));
  for (const base of [...gatewayUrls, ...serviceUrls, ...workerUrls]) {
    await call('/health/live', { base });
    const answer = await call('/metrics', { base });
    expect(answer.status).toBe(200);
    read(answer.body);
  }
});

function unknown(expression: string): string[] {
  const selectors = selectorsOf(expression);
  expect(selectors.length, expression).toBeGreaterThan(0);
  return selectors.flatMap(({ metric, labels }) => {
    const known = shown.get(metric);
    if (!known) return [metric];
    return labels.filter((label) => !known.has(label)).map((label) => `${metric}{${label}}`);
  });
}

describe('a running system has', () => {
  const file = (...path: string[]) => readFileSync(inRepository('observability', ...path), 'utf8');

  const { groups } = parse(file('prometheus', 'alerts.yml')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  it.each(groups.flatMap(({ rules }) => rules))('what the alert $alert asks for', ({ expr }) => {
    expect(unknown(expr)).toEqual([]);
  });

  const { panels } = JSON.parse(file('grafana', 'dashboards', 'leaderboard.json')) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  it.each(panels)('what the panel "$title" shows', ({ targets }) => {
    expect(targets.flatMap(({ expr }) => unknown(expr))).toEqual([]);
  });

  it('every metric that docs/operations.md lists, and no other of ours', () => {
    const listed = new Set(
      [...readFileSync(inRepository('docs', 'operations.md'), 'utf8').matchAll(/^\| `([a-z_]+)`/gm)].map(
        ([, metric = '']) => metric,
      ),
    );
    const ours = [...declared].filter((metric) =>
      /^(http|score|acknowledged|gateway|worker|live)_/.test(metric),
    );
    expect(ours.sort()).toEqual([...listed].sort());
  });
});

it('what PromQL reads is found', () => {
  expect(
    selectorsOf('sum by (le, shard) (rate(a_bucket{x="1", y=~"b|c"}[5m])) / on (z) d_total > 0.1'),
  ).toEqual([
    { metric: 'a_bucket', labels: ['le', 'shard', 'z', 'x', 'y'] },
    { metric: 'd_total', labels: ['le', 'shard', 'z'] },
  ]);
});
