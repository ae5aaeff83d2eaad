/** Moments at which a crash is worth testing. */
export const failpointNames = [
  '',
  'after-claim',
  'inside-transaction',
  'after-commit',
  'after-ack',
  'recovery-epoch-raised',
  'recovery-half-restored',
  'recovery-before-open',
  'move-half-marked',
  'move-half-refused',
  'move-half-emptied',
  'move-half-restored',
  'move-half-finished',
] as const;

export type FailpointName = Exclude<(typeof failpointNames)[number], ''>;

/** Called at each such moment. */
export type Failpoint = (name: FailpointName) => void;

/** Kills this process, as a power cut would, when it comes to the named moment. */
export function killAt(chosen: (typeof failpointNames)[number]): Failpoint {
  return (name) => {
    if (name === chosen) process.kill(process.pid, 'SIGKILL');
  };
}

export const noFailpoint: Failpoint = () => {};
