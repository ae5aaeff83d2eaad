import { existsSync, readFileSync } from 'node:fs';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js';
import type { Container, EnvVar, PodSpec, Service } from 'kubernetes-types/core/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inRepository } from './paths.js';
import {
  filesOf,
  kubernetes,
  type Manifest,
  merge,
  readManifests,
  readYaml,
  typeErrors,
} from './testing/kubernetes-manifests.js';

interface Compose {
  services: Record<
    string,
    { image?: string; command?: string[]; environment: Record<string, string | number> }
  >;
}

const base = readManifests('base');
const names = ['api-gateway', 'leaderboard-service', 'nginx', 'worker-service'];
const ours = names.filter((name) => name !== 'nginx');
const compose = parse(readFileSync(inRepository('docker-compose.yml'), 'utf8'), { merge: true }) as Compose;
const example = readFileSync(inRepository('.env.example'), 'utf8');
const isExplained = (name: string) => new RegExp(`^#? ?${name}=`, 'm').test(example);

const find = <Kind>(kind: string, name: string) =>
  base.find((manifest) => manifest.kind === kind && manifest.metadata.name === name) as Kind | undefined;
const deployment = (name: string) => find<Deployment>('Deployment', name);
const pod = (name: string) => deployment(name)?.spec?.template.spec as PodSpec;
const container = (name: string) => pod(name).containers[0] as Container;
const variables = (name: string): EnvVar[] => container(name).env ?? [];
const setting = (name: string, variable: string) =>
  variables(name).find((one) => one.name === variable)?.value;
const selectorOf = (name: string) => ({ 'app.kubernetes.io/name': name });

