/** Short lines with the time since the start, for people who wait. */
export type Progress = (line: string) => void;

/** On stderr, because commands may be piped. */
export const showProgress: Progress = (line) => {
  const seconds = (performance.now() / 1000).toFixed(1).padStart(5);
  process.stderr.write(`[${seconds} s] ${line}\n`);
};

export const noProgress: Progress = () => {};
