// Which file may import which. The flow is main → app → routes → domain → store, and never back; a service imports
// shared, never another service.
const services = '^(api-gateway|leaderboard-service|worker-service)/';
const tests = '[.]test[.]ts$|/src/testing/';

/** An import of a workspace package by name, or the file it is resolved to. */
const workspace = (names) => `^(@leaderboard/)?(${names})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Files that need each other cannot be read, tested or moved one at a time.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'services-import-shared-only',
      severity: 'error',
      comment: 'Services talk over HTTP and Redis; what they have in common lies in shared.',
      from: { path: services, pathNot: tests },
      to: {
        path: workspace('api-gateway|leaderboard-service|worker-service|local|e2e|bench|web'),
        pathNot: '^(@leaderboard/)?$1/',
      },
    },
    {
      name: 'tests-import-no-other-service',
      severity: 'error',
      comment: "A service's tests may use local (a Redis, a Postgres), but no other service.",
      from: { path: services },
      to: {
        path: workspace('api-gateway|leaderboard-service|worker-service|e2e|bench|web'),
        pathNot: '^(@leaderboard/)?$1/',
      },
    },
    {
      name: 'shared-imports-nobody',
      severity: 'error',
      comment: 'shared is the vocabulary; it knows no speaker.',
      from: { path: '^shared/', pathNot: tests },
      to: { path: workspace('api-gateway|leaderboard-service|worker-service|local|e2e|bench|web') },
    },
    {
      name: 'local-e2e-and-bench-start-services-as-processes',
      severity: 'error',
      comment: 'What starts, tests and measures the system uses services as programs, not as modules.',
      from: { path: '^(local|e2e|bench)/' },
      to: { path: workspace('api-gateway|leaderboard-service|worker-service') },
    },
    {
      name: 'web-takes-types-only',
      severity: 'error',
      comment:
        'A page talks to the API; of the workspace it takes the shapes of the contracts, which leave no code behind.',
      from: { path: '^web/', pathNot: tests },
      to: {
        path: workspace('api-gateway|leaderboard-service|worker-service|local|e2e|bench|shared'),
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'local-imports-no-test',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: workspace('e2e|bench') },
    },
    {
      name: 'domain-does-not-know-routes',
      severity: 'error',
      from: { path: '^[^/]+/src/(domain|store)/' },
      to: { path: '^[^/]+/src/routes/' },
    },
    {
      name: 'store-does-not-know-domain',
      severity: 'error',
      from: { path: '^[^/]+/src/store/' },
      to: { path: '^[^/]+/src/domain/' },
    },
    {
      name: 'only-what-package-json-names',
      severity: 'error',
      comment: 'A package that is used is a dependency of the package that uses it.',
      from: { pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
  ],
  options: {
    // Another workspace package is resolved to its dist: the import counts, what lies behind it is seen in src.
    doNotFollow: { path: 'node_modules|(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'default', 'node'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
