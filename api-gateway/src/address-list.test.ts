import { describe, expect, it } from 'vitest';
import { AddressList } from './address-list.js';

describe('AddressList', () => {
  it.each([
    ['127.0.0.0/8', '127.9.9.9', true],
    ['127.0.0.0/8', '128.0.0.1', false],
    ['127.0.0.0/8', '::ffff:127.0.0.1', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['::1/128', '::1', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['loopback', '127.0.0.1', true],
    ['loopback', '::1', true],
    ['uniquelocal', '172.31.0.1', true],
    ['linklocal', '169.254.1.1', true],
  ])('%s has %s: %s', (entry, address, expected) => {
    expect(new AddressList([entry]).has(address)).toBe(expected);
  });

  it('may be empty', () => {
    expect(new AddressList([]).has('127.0.0.1')).toBe(false);
  });

  it('has nothing that is not an address', () => {
    expect(new AddressList(['loopback']).has('localhost')).toBe(false);
  });

  it.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '10.0.0.0/x',
    '10.0.0.0/8/8',
    '::1/129',
    '300.0.0.1',
  ])('refuses %j', (entry) => {
    expect(() => new AddressList([entry])).toThrow('is not an address or a range');
  });
});
