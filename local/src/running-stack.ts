import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { ConfigError, type Environment } from '@leaderboard/shared/config';
import type { ProcessRole, ProcessSpec, SupervisedProcess } from './child-process.js';
import type { LocalConfig } from './config.js';
import { takeDataDirectory } from './data-directory.js';
import { keptSecret, writeJson } from './files.js';
import { LogFiles } from './log-files.js';
import { nginxServer } from './nginx-server.js';
import { type NodeRole, nodeService, nodeServices, whyNotReady } from './node-services.js';
import { ensurePrograms, nginxProgram, redisProgram } from './packages.js';
import { type DataPaths, dataPaths } from './paths.js';
import { PortReservations, whyNotFree } from './ports.js';
import { type PostgresAddress, postgresEnvironment, postgresUrl } from './postgres-server.js';
import { ProcessRecord } from './process-record.js';
import { ProcessSet } from './process-set.js';
import { noProgress, type Progress } from './progress.js';
import { StartError } from './start-error.js';
import { probeStack } from './startup-probe.js';
import { startPostgres, startRedis } from './stores.js';

/** As it stands in stack.json. */
export interface StackProcess {
  name: string;
  role: ProcessRole;
  pid: number;
  url: string;
}

const nginxReadyWithinMs = 60_000;
/** A rebuild of a large board from Postgres happens before a score can go through. */
const serviceReadyWithinMs = 300_000;

/**
 * The whole system without Docker, on loopback:
 *
 *   Redis, Postgres → workers, leaderboard-services → gateways → NGINX → one score through all of it → ready
 *
 * `npm start` and the end-to-end tests use the same class.
 */
export class Stack {
  readonly config: LocalConfig;
  readonly url: string;
  readonly paths: DataPaths;
  readonly #progress: Progress;
  readonly #throwaway: boolean;
  readonly #record: ProcessRecord;
  readonly #ports = new PortReservations();
  readonly #set: ProcessSet;
  #logs: LogFiles | undefined;
  #programs = { nginx: '', redis: '' };
  #environment: Record<string, string> = {};
  #postgres: PostgresAddress | undefined;
  #ready = false;
  #stopping: Promise<void> | undefined;

  constructor(config: LocalConfig, progress: Progress = noProgress, { throwaway = false } = {}) {
    this.config = config;
    this.url = `http://127.0.0.1:${config.port}`;
    this.paths = dataPaths(config.dataDir);
    this.#record = new ProcessRecord(this.paths);
    this.#progress = progress;
    this.#set = new ProcessSet(() => this.#publish(), progress);
    this.#throwaway = throwaway;
  }

  get processes(): readonly StackProcess[] {
    return this.#set.children.map(({ name, pid, spec: { role, url } }) => ({ name, role, pid, url }));
  }

  /** What tools and tests need to reach the same stores with the same secret: `REDIS_URL`, `PGHOST`, `JWT_SECRET`, … */
  get environment(): Readonly<Record<string, string>> {
    return this.#environment;
  }

  get redisUrl(): string {
    return this.#environment.REDIS_URL ?? '';
  }

