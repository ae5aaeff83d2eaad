import { BlockList, isIP } from 'node:net';

/** The names that a proxy list may use instead of ranges. */
export const namedRanges: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** How many answers are remembered: most requests come from a few addresses, and a range check is dear. */
const answersKept = 1_000;

/** A set of addresses, given as single addresses, CIDR ranges or names of ranges. */
export class AddressList {
  readonly #ranges = new BlockList();
  readonly #answers = new Map<string, boolean>();

  /** @throws {Error} for an entry that is none of these. */
  constructor(entries: readonly string[]) {
    for (const entry of entries.flatMap((each) => namedRanges[each] ?? [each])) this.#add(entry);
  }

  /** An IPv4 address that came in over an IPv6 socket (`::ffff:10.0.0.1`) counts as the IPv4 address. */
  has(address: string): boolean {
    const known = this.#answers.get(address);
    if (known !== undefined) return known;
    const answer = this.#check(address);
    if (this.#answers.size >= answersKept) this.#answers.clear();
    this.#answers.set(address, answer);
    return answer;
  }

  #check(address: string): boolean {
    const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
    const family = isIP(plain);
    return family !== 0 && this.#ranges.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  }

  #add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address);
    const bits = family === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === 0 || rest.length > 0 || !(length > 0 && length <= bits)) {
      throw new Error(`${JSON.stringify(entry)} is not an address or a range`);
    }
    this.#ranges.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  }
}
