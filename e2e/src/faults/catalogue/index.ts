import type { Fault } from '../fault.js';
import { httpFaults } from './http-faults.js';
import { inputFaults } from './input-faults.js';
import { partitionFaults } from './partition-faults.js';
import { postgresFaults } from './postgres-faults.js';
import { redisFaults } from './redis-faults.js';
import { replicaFaults } from './replica-faults.js';
import { workerFaults } from './worker-faults.js';

/** Every fault that the platform promises to survive. */
export const faults: readonly Fault[] = [
  ...workerFaults,
  ...redisFaults,
  ...replicaFaults,
  ...postgresFaults,
  ...partitionFaults,
  ...httpFaults,
  ...inputFaults,
];