  /** A connection string for one region's database. */
  postgresUrl(region: string): string {
    if (!this.#postgres) throw new Error('the stack has no Postgres yet');
    return postgresUrl(this.#postgres, this.#database(region));
  }

  /** The processes of a role, to be killed, stopped and started by tests. */
  byRole(role: ProcessRole): SupervisedProcess[] {
    return this.#set.byRole(role);
  }

  process(name: string): SupervisedProcess {
    const found = this.#set.children.find((child) => child.name === name);
    if (!found) throw new Error(`no process ${name} in this stack`);
    return found;
  }

  /** Returns when a score has gone all the way. @throws {ConfigError | StartError}; nothing is left running then. */
  async start(): Promise<void> {
    try {
      await this.#takeDirectory();
      await this.#findPrograms();
      await this.#startStores();
      await this.#startServices();
      await this.#startNginx();
      await this.#proveIt();
      this.#set.checkStillWanted();
      this.#ready = true;
      this.#publish();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends everything in order, each within ten seconds. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** At once and hard. What was acknowledged is on disk. */
  stopNow(): void {
    this.#set.stopNow();
  }

  async #takeDirectory(): Promise<void> {
    await takeDataDirectory(this.config, this.#record, this.#progress);
    this.#set.checkStillWanted();
    this.#record.write([]);
    this.#logs = new LogFiles(this.paths.logs);
  }

  /** Both before anything is started, so that a package manager is asked once. */
  async #findPrograms(): Promise<void> {
    const { redisUrl: given, environment } = this.config;
    const wanted = given === undefined ? [nginxProgram, redisProgram] : [nginxProgram];
    const [nginx = '', redis = ''] = await ensurePrograms(wanted, environment.PATH, this.#progress);
    this.#programs = { nginx, redis };
  }

  async #startStores(): Promise<void> {
    const { config, paths } = this;
    const parts = {
      config,
      paths,
      logs: this.#openLogs(),
      ports: this.#ports,
      processes: this.#set,
      throwaway: this.#throwaway,
    };
    const [redis, postgres] = await Promise.all([
      startRedis(parts, this.#programs.redis),
      startPostgres(parts),
    ]);
    this.#postgres = postgres;
    this.#environment = {
      ...redisVariables(config.environment),
      REDIS_URL: redis,
      ...postgresEnvironment(postgres),
      REGIONS: config.regions.join(','),
      PARTITIONS: String(config.partitions),
      JWT_SECRET: config.jwtSecret ?? keptSecret(paths.jwtSecret),
    };
  }

  /** A service is ready when it has its Redis, a gateway when a service is; shards are opened by the worker meanwhile. */
  async #startServices(): Promise<void> {
    const { config } = this;
    const env = { ...config.environment, LOG_LEVEL: config.logLevel, ...this.#environment };
    const services = await this.#nodeSpecs('service', config.services, env);
    const workers = await this.#nodeSpecs('worker', config.workers, env);
    await this.#launchAll([...workers, ...services]);
    const urlsOf = (specs: readonly ProcessSpec[]) => specs.map((spec) => spec.url).join(',');
    const upstreams = { LEADERBOARD_SERVICE_URLS: urlsOf(services), WORKER_URLS: urlsOf(workers) };
    await this.#launchAll(await this.#nodeSpecs('gateway', config.gateways, { ...env, ...upstreams }));
  }

  async #launchAll(specs: readonly ProcessSpec[]): Promise<void> {
    await Promise.all(
      specs.map((spec) => this.#set.launch(spec, () => whyNotReady(spec.url), serviceReadyWithinMs)),
    );
  }

  async #nodeSpecs(role: NodeRole, count: number, env: NodeJS.ProcessEnv): Promise<ProcessSpec[]> {
    const specs: ProcessSpec[] = [];
    for (let number = 1; number <= count; number++) {
      const name = `${role}-${number}`;
      const port = await this.#ports.reserveFrom(nodeServices[role].basePort);
      specs.push(
        nodeService({
          role,
          name,
          instance: this.#instance(name),
          port,
          env,
          logFile: this.#openLogs().path(name),
        }),
      );
    }
    return specs;
  }

  /** Workers' names are their leases in Redis: where others may use the same Redis, no other stack has them. */
  #instance(name: string): string {
    if (this.config.redisUrl === undefined) return name;
    const where = createHash('sha256').update(`${hostname()}\0${this.config.dataDir}`).digest('hex');
    return `${name}-${where.slice(0, 8)}`;
  }

  async #startNginx(): Promise<void> {
    const { config, paths } = this;
    const spec = nginxServer({
      program: this.#programs.nginx,
      port: config.port,
      gatewayPorts: this.byRole('gateway').map((gateway) => Number(new URL(gateway.spec.url).port)),
      directory: paths.nginx,
      accessLog: this.#openLogs().path('nginx-access'),
      logFile: this.#openLogs().path('nginx'),
    });
    try {
      await this.#set.launch(spec, () => whyNotReady(spec.url), nginxReadyWithinMs);
    } catch (error) {
      const taken = error instanceof StartError && (await whyNotFree(config.port)) === 'EADDRINUSE';
      throw taken
        ? new ConfigError('PORT', `${config.port} is taken: another program took it during the start`)
        : error;
    }
  }

  async #proveIt(): Promise<void> {
    const { config, paths } = this;
    const region = config.regions[0] ?? 'GLOBAL';
    if (!this.#postgres) throw new Error('no Postgres');
    await probeStack({
      url: this.url,
      region,
      postgres: this.#postgres,
      database: this.#database(region),
      jwtSecret: this.#environment.JWT_SECRET ?? '',
      playerWrites: config.playerWrites,
      file: paths.probe,
      timeoutMs: serviceReadyWithinMs,
      progress: this.#progress,
      cancelled: () => this.#set.stopping,
    });
    this.#progress(`a score went through NGINX to Postgres (${region})`);
  }

  #openLogs(): LogFiles {
    if (!this.#logs) throw new Error('no log directory yet');
    return this.#logs;
  }

  #database(region: string): string {
    return this.config.environment[`PG_DATABASE_${region}`]?.trim() || `leaderboard_${region.toLowerCase()}`;
  }

  /** Called at every new pid. The files carry passwords, and are readable for this user only. */
  #publish(): void {
    this.#record.write(this.#set.children);
    if (!this.#ready) return;
    writeJson(this.paths.environment, this.#environment);
    writeJson(this.paths.stack, {
      url: this.url,
      processes: this.processes,
      data_dir: this.config.dataDir,
      runner: process.pid,
    });
  }

  async #stop(): Promise<void> {
    if (this.#logs) this.#record.unpublish();
    await this.#set.stop();
    this.#ports.release();
    // Refused before anything was started: the directory may be another runner's.
    if (!this.#logs) return;
    this.#logs.close();
    this.#record.remove();
  }
}

/** Where the Redis of single regions are, and whether it is a cluster: the commands need to know as well. */
function redisVariables(environment: Environment): Record<string, string> {
  const variables = Object.entries(environment).filter(([name]) => /^REDIS_(URL_.+|CLUSTER)$/.test(name));
  return Object.fromEntries(variables.map(([name, value]) => [name, value ?? '']));
}
