import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Logger } from '@leaderboard/shared/logger';
import type { ServiceUrl } from './service-urls.js';

/** `10.0.0.5:5000`, `[fd00::5]:5000`: one instance of the service. */
export type Address = string;

/** All addresses behind a name. @throws when the name cannot be resolved now. */
export type Lookup = (hostname: string) => Promise<string[]>;

/**
 * The system's resolver, so that /etc/hosts and a container network's names count. A name with addresses
 * of both families means the same machines twice: then only IPv4 is taken.
 */
export const systemLookup: Lookup = async (hostname) => {
  const found = await lookup(hostname, { all: true });
  const ipv4 = found.filter(({ family }) => family === 4);
  return (ipv4.length > 0 ? ipv4 : found).map(({ address }) => address);
};

export function formatAddress(ip: string, port: number): Address {
  return isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export function diffAddresses(known: Iterable<Address>, found: Iterable<Address>) {
  const before = new Set(known);
  const after = new Set(found);
  return {
    added: [...after].filter((address) => !before.has(address)),
    gone: [...before].filter((address) => !after.has(address)),
  };
}

export interface AddressWatchOptions {
  urls: readonly ServiceUrl[];
  refreshMs: number;
  lookup: Lookup;
  logger: Logger;
  onAddresses: (addresses: Address[]) => Promise<void>;
}

/** Looks the configured names up again and again. A name that cannot be resolved keeps its last addresses. */
export class AddressWatch {
  readonly #options: AddressWatchOptions;
  readonly #known = new Map<ServiceUrl, Address[]>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: AddressWatchOptions) {
    this.#options = options;
  }

  /** Resolves when what the first lookup found has been taken over. */
  start(): Promise<void> {
    return this.#refresh();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    const { urls, refreshMs, onAddresses } = this.#options;
    await Promise.all(urls.map((url) => this.#resolve(url)));
    if (this.#stopped) return;
    const adopted = onAddresses([...new Set(urls.flatMap((url) => this.#known.get(url) ?? []))]);
    if (urls.some(({ hostname }) => isIP(hostname) === 0)) {
      this.#timer = setTimeout(() => void this.#refresh(), refreshMs).unref();
    }
    await adopted;
  }

  async #resolve(url: ServiceUrl): Promise<void> {
    try {
      const ips = isIP(url.hostname) === 0 ? await this.#options.lookup(url.hostname) : [url.hostname];
      this.#known.set(
        url,
        ips.map((ip) => formatAddress(ip, url.port)),
      );
    } catch (err) {
      this.#options.logger.warn({ err, host: url.hostname }, 'the name of the service cannot be resolved');
    }
  }
}
