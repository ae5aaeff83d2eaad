import { beforeEach, describe, expect, it } from 'vitest';
import { type HealthStatus, UpstreamHealth } from './health.js';

const rules = {
  failuresToEject: 3,
  silentProbesToDown: 2,
  ejectionMs: 1_000,
  maxEjectionMs: 4_000,
  leavingMs: 300,
  quietProbesToUp: 3,
};

let now: number;
let mayEject: boolean;
let changes: HealthStatus[];
let health: UpstreamHealth;

const ready = () => health.probed({ kind: 'ready' });
const silent = () => health.probed({ kind: 'silent', reason: 'no answer' });
const refused = () => health.probed({ kind: 'refused', reason: 'refused' });
const notReady = () => health.probed({ kind: 'not_ready', reason: 'stopping' });
const fail = (times = 1) => {
  for (let count = 0; count < times; count++) health.requestFailed(health.requestStarted(), 'broken');
};
const answer = () => health.requestAnswered(health.requestStarted());

beforeEach(() => {
  now = 0;
  mayEject = true;
  changes = [];
  health = new UpstreamHealth(
    { now: () => now, mayEject: () => mayEject, onChange: (status) => changes.push(status) },
    rules,
  );
});

describe('an upstream that was not probed yet', () => {
  it('takes no requests', () => {
    expect(health.available).toBe(false);
  });

  it('is up after one probe that it answers', () => {
    ready();
    expect(health).toMatchObject({ status: 'up', available: true });
  });

  it.each([refused, silent, notReady])('is up as soon as it is ready, without a trial', (notYet) => {
    notYet();
    ready();
    expect(health.status).toBe('up');
  });

  it('is down after one probe that it does not answer', () => {
    silent();
    expect(health.status).toBe('down');
  });
});

describe('an upstream that is up', () => {
  beforeEach(() => ready());

  it('stays up after one silent probe: that may be a hiccup', () => {
    silent();
    expect(health.available).toBe(true);
  });

  it('is down after two silent probes in a row', () => {
    silent();
    silent();
    expect(health).toMatchObject({ status: 'down', available: false, reason: 'no answer' });
  });

  it('stays up when the silent probes are not in a row', () => {
    silent();
    ready();
    silent();
    expect(health.status).toBe('up');
  });

  it('is down at once when it refuses connections', () => {
    refused();
    expect(health.status).toBe('down');
  });

  it('is not ready at once when it says so', () => {
    notReady();
    expect(health).toMatchObject({ status: 'not_ready', available: false, reason: 'stopping' });
  });

  it('is leaving for a moment after it said that it is not ready', () => {
    notReady();
    expect(health.leaving).toBe(true);
    now = 300;
    expect(health.leaving).toBe(false);
  });

  it('is ejected after three failed requests in a row', () => {
    fail(2);
    expect(health.status).toBe('up');
    fail();
    expect(health).toMatchObject({ status: 'ejected', available: false });
  });

  it('is not ejected when an answer comes in between', () => {
    fail(2);
    answer();
    fail(2);
    expect(health.status).toBe('up');
  });

  it('is not ejected when the others cannot do without it', () => {
    mayEject = false;
    fail(10);
    expect(health.status).toBe('up');
    mayEject = true;
    fail();
    expect(health.status).toBe('ejected');
  });

  it('is not blamed for requests that were withdrawn', () => {
    for (let count = 0; count < 5; count++) health.requestWithdrawn(health.requestStarted());
    expect(health.status).toBe('up');
  });
});

describe('an upstream that was ejected', () => {
  beforeEach(() => {
    ready();
    fail(3);
  });

  it('stays out while its time is not over, though it answers probes', () => {
    now = 999;
    ready();
    expect(health.status).toBe('ejected');
  });

  it('gets one trial request after its time and a probe', () => {
    now = 1_000;
    ready();
    expect(health).toMatchObject({ status: 'trial', available: true });
    health.requestStarted();
    expect(health.available).toBe(false);
  });

  it('is up when the trial is answered', () => {
    now = 1_000;
    ready();
    answer();
    expect(health.status).toBe('up');
  });

  it('is out for twice as long each time a trial fails, up to a limit', () => {
    for (const timeOutMs of [1_000, 2_000, 4_000, 4_000]) {
      now += timeOutMs - 1;
      ready();
      expect(health.status).toBe('ejected');
      now += 1;
      ready();
      expect(health.status).toBe('trial');
      fail();
    }
  });

  it('is out for the first time again once a trial was answered', () => {
    now = 1_000;
    ready();
    fail();
    now = 3_000;
    ready();
    answer();
    fail(3);
    now = 4_000;
    ready();
    expect(health.status).toBe('trial');
  });

  it('gets another trial when the first was withdrawn', () => {
    now = 1_000;
    ready();
    health.requestWithdrawn(health.requestStarted());
    expect(health.available).toBe(true);
  });
});

describe('an upstream that comes back', () => {
  it.each([
    ['down', refused],
    ['not_ready', notReady],
  ] as const)('from %s needs a probe and a trial', (status, take) => {
    ready();
    take();
    expect(health.status).toBe(status);
    ready();
    expect(health.status).toBe('trial');
    answer();
    expect(health.status).toBe('up');
  });

  it('is up after three more probes when no request comes', () => {
    ready();
    refused();
    for (let count = 0; count < 3; count++) ready();
    expect(health.status).toBe('trial');
    ready();
    expect(health.status).toBe('up');
  });

  it('is not up by probes while its trial request runs', () => {
    ready();
    refused();
    ready();
    health.requestStarted();
    for (let count = 0; count < 10; count++) ready();
    expect(health.status).toBe('trial');
  });

  it('is not judged by requests from before', () => {
    ready();
    const old = [health.requestStarted(), health.requestStarted(), health.requestStarted()];
    refused();
    ready();
    for (const period of old) health.requestFailed(period, 'broken');
    expect(health).toMatchObject({ status: 'trial', available: true });
  });
});

it('tells of every change once', () => {
  ready();
  ready();
  notReady();
  notReady();
  refused();
  ready();
  answer();
  expect(changes).toEqual(['up', 'not_ready', 'down', 'trial', 'up']);
});
