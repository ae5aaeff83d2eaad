import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { DnsServer } from './testing/dns-server.js';
import { FakeService } from './testing/fake-service.js';
import { bearer, type GatewayHarness, startGateway } from './testing/gateway-harness.js';
import { type LoadRequest, startLoad } from './testing/load.js';
import { until } from './testing/until.js';

/** Several addresses of the loopback network, as a name in a container network has several: Linux has them all. */
const onLinux = describe.runIf(process.platform === 'linux');

let gateway: GatewayHarness;
let services: FakeService[] = [];
afterEach(async () => {
  await gateway.close();
  await Promise.all(services.map((service) => service.crash()));
});

async function startNamed(hosts: string[]) {
  const first = await FakeService.start(hosts[0]);
  const others = await Promise.all(hosts.slice(1).map((host) => FakeService.start(host, first.port)));
  services = [first, ...others];
  const name = { addresses: [...hosts] as string[] | Error };
  gateway = await startGateway(`http://services.test:${first.port}`, {}, async () => {
    if (name.addresses instanceof Error) throw name.addresses;
    return name.addresses;
  });
  return { name, services: services as [FakeService, FakeService] };
}

const get = () => supertest(gateway.url).get('/top');

onLinux('a name with several addresses', () => {
  it('stands for all of them', async () => {
    const { services } = await startNamed(['127.0.0.2', '127.0.0.3']);
    for (let count = 0; count < 4; count++) await get();
    expect(services.map(({ arrivals }) => arrivals.length)).toEqual([2, 2]);
  });

  it('brings new services in without a restart', async () => {
    const { name, services } = await startNamed(['127.0.0.2', '127.0.0.3']);
    name.addresses = ['127.0.0.3'];
    await until(() => gateway.statusOf(services[0]) === undefined, 'the first has left');
    name.addresses = ['127.0.0.2', '127.0.0.3'];
    await gateway.sees(services[0], 'up');
  });

  it('lets a service that is gone finish what it has', async () => {
    const { name, services } = await startNamed(['127.0.0.2', '127.0.0.3']);
    let finish = () => {};
    services[0].behaviour = (_arrival, response) => {
      finish = () => response.end('whole');
    };
    const running = get().then();
    await until(() => services[0].arrivals.length === 1, 'the request has arrived');
    name.addresses = ['127.0.0.3'];
    await until(() => gateway.statusOf(services[0]) === undefined, 'the first has left');
    finish();
    expect((await running).status).toBe(200);
    expect((await running).headers['x-upstream-addr']).toBe(services[0].address);
  });

  it('keeps its services while it cannot be resolved', async () => {
    const { name, services } = await startNamed(['127.0.0.2', '127.0.0.3']);
    name.addresses = new Error('SERVFAIL');
    const probes = services[0].probes;
    await until(() => services[0].probes > probes + 3, 'some lookups have failed');
    for (let count = 0; count < 4; count++) expect((await get()).status).toBe(200);
  });
});

onLinux('services that come and go in the name service, at its usual pace, under load', () => {
  const hosts = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'] as const;
  const headers = { ...bearer(), 'content-type': 'application/json' };
  const read: LoadRequest = { method: 'GET', path: '/top' };
  const write: LoadRequest = { method: 'POST', path: '/score', headers, body: '{"score":1}' };
  const withinMs = 10_000;
  let dns: DnsServer;
  afterEach(() => dns.close());

  it('are found and let go within 10 s, and no request fails', async () => {
    const first = await FakeService.start(hosts[0]);
    services = [
      first,
      ...(await Promise.all(hosts.slice(1).map((host) => FakeService.start(host, first.port)))),
    ];
    dns = await DnsServer.start([hosts[0], hosts[1]]);
    const environment = { DNS_REFRESH_MS: '3000', PROBE_INTERVAL_MS: '1000' };
    gateway = await startGateway(`http://services.test:${first.port}`, environment, dns.lookup);
    const [, leaving, ...coming] = services as [FakeService, FakeService, FakeService, FakeService];
    let requests = 0;
    const load = startLoad(gateway.url, 8, () => (requests++ % 2 === 0 ? read : write));
    const answered = (service: FakeService) =>
      until(() => service.arrivals.length > 20, 'requests arrive', withinMs);

    await answered(leaving);
    dns.addresses = [...hosts];
    for (const service of coming) await answered(service);

    // As a pod ends: it says that it is not ready and its name goes, in no certain order; it serves for a moment more.
    dns.addresses = [hosts[0], hosts[2], hosts[3]];
    leaving.ready = false;
    await until(() => gateway.statusOf(leaving) !== 'up', 'it gets nothing new', withinMs);
    await leaving.close();
    await until(() => gateway.statusOf(leaving) === undefined, 'it is forgotten', withinMs);
    const before = load.result.answered;
    await until(() => load.result.answered > before + 200, 'the others go on');
    expect((await load.stop()).failures).toEqual([]);
  });
});
