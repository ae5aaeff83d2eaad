import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inRepository } from './paths.js';

const read = (...path: string[]) => readFileSync(inRepository('observability', ...path), 'utf8');
const compose = parse(readFileSync(inRepository('docker-compose.yml'), 'utf8'), { merge: true });

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}

describe('observability/', () => {
  it('has a severity, a summary and a written answer for each alert', () => {
    const { groups } = parse(read('prometheus', 'alerts.yml')) as { groups: { rules: Rule[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    const headings = readFileSync(inRepository('docs', 'operations.md'), 'utf8').matchAll(/^#+ (.*)$/gm);
    const anchors = new Set([...headings].map(([, heading = '']) => heading.toLowerCase()));
    expect(rules.length).toBeGreaterThan(8);
    for (const { alert, labels, annotations } of rules) {
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).not.toBe('');
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(anchors).toContain(alert.toLowerCase());
    }
  });

  it('scrapes every process of ours, at the port that it has in docker compose', () => {
    const { scrape_configs: jobs } = parse(read('prometheus', 'prometheus.yml'));
    const scraped = jobs.map((job: { dns_sd_configs: { names: string[]; port: number }[] }) => [
      job.dns_sd_configs[0]?.names[0],
      job.dns_sd_configs[0]?.port,
    ]);
    const ours = Object.entries(
      compose.services as Record<string, { build?: object; environment: { PORT: number } }>,
    )
      .filter(([, service]) => service.build)
      .map(([name, service]) => [name, service.environment.PORT]);
    expect(scraped.sort()).toEqual(ours.sort());
  });

  it('gives every panel of the dashboard the data source that is provisioned', () => {
    const [source] = parse(read('grafana', 'provisioning', 'datasources', 'prometheus.yml')).datasources;
    const { panels } = JSON.parse(read('grafana', 'dashboards', 'leaderboard.json')) as {
      panels: { title: string; datasource: { uid: string } }[];
    };
    expect(panels.length).toBeGreaterThanOrEqual(10);
    for (const { datasource, title } of panels) expect(datasource.uid, title).toBe(source.uid);
  });

  it('keeps the dashboard where the provider looks for it', () => {
    const [provider] = parse(read('grafana', 'provisioning', 'dashboards', 'leaderboard.yml')).providers;
    const mounts = compose.services.grafana.volumes as string[];
    expect(mounts).toContain(`./observability/grafana/dashboards:${provider.options.path}:ro`);
  });
});
