import { bulk } from './bulk.js';
import { drain } from './drain.js';
import { fsync } from './fsync.js';
import { live } from './live.js';
import { loneWrites, loneWritesAtGateway } from './lone-writes.js';
import { memory } from './memory.js';
import { mixed } from './mixed.js';
import { reads } from './reads.js';
import { recover } from './recover.js';
import { windows } from './windows.js';
import type { Workload } from './workload.js';
import { writes } from './writes.js';

/** In the order in which they run and stand in the table. A new one is a file of its own and a line here. */
export const workloads: readonly Workload[] = [
  writes,
  ...reads,
  mixed,
  loneWrites,
  loneWritesAtGateway,
  bulk,
  drain,
  recover,
  memory,
  windows,
  fsync,
  live,
];
