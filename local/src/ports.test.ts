import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PortReservations, whyNotFree } from './ports.js';

const open: PortReservations[] = [];
const reservations = () => {
  const one = new PortReservations();
  open.push(one);
  return one;
};

afterEach(() => {
  for (const one of open.splice(0)) one.release();
});

describe('PortReservations', () => {
  it('gives a port to one stack only, though nobody listens there yet', async () => {
    const [a, b] = [reservations(), reservations()];
    const ports = await Promise.all([1, 2, 3].flatMap(() => [a.reserveFrom(23_000), b.reserveFrom(23_000)]));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('skips a port that somebody listens on', async () => {
    const first = await reservations().reserveFrom(23_100);
    for (const one of open.splice(0)) one.release();
    const server = createServer().listen(first, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect(await whyNotFree(first)).toBe('EADDRINUSE');
      expect(await reservations().reserveFrom(first)).toBeGreaterThan(first);
    } finally {
      server.close();
    }
  });

  it('gives a released port again', async () => {
    const a = reservations();
    const port = await a.reserveFrom(23_200);
    a.release();
    expect(await reservations().reserveFrom(port)).toBe(port);
  });

  it('skips ports that browsers refuse', async () => {
    expect(await reservations().reserveFrom(6000)).toBeGreaterThan(6000);
  });
});
