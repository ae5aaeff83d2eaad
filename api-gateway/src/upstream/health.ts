/**
 * What we believe about one upstream. Two sources: our probes of its `/health/ready`, and how the requests
 * that we send fare.
 *
 *             ready                 a request was answered
 *   starting ───────► up ◄──────────────────────────────── trial ◄─┐
 *                     │                                      │     │ ready (and its time out is over)
 *   failures in a row │            a request failed          │     │
 *                     └──────────► ejected ◄─────────────────┘─────┤
 *   from anywhere: said 503 ─────► not_ready ──────────────────────┤
 *                  no answer ────► down ───────────────────────────┘
 *
 * `up` takes requests, `trial` one (without traffic, some more probes will do), the others none. One that was
 * never up needs no trial. `ejected` is a guess from a few requests, so the set of upstreams limits it to half
 * of those that answer probes; `not_ready` and `down` are facts.
 */
export type HealthStatus = 'starting' | 'up' | 'trial' | 'ejected' | 'not_ready' | 'down';

export type ProbeResult =
  | { kind: 'ready' }
  /** It answered that it cannot serve, or is about to stop: nothing new goes there, what runs may finish. */
  | { kind: 'not_ready'; reason: string }
  /** Nobody listens there. */
  | { kind: 'refused'; reason: string }
  /** No answer in time, or a broken one. Once may be a hiccup. */
  | { kind: 'silent'; reason: string };

export interface HealthRules {
  failuresToEject: number;
  silentProbesToDown: number;
  /** The first time out; doubled each time the trial after it fails. */
  ejectionMs: number;
  maxEjectionMs: number;
  /** How long one that has just said it is not ready may still be asked if there is nobody else. */
  leavingMs: number;
  /** Probes that end a trial for which no request came. */
  quietProbesToUp: number;
}

export const healthRules: HealthRules = {
  failuresToEject: 3,
  silentProbesToDown: 2,
  ejectionMs: 1_000,
  maxEjectionMs: 30_000,
  leavingMs: 300,
  quietProbesToUp: 3,
};

export interface HealthEnvironment {
  /** Milliseconds of any steady clock. */
  now: () => number;
  /** Whether the set can do without this one. */
  mayEject: () => boolean;
  onChange: (status: HealthStatus, previous: HealthStatus, reason: string) => void;
}

export class UpstreamHealth {
  readonly #environment: HealthEnvironment;
  readonly #rules: HealthRules;
  #status: HealthStatus = 'starting';
  #reason = 'not probed yet';
  #failures = 0;
  #silentProbes = 0;
  #quietProbes = 0;
  #wasUp = false;
  #ejections = 0;
  #ejectedUntil = 0;
  #leavingUntil = 0;
  /** Counts the changes of status: what a request met before the last one says nothing about now. */
  #period = 0;
  #trialTaken = false;

  constructor(environment: HealthEnvironment, rules: HealthRules = healthRules) {
    this.#environment = environment;
    this.#rules = rules;
  }

  get status(): HealthStatus {
    return this.#status;
  }

  /** Why it is in this status, for people. */
  get reason(): string {
    return this.#reason;
  }

  /** Failed requests since the last that was answered. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether it may be sent a request now. */
  get available(): boolean {
    return this.#status === 'up' || (this.#status === 'trial' && !this.#trialTaken);
  }

  /**
   * It has just begun to stop and serves for a moment yet: long enough to look whether another one is back,
   * as in a rolling restart that goes on the instant a service is ready.
   */
  get leaving(): boolean {
    return this.#status === 'not_ready' && this.#environment.now() < this.#leavingUntil;
  }

  probed(result: ProbeResult): void {
    this.#silentProbes = result.kind === 'silent' ? this.#silentProbes + 1 : 0;
    if (result.kind === 'ready') this.#proveReady();
    else if (result.kind === 'not_ready') this.#become('not_ready', result.reason);
    else if (result.kind === 'refused' || this.#silentForLong) this.#become('down', result.reason);
  }

  /** To be given back with the outcome of the request. */
  requestStarted(): number {
    this.#trialTaken = true;
    return this.#period;
  }

  /** Any complete answer counts, whatever its status: judging requests is the service's business. */
  requestAnswered(period: number): void {
    if (period !== this.#period) return;
    this.#failures = 0;
    if (this.#status !== 'trial') return;
    this.#ejections = 0;
    this.#become('up', 'answered its trial request');
  }

  /** The connection failed, broke or stayed silent. */
  requestFailed(period: number, reason: string): void {
    if (period !== this.#period) return;
    this.#failures++;
    if (this.#status === 'trial') {
      if (this.#environment.mayEject()) this.#eject(`failed its trial request: ${reason}`);
      else this.#trialTaken = false;
    } else if (this.#status === 'up' && this.#failures >= this.#rules.failuresToEject) {
      if (this.#environment.mayEject()) this.#eject(`${this.#failures} requests failed in a row: ${reason}`);
    }
  }

  /** The request ended for a reason that says nothing about the upstream. */
  requestWithdrawn(period: number): void {
    if (period === this.#period) this.#trialTaken = false;
  }

  get #silentForLong(): boolean {
    return this.#status === 'starting' || this.#silentProbes >= this.#rules.silentProbesToDown;
  }

  #proveReady(): void {
    if (this.#status === 'starting' || !this.#wasUp) this.#become('up', 'ready');
    else if (this.#status === 'not_ready' || this.#status === 'down') this.#become('trial', 'ready again');
    else if (this.#status === 'ejected' && this.#environment.now() >= this.#ejectedUntil) {
      this.#become('trial', 'its time out is over');
    } else if (this.#status === 'trial' && !this.#trialTaken) {
      this.#quietProbes++;
      if (this.#quietProbes >= this.#rules.quietProbesToUp) this.#become('up', 'ready for some time');
    }
  }

  #eject(reason: string): void {
    const timeOutMs = Math.min(this.#rules.ejectionMs * 2 ** this.#ejections, this.#rules.maxEjectionMs);
    this.#ejections++;
    this.#ejectedUntil = this.#environment.now() + timeOutMs;
    this.#become('ejected', reason);
  }

  #become(status: HealthStatus, reason: string): void {
    this.#reason = reason;
    const previous = this.#status;
    if (status === previous) return;
    const served = previous === 'up' || previous === 'trial';
    if (status === 'not_ready' && served)
      this.#leavingUntil = this.#environment.now() + this.#rules.leavingMs;
    this.#status = status;
    this.#period++;
    this.#failures = 0;
    this.#trialTaken = false;
    this.#quietProbes = 0;
    if (status === 'up') this.#wasUp = true;
    this.#environment.onChange(status, previous, reason);
  }
}
