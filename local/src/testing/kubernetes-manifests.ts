import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { parse, parseAllDocuments } from 'yaml';
import { inRepository } from '../paths.js';

/** What the checks of deploy/kubernetes look at; everything else is left to Kubernetes' own types. */
export interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export const kubernetes = (...names: string[]) => inRepository('deploy', 'kubernetes', ...names);

/** All objects of one directory that go to a cluster as they are. */
export function readManifests(directory: string): Manifest[] {
  const { resources = [] } = readYaml(directory, 'kustomization.yaml') as { resources?: string[] };
  return resources
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(kubernetes(directory, file), 'utf8')).map((document) => ({
        ...(document.toJS() as Omit<Manifest, 'file'>),
        file,
      })),
    );
}

export function readYaml(...names: string[]): unknown {
  return parse(readFileSync(kubernetes(...names), 'utf8'));
}

export const filesOf = (directory: string) =>
  readdirSync(kubernetes(directory)).filter(
    (name) => name.endsWith('.yaml') && name !== 'kustomization.yaml',
  );

/** `apps/v1` is kubernetes-types/apps/v1, `networking.k8s.io/v1` is …/networking/v1, `v1` is …/core/v1. */
function moduleOf(apiVersion: string): string {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return `kubernetes-types/${group.replace('.k8s.io', '')}/${version}`;
}

/** What TypeScript has against the manifests as values of Kubernetes' types: fields that are unknown, missing or of another type. */
export function typeErrors(manifests: readonly Manifest[]): string[] {
  const source = manifests
    .map(({ file: _, ...manifest }, at) => {
      const type = `import('${moduleOf(manifest.apiVersion)}').${manifest.kind}`;
      return `export const manifest${at}: ${type} = ${JSON.stringify(manifest)};`;
    })
    .join('\n');
  const file = inRepository('local', 'src', 'testing', 'manifests-as-values.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : readSource(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start }) => {
    const at = source.slice(0, start).split('\n').length - 1;
    const { kind = '', metadata } = manifests[at] ?? {};
    return `${kind} ${metadata?.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** What kustomize's strategic merge does to objects of these kinds: maps are merged, lists of metrics replaced. */
export function merge<Base>(base: Base, patch: unknown): Base {
  if (!isMap(base) || !isMap(patch)) return patch as Base;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) merged[key] = merge(merged[key], value);
  return merged as Base;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