describe('the manifests', () => {
  it('are of the types that Kubernetes has', () => {
    expect(typeErrors([...base, ...readManifests('example'), ...patched()])).toEqual([]);
  }, 30_000);

  it('would not pass with a field that Kubernetes does not know, or with one of another type', () => {
    const service = find<Manifest & Service>('Service', 'nginx');
    const wrong = { ...service, spec: { selector: {}, prots: [], clusterIP: 1 } } as unknown as Manifest;
    expect(typeErrors([wrong])[0]).toMatch(/^Service nginx: .*(prots|number)/);
  }, 30_000);

  it('are all named by their kustomization', () => {
    const listed = new Set(base.map(({ file }) => file));
    expect(filesOf('base').filter((file) => !listed.has(file))).toEqual([]);
  });

  it('have for each part a deployment, a service, an autoscaler, a disruption budget and a network policy', () => {
    for (const kind of [
      'Deployment',
      'Service',
      'HorizontalPodAutoscaler',
      'PodDisruptionBudget',
      'NetworkPolicy',
    ]) {
      const found = base.filter((manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name);
      expect(found.sort(), kind).toEqual(names);
    }
  });
});

/** The autoscalers as the component makes them. */
function patched(): Manifest[] {
  const { patches } = readYaml('custom-metrics', 'kustomization.yaml') as { patches: { path: string }[] };
  return patches.map(({ path }) => {
    const patch = readYaml('custom-metrics', path) as Manifest;
    const target = find<Manifest>(patch.kind, patch.metadata.name);
    if (!target) throw new Error(`${path} changes what does not exist`);
    return merge(target, patch);
  });
}

describe.each(names)('%s', (name) => {
  it('is selected by its own labels everywhere', () => {
    const labels = selectorOf(name);
    expect(deployment(name)?.spec?.selector.matchLabels).toEqual(labels);
    expect(deployment(name)?.spec?.template.metadata?.labels).toMatchObject(labels);
    expect(find<Service>('Service', name)?.spec?.selector).toEqual(labels);
    expect(find<PodDisruptionBudget>('PodDisruptionBudget', name)?.spec?.selector?.matchLabels).toEqual(
      labels,
    );
    expect(find<NetworkPolicy>('NetworkPolicy', name)?.spec?.podSelector.matchLabels).toEqual(labels);
    expect(find<HorizontalPodAutoscaler>('HorizontalPodAutoscaler', name)?.spec?.scaleTargetRef.name).toBe(
      name,
    );
    for (const { labelSelector } of pod(name).topologySpreadConstraints ?? [])
      expect(labelSelector?.matchLabels).toEqual(labels);
  });

  it('is probed at its port', () => {
    const { ports, startupProbe, livenessProbe, readinessProbe } = container(name);
    expect(ports).toEqual([
      { name: 'http', containerPort: Number(setting(name, 'PORT') ?? setting(name, 'LISTEN')) },
    ]);
    for (const probe of [startupProbe, livenessProbe, readinessProbe])
      expect(probe?.httpGet?.port ?? probe?.tcpSocket?.port).toBe('http');
    expect(find<Service>('Service', name)?.spec?.ports?.[0]?.targetPort).toBe('http');
  });

  it('runs without privileges, on a file system that it cannot write', () => {
    expect(pod(name)).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container(name).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('says what it needs, so that it can be placed and scaled', () => {
    expect(container(name).resources).toMatchObject({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
  });

  it('may stop for as long as it takes: at most 10 s, after those before it is told', () => {
    const [, seconds = '0'] = container(name).lifecycle?.preStop?.exec?.command ?? [];
    expect(pod(name).terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + 10);
  });

  it('keeps serving while one pod after the other is replaced', () => {
    expect(deployment(name)?.spec?.strategy?.rollingUpdate?.maxUnavailable).toBe(0);
    expect(find<HorizontalPodAutoscaler>('HorizontalPodAutoscaler', name)?.spec?.minReplicas).toBeGreaterThan(
      1,
    );
  });

  it('says nothing that docker compose says otherwise', () => {
    const { environment } = compose.services[name] ?? { environment: {} };
    const hosts = new Set(['GATEWAY_SERVERS', 'RESOLVER', 'TRUSTED_PROXIES']);
    for (const { name: variable, value } of variables(name)) {
      if (value === undefined || hosts.has(variable)) continue;
      expect(`${variable}=${environment[variable]}`).toBe(`${variable}=${value}`);
    }
  });
});

describe.each(ours)('the process %s', (name) => {
  it('gets only variables that .env.example explains', () => {
    expect(variables(name).filter((variable) => !isExplained(variable.name))).toEqual([]);
  });

  it('is asked for its health where it answers', () => {
    const { startupProbe, livenessProbe, readinessProbe } = container(name);
    expect(startupProbe?.httpGet?.path).toBe('/health/live');
    expect(livenessProbe?.httpGet?.path).toBe('/health/live');
    expect(readinessProbe?.httpGet?.path).toBe('/health/ready');
  });
});

describe('secrets', () => {
  const secretsOf = (name: string) =>
    (container(name).envFrom ?? []).flatMap(({ secretRef }) => secretRef?.name ?? []);

  it('go only to those who need them', () => {
    expect(Object.fromEntries(names.map((name) => [name, secretsOf(name)]))).toEqual({
      'api-gateway': ['leaderboard-tokens'],
      'leaderboard-service': ['leaderboard-tokens', 'leaderboard-redis'],
      nginx: [],
      'worker-service': ['leaderboard-tokens', 'leaderboard-redis', 'leaderboard-postgres'],
    });
  });

  it('are explained, and no setting is one', () => {
    const settings = readFileSync(kubernetes('base', 'settings.env'), 'utf8');
    const set = [...settings.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
    expect(set.filter((name) => !isExplained(name) || /SECRET|PASSWORD|URL/.test(name))).toEqual([]);
  });
});

describe('NGINX', () => {
  it('is the same as in docker compose, with the same template', () => {
    const inCompose = compose.services.nginx;
    expect(container('nginx').image).toBe(inCompose?.image);
    expect(container('nginx').args).toEqual(inCompose?.command);
    const filled = variables('nginx').map((variable) => variable.name);
    expect(filled.filter((variable) => variable !== 'NAMESPACE').sort()).toEqual(
      Object.keys(inCompose?.environment ?? {}).sort(),
    );
    const kustomization = parse(readFileSync(inRepository('nginx', 'kustomization.yaml'), 'utf8'));
    expect(kustomization).toMatchObject({
      configMapGenerator: [{ name: 'nginx-template', files: ['nginx.conf.template'] }],
    });
    expect(existsSync(inRepository('nginx', 'nginx.conf.template'))).toBe(true);
    expect(pod('nginx').volumes).toContainEqual({ name: 'template', configMap: { name: 'nginx-template' } });
  });

  it('and the gateways find whom they send to by the names and ports that exist', () => {
    const { metadata, spec } = find<Service>('Service', 'api-gateway') ?? {};
    expect(setting('nginx', 'GATEWAY_SERVERS')).toContain(`${metadata?.name}.$(NAMESPACE).svc`);
    expect(setting('nginx', 'GATEWAY_SERVERS')).toContain(`:${spec?.ports?.[0]?.port} resolve`);
    for (const variable of ['LEADERBOARD_SERVICE_URLS', 'WORKER_URLS']) {
      const url = new URL(setting('api-gateway', variable) ?? '');
      expect(find<Service>('Service', url.hostname)?.spec?.ports?.[0]?.port).toBe(Number(url.port));
    }
  });

  it('balance over pods, not over one address in front of them', () => {
    const addresses = ours.map((name) => find<Service>('Service', name)?.spec?.clusterIP);
    expect(addresses).toEqual(['None', 'None', 'None']);
  });
});

describe('network policies', () => {
  const policy = (name: string) => find<NetworkPolicy>('NetworkPolicy', name)?.spec;
  const callers = (name: string) =>
    (policy(name)?.ingress ?? []).flatMap(({ from = [] }) =>
      from.flatMap(({ podSelector }) => podSelector?.matchLabels?.['app.kubernetes.io/name'] ?? []),
    );

  it('let requests through in one direction only', () => {
    expect(names.map((name) => [name, callers(name)])).toEqual([
      ['api-gateway', ['nginx']],
      ['leaderboard-service', ['api-gateway']],
      ['nginx', []],
      ['worker-service', ['api-gateway']],
    ]);
    for (const name of ours)
      expect(
        (policy(name)?.ingress ?? []).every(({ from }) => from?.length),
        name,
      ).toBe(true);
  });

  it('open the ports on which the pods listen', () => {
    for (const name of names) {
      const open = (policy(name)?.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port }) => port));
      expect([...new Set(open)]).toEqual([container(name).ports?.[0]?.containerPort]);
    }
  });
});

describe('custom metrics', () => {
  it('are ones that the platform exports', () => {
    const exporters = ['shared/src/http/metrics.ts', 'worker-service/src/metrics.ts'];
    const sources = exporters.map((path) => readFileSync(inRepository(path), 'utf8')).join('\n');
    const rules = readFileSync(kubernetes('custom-metrics', 'prometheus-adapter.yaml'), 'utf8');
    const series = [...rules.matchAll(/seriesQuery: (\w+?)(?:_count)?\{/g)].map(([, name]) => name ?? '');
    expect(series.filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
    const offered = [...rules.matchAll(/as: (\w+)/g)].map(([, name]) => name);
    const wanted = JSON.stringify(patched()).matchAll(/"metric":\{"name":"(\w+)"/g);
    expect([...wanted].map(([, name]) => name).filter((name) => !offered.includes(name))).toEqual([]);
  });
});

describe('the example', () => {
  it('names images of ours in the version of this repository', () => {
    const { images } = readYaml('example', 'kustomization.yaml') as {
      images: { name: string; newTag: string }[];
    };
    const { version } = parse(readFileSync(inRepository('package.json'), 'utf8')) as { version: string };
    expect(images.map(({ name, newTag }) => [name, newTag])).toEqual(
      ours.map((name) => [container(name).image, version]),
    );
  });
});
