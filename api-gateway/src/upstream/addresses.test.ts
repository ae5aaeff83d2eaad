import { createLogger } from '@leaderboard/shared/logger';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../testing/until.js';
import { AddressWatch, diffAddresses, formatAddress, type Lookup } from './addresses.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });

describe('diffAddresses', () => {
  it('names what is new and what is gone', () => {
    expect(diffAddresses(['a', 'b'], ['b', 'c'])).toEqual({ added: ['c'], gone: ['a'] });
  });

  it('takes no notice of order and repetition', () => {
    expect(diffAddresses(['a', 'b'], ['b', 'a', 'b'])).toEqual({ added: [], gone: [] });
  });
});

describe('formatAddress', () => {
  it('puts IPv6 in brackets', () => {
    expect(formatAddress('10.0.0.5', 5000)).toBe('10.0.0.5:5000');
    expect(formatAddress('fd00::5', 5000)).toBe('[fd00::5]:5000');
  });
});

describe('AddressWatch', () => {
  let watch: AddressWatch;
  afterEach(() => watch.stop());

  function start(hostnames: string[], lookup: Lookup) {
    const seen: string[][] = [];
    watch = new AddressWatch({
      urls: hostnames.map((hostname) => ({ hostname, port: 5000 })),
      refreshMs: 10,
      lookup,
      logger,
      onAddresses: async (addresses) => {
        seen.push(addresses);
      },
    });
    return { seen, started: watch.start() };
  }

  it('joins the addresses of all names, each once', async () => {
    const { seen, started } = start(['a', 'b', '10.0.0.9'], async (name) =>
      name === 'a' ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2'],
    );
    await started;
    expect(seen[0]).toEqual(['10.0.0.1:5000', '10.0.0.2:5000', '10.0.0.9:5000']);
  });

  it('looks again and again', async () => {
    let count = 0;
    const { seen } = start(['a'], async () => [`10.0.0.${++count}`]);
    await until(() => seen.length >= 3, 'three lookups');
    expect(seen.slice(0, 3)).toEqual([['10.0.0.1:5000'], ['10.0.0.2:5000'], ['10.0.0.3:5000']]);
  });

  it('keeps the addresses of a name that cannot be resolved now', async () => {
    let count = 0;
    const { seen } = start(['a'], async () => {
      if (count++ > 0) throw new Error('SERVFAIL');
      return ['10.0.0.1'];
    });
    await until(() => seen.length >= 3, 'three lookups');
    expect(seen.at(-1)).toEqual(['10.0.0.1:5000']);
  });
});
