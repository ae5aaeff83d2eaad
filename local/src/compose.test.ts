import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { nodeServices } from './node-services.js';
import { inRepository } from './paths.js';

interface Service {
  profiles?: string[];
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  deploy?: { replicas: number };
  environment: Record<string, string | number>;
  ports?: string[];
  networks: string[] | Record<string, unknown>;
  volumes?: string[];
  restart: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test: string[] };
}

interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
  volumes: Record<string, unknown>;
}

const text = readFileSync(inRepository('docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const example = readFileSync(inRepository('.env.example'), 'utf8');
const names = Object.keys(compose.services);
const service = (name: string) => compose.services[name] as Service;
/** Of the profile of that name. */
const observability = ['grafana', 'prometheus'];
const ours = ['api-gateway', 'leaderboard-service', 'worker-service'];

describe('the Dockerfiles', () => {
  it.each(Object.values(nodeServices))('start $directory as `npm start` does', (kind) => {
    const options = 'nodeOptions' in kind ? kind.nodeOptions : [];
    const command = JSON.stringify(['node', ...options, 'dist/main.js']).replaceAll(',', ', ');
    expect(readFileSync(inRepository(kind.directory, 'Dockerfile'), 'utf8')).toContain(`\nCMD ${command}\n`);
  });
});

describe('docker-compose.yml', () => {
  it('has every part of the system', () => {
    expect(names.sort()).toEqual([...ours, ...observability, 'nginx', 'postgres', 'redis'].sort());
  });

  it('starts Prometheus and Grafana only when asked to', () => {
    expect(names.filter((name) => service(name).profiles).sort()).toEqual(observability);
    for (const name of observability) expect(service(name).profiles).toEqual(['observability']);
  });

  it('shows Grafana on loopback only, and Prometheus to Grafana only', () => {
    expect(service('grafana').ports).toEqual([`127.0.0.1:\${GRAFANA_PORT:-3000}:3000`]);
    expect(service('grafana').networks).toEqual(['observability']);
    expect(service('prometheus').ports).toBeUndefined();
    expect(service('prometheus').networks).toEqual(['services', 'observability']);
  });

  it('runs images of a named version', () => {
    const images = names.flatMap((name) => service(name).image ?? []);
    expect(images.filter((image) => !/:v?\d/.test(image))).toEqual([]);
  });

  it.each([
    ['leaderboard-service', 3],
    ['api-gateway', 3],
    ['worker-service', undefined],
  ])('runs %s %s times', (name, replicas) => {
    expect(service(name).deploy?.replicas).toBe(replicas);
  });

  it('publishes ports of NGINX and the gateways only, with room for more gateways than three', () => {
    const published = names.filter((name) => service(name).ports && !service(name).profiles);
    expect(published.sort()).toEqual(['api-gateway', 'nginx']);
    expect(service('nginx').ports).toEqual([`\${PORT:-8080}:8080`]);
    expect(service('api-gateway').ports).toEqual([`\${GATEWAY_PORTS:-4000-4009}:4000`]);
  });

  it('keeps Redis and Postgres on a network without a way out', () => {
    expect(service('redis').networks).toEqual(['stores']);
    expect(service('postgres').networks).toEqual(['stores']);
    expect(compose.networks.stores?.internal).toBe(true);
  });

  it.each(names)('checks the health of %s and starts it again when it ends', (name) => {
    expect(service(name).healthcheck.test.length).toBeGreaterThan(1);
    expect(service(name).restart).toBe('unless-stopped');
  });

  it('starts nothing before what it depends on is healthy', () => {
    const conditions = names.flatMap((name) => Object.values(service(name).depends_on ?? {}));
    expect(new Set(conditions.map(({ condition }) => condition))).toEqual(new Set(['service_healthy']));
    expect(Object.keys(service('nginx').depends_on ?? {})).toEqual(['api-gateway']);
    expect(Object.keys(service('worker-service').depends_on ?? {}).sort()).toEqual(['postgres', 'redis']);
  });

  it('finds all services behind one name', () => {
    expect(service('api-gateway').environment.LEADERBOARD_SERVICE_URLS).toBe(
      'http://leaderboard-service:5000',
    );
    expect(service('api-gateway').environment.WORKER_URLS).toBe('http://worker-service:6001');
    expect(service('worker-service').networks).toContain('services');
    expect(service('nginx').environment.GATEWAY_SERVERS).toContain('api-gateway:4000 resolve');
  });

  it.each(ours)('builds %s from a Dockerfile that runs as a plain user', (name) => {
    const build = service(name).build;
    const path = inRepository(build?.dockerfile ?? '');
    expect(build?.context).toBe('.');
    expect(existsSync(path)).toBe(true);
    const dockerfile = readFileSync(path, 'utf8');
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(dockerfile).toContain(`EXPOSE ${service(name).environment.PORT}`);
  });

  it('copies only what exists into the images', () => {
    for (const name of ours) {
      const copies = readFileSync(inRepository(name, 'Dockerfile'), 'utf8').matchAll(
        /^COPY (?!--from)(.*) \S+$/gm,
      );
      const sources = [...copies].flatMap(([, paths = '']) => paths.split(' '));
      expect(sources.filter((path) => !existsSync(inRepository(path)))).toEqual([]);
    }
  });

  it('mounts only files and volumes that exist', () => {
    const mounts = names
      .flatMap((name) => service(name).volumes ?? [])
      .map((mount) => mount.split(':')[0] ?? '');
    const missing = mounts.filter((from) =>
      from.startsWith('./') ? !existsSync(inRepository(from)) : !(from in compose.volumes),
    );
    expect(missing).toEqual([]);
  });

  it.each(['JWT_SECRET', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'])('refuses to start without %s', (name) => {
    const uses = [...text.matchAll(new RegExp(`\\$\\{${name}([^}]*)\\}`, 'g'))].map(([, rest]) => rest);
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((rest) => !rest?.startsWith(':?'))).toEqual([]);
  });

  it('uses no variable that .env.example does not explain', () => {
    const used = new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? ''));
    expect([...used].filter((name) => !new RegExp(`^#? ?${name}=`, 'm').test(example))).toEqual([]);
  });

  it('runs Redis and NGINX with the configuration that npm start uses', () => {
    expect(service('redis').volumes).toContain('./redis/redis.conf:/usr/local/etc/redis/redis.conf:ro');
    expect(service('nginx').volumes).toContain(
      './nginx/nginx.conf.template:/etc/nginx/templates/nginx.conf.template:ro',
    );
    const template = readFileSync(inRepository('nginx', 'nginx.conf.template'), 'utf8');
    const variables = new Set([...template.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name ?? ''));
    variables.delete('UPPER_CASE');
    expect([...variables].filter((name) => !(name in service('nginx').environment))).toEqual([]);
  });
});
