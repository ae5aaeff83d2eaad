import { checkScores } from '../checks/answers.js';
import { WriteLedger } from '../checks/write-ledger.js';
import { platformSide } from './http-load.js';
import { requests } from './requests.js';
import type { Side, Workload } from './workload.js';

const shipped = 'always';

/** What it costs that an acknowledged write is on disk: the same writes with other settings of `appendfsync`. */
export const fsync: Workload = {
  group: 'fsync',
  name: 'POST /score, appendfsync always',
  baseline: 'appendfsync everysec',
  unit: 'requests/s',
  target: { atLeast: 0.75, aim: 0.9 },
  async prepare(bench) {
    const set = async (value: string) => {
      for (const connection of bench.platform.redis.all())
        await connection.send(['CONFIG', 'SET', 'appendfsync', value]);
    };
    const ledger = await WriteLedger.open(bench, 1);
    const side = (value: string): Side => {
      const load = platformSide(bench, { requests: requests.score }, ledger, checkScores, value);
      return {
        ...load,
        async round() {
          await set(value);
          return await load.round();
        },
      };
    };
    return {
      sides: [side(shipped), side('everysec'), side('no')],
      check: () => ledger.check(),
      finish: () => set(shipped),
    };
  },
};
