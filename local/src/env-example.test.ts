import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRepository } from './paths.js';

const configModules = ['shared', 'api-gateway', 'leaderboard-service', 'worker-service', 'local'].map(
  (name) => readFileSync(inRepository(name, 'src', 'config.ts'), 'utf8'),
);
const example = readFileSync(inRepository('.env.example'), 'utf8');

/** `NAME: Type…` or `NAME: someSetting(…)`, as all configuration modules write their settings. */
const settings = new Set(
  configModules.flatMap((text) =>
    [...text.matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map(([, name]) => name ?? ''),
  ),
);
const explained = new Set(
  [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? ''),
);
/** Read elsewhere: by name and region, or by docker compose alone. */
const others = [
  /^REDIS_URL(_ASIA)?$/,
  /^(PG_DATABASE|PGHOST|PGPORT|PGUSER|PGPASSWORD|POSTGRES_URL|POSTGRES_DIRECT_URL)_ASIA$/,
  /^(REDIS|POSTGRES)_PASSWORD$/,
  /^GATEWAY_PORTS$/,
  /^EDGE_/,
  /^GRAFANA_(PASSWORD|PORT)$/,
  /^NGINX_ADDRESS$/,
];

describe('.env.example', () => {
  it('explains every variable that a process reads', () => {
    expect([...settings].filter((name) => !explained.has(name))).toEqual([]);
  });

  it('explains no variable that nobody reads', () => {
    const known = (name: string) => settings.has(name) || others.some((pattern) => pattern.test(name));
    expect([...explained].filter((name) => !known(name))).toEqual([]);
  });

  it('says the default that the code has', () => {
    const wrong: string[] = [];
    for (const text of configModules) {
      const lines = text.matchAll(
        /^ {2}([A-Z][A-Z0-9_]+): .*(?:default: '?([^',}]+)'?|(?:switchSetting|milliseconds)\(([^),]+))/gm,
      );
      for (const [, name = '', inline, argument] of lines) {
        const value = (inline ?? argument ?? '')
          .replaceAll('_', (_, at: number, all: string) => (/\d/.test(all[at - 1] ?? '') ? '' : '_'))
          .trim();
        const line = new RegExp(`^(?:# )?${name}=(.*)$`, 'm').exec(example)?.[1];
        if (!line?.startsWith(value) && !['HOST', 'PORT'].includes(name))
          wrong.push(`${name}: ${value}, not ${line}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
